"""Start carclf: read the settings, prepare the store, serve the page."""

import errno
import logging
import os
import signal
import socket
import sys
import threading
from importlib.util import find_spec
from typing import Any

# Read by Gradio when it is imported: nothing is reported to anybody.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from carclf import store, ui
from carclf.datasets import sample
from carclf.errors import CarclfError, ConfigError
from carclf.jobs import Dispatcher
from carclf.settings import Settings
from carclf.ui import keys
from carclf.ui.gate import Gate
from carclf.ui.theme import Instrument

WAKE_S = 1.0


def main() -> int:
    """Serve until asked to end; return an exit code for the shell."""
    logging.basicConfig(
        level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    ended = until_ended()
    try:
        settings = Settings.from_environment()
        check_address(settings)
        check_mcp(settings)
        store.prepare(settings.db_path)
        sample.ensure(settings)
        page = serve(settings)
    except CarclfError as error:
        print(f"carclf cannot start: {error}", file=sys.stderr)
        return 1
    dispatcher = Dispatcher(settings)
    dispatcher.start()
    print(f"carclf runs at {page.local_url}", flush=True)
    # By turns, for a signal that another thread is given does not wake this one.
    while not ended.wait(WAKE_S):
        pass
    # Workers are left alone: the next start finds them.
    dispatcher.stop()
    page.close(verbose=False)
    return 0


def serve(settings: Settings) -> gr.Blocks:
    """Build and launch the page; return it once it answers."""
    settings.thumbnails.mkdir(parents=True, exist_ok=True)
    # Gradio would otherwise keep uploads in the system's temporary folder.
    os.environ["GRADIO_TEMP_DIR"] = str(settings.uploads)
    # What comes through MCP, too: it asked when it was imported.
    gr.mcp.DEFAULT_TEMP_DIR = str(settings.uploads)
    # Thumbnails are served from where they lie, not copied; all else is refused.
    gr.set_static_paths(settings.thumbnails)
    page = ui.build(settings)
    page.launch(**launch_options(settings, page))
    return page


def check_address(settings: Settings) -> None:
    """Make sure that the page can be served where it is to be.

    Raises:
        ConfigError: The port is taken or not ours to open, or no such host is here.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as error:
        code = error.errno or 0
        if code == errno.EADDRINUSE:
            reason = "is taken by another program (another carclf?). Close it, or set"
        else:
            reason = (
                f"cannot be opened ({os.strerror(code)}). Check CARCLF_HOST, or set"
            )
        raise ConfigError(
            f"Port {settings.port} on {settings.host} {reason} CARCLF_PORT to another "
            "number, such as 7861."
        ) from error


def check_mcp(settings: Settings) -> None:
    """Make sure that MCP can be served, if it is asked for.

    Raises:
        ConfigError: Its package is not installed.
    """
    if settings.mcp and find_spec("mcp") is None:
        raise ConfigError(
            "CARCLF_MCP is 1, and the package mcp is not installed. Install it with "
            "“.venv/bin/pip install -c constraints.txt -e '.[mcp]'”, or leave "
            "CARCLF_MCP out."
        )


def launch_options(settings: Settings, page: gr.Blocks) -> dict[str, Any]:
    """Return what `Blocks.launch` is told: where, who may enter, and the look."""
    account = (settings.user, settings.password) if settings.password else None
    # Without a password, a page elsewhere must not reach in by renaming this machine.
    named = not account and settings.host != "::1"
    names = ["127.0.0.1", "localhost"] if named else ["*"]
    return {
        "server_name": f"[{settings.host}]" if ":" in settings.host else settings.host,
        "server_port": settings.port,
        "auth": account,
        "auth_message": "carclf: the user and the password it was started with.",
        "share": False,
        "ssr_mode": False,
        "pwa": False,
        "mcp_server": settings.mcp,
        "enable_monitoring": False,
        "run_history": False,
        "show_error": False,
        "quiet": True,
        "prevent_thread_lock": True,
        # Gradio would ask for the page itself, and give up if a busy machine takes
        # three seconds to answer. That the server runs, it has asked before.
        "_frontend": False,
        # An archive of photographs has gigabytes; it goes straight to the disk.
        "max_file_size": "20gb",
        "app_kwargs": {
            "middleware": [
                Middleware(TrustedHostMiddleware, allowed_hosts=names),
                Middleware(Gate, page=page, settings=settings),
            ]
        },
        "footer_links": [],
        "theme": Instrument(),
        "css_paths": ui.stylesheets(settings),
        "head": keys.SHORTCUTS,
        "favicon_path": settings.assets / "icon.svg",
    }


def until_ended() -> threading.Event:
    """Return what is set on Ctrl-C, or when the system asks the process to end."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended


if __name__ == "__main__":
    sys.exit(main())
