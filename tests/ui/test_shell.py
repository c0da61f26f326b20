"""The app as it is started, reached and ended: a real process, asked over HTTP."""

import asyncio
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import pytest

from carclf import store, ui
from carclf.errors import DatasetError
from carclf.settings import PROJECT, Settings
from carclf.store import jobs
from carclf.ui import theme
from carclf.ui.errors import shown_to_user
from carclf.ui.tabs import datasets
from tests.ui.importing import form
from tests.waiting import PATIENCE_S, free_port

TABS = ["Datasets", "Label", "Background", "Train", "Evaluate", "Compare", "Predict"]
START_LIMIT_S = 300.0


@dataclass(frozen=True)
class Running:
    home: Path
    port: int
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> str:
        """End the process and return all that it said."""
        self.process.kill()
        return self.process.communicate()[0]

    def call(self, name: str, data: list[object]) -> str:
        """Call a function as the page does, and return what comes of it."""
        address = f"{self.url}/gradio_api/call/{name}"
        request = urllib.request.Request(address, json.dumps({"data": data}).encode())
        request.add_header("Content-Type", "application/json")
        request.add_header("Origin", self.url)
        with urllib.request.urlopen(request, timeout=20) as answer:
            event = json.loads(answer.read())["event_id"]
        with urllib.request.urlopen(f"{address}/{event}", timeout=60) as events:
            return str(events.read().decode())

    def status(self, path: str, host: str | None = None) -> int:
        request = urllib.request.Request(self.url + path)
        if host:
            request.add_header("Host", host)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = launch(tmp_path_factory.mktemp("home"))
    yield running
    running.stop()


def launch(home: Path, **environment: str) -> Running:
    port = free_port()
    process = start(home, CARCLF_PORT=str(port), **environment)
    running = Running(home, port, process)
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            running.status("/")
        except OSError:
            time.sleep(0.2)
        else:
            return running
    pytest.fail(f"The app did not start. It said:\n{running.stop()}")


def start(home: Path, **environment: str) -> subprocess.Popen[str]:
    inherited = {
        name: value for name, value in os.environ.items() if "CARCLF" not in name
    }
    return subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=PROJECT,
        env={**inherited, "CARCLF_HOME": str(home), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def built(settings: Settings) -> gr.Blocks:
    """Return the page; Gradio, where no event loop runs, leaves one of its own open."""

    async def build() -> gr.Blocks:
        return ui.build(settings)

    return asyncio.run(build())


def test_starting_the_app_loads_nothing_that_it_can_do_without():
    heavy = "{'keras', 'tensorflow', 'torch', 'jax', 'sklearn', 'scipy.stats'}"
    code = f"import sys, app; print(sorted({heavy} & set(sys.modules)))"

    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.strip() == "[]"


def test_the_page_has_its_seven_tabs_in_order_and_nothing_between_them(settings):
    page = built(settings)

    tabs = next(block for block in page.blocks.values() if block.elem_id == "tabs")
    # Gradio counts every child as a tab, so a stray one would shift their names.
    assert all(isinstance(child, gr.Tab) for child in tabs.children)
    assert [child.label for child in tabs.children] == TABS


def test_the_look_fetches_nothing_from_other_machines(settings):
    css = "".join(one.read_text(encoding="utf-8") for one in ui.stylesheets(settings))
    look = theme.Instrument()

    assert css
    assert look._stylesheets == []
    assert "http" not in css + "".join(look._font_css)


def test_every_rule_of_the_stylesheets_is_closed(settings):
    for path in ui.stylesheets(settings):
        depth = 0
        for line in path.read_text(encoding="utf-8").splitlines():
            depth += line.count("{") - line.count("}")
            assert 0 <= depth <= 2, f"{path.name}: {line}"
        assert depth == 0, path.name


def test_the_sample_is_there_from_the_first_start(app):
    headline, *_ = datasets.open_version(Settings(home=app.home), 1)

    assert "468" in headline
    assert "13" in headline


def test_only_thumbnails_are_served_from_the_home_folder(app):
    photograph = next((app.home / "data").rglob("*.jpg"))
    private = [app.home / "runs.db", photograph, PROJECT / "pyproject.toml"]
    assert all(path.is_file() for path in private)
    datasets.open_version(Settings(home=app.home), 1)
    thumbnail = next((app.home / "cache" / "thumbnails").rglob("*.jpg"))

    assert {app.status(f"/gradio_api/file={path}") for path in private} == {403}
    assert app.status("/gradio_api/file=pyproject.toml") == 403
    assert app.status(f"/gradio_api/file={thumbnail}/../../../../runs.db") == 403
    assert app.status(f"/gradio_api/file={thumbnail}") == 200


def test_a_page_elsewhere_cannot_reach_in_under_another_name(app):
    assert app.status("/", host="evil.example") == 400
    assert app.status("/", host=f"localhost:{app.port}") == 200


def test_no_file_of_this_machine_is_taken_for_an_upload(app):
    private = {
        "path": str(app.home / "runs.db"),
        "orig_name": "cars.zip",
        "meta": {"_type": "gradio.FileData"},
    }

    untouched = [None] * (1 + len(form()))
    said = app.call(
        "import_photographs", ["", [private], "stolen", "", "", False, *untouched]
    )

    assert "event: error" in said
    with store.connect(Settings(home=app.home).db_path) as db:
        assert "stolen" not in str(jobs.every(db))


def test_a_taken_port_is_one_sentence_and_exit_code_one(app, tmp_path):
    second = start(tmp_path / "second", CARCLF_PORT=str(app.port))

    said, _ = second.communicate(timeout=START_LIMIT_S)

    assert second.returncode == 1
    assert f"Port {app.port} on 127.0.0.1 is taken by another program" in said
    assert "Traceback" not in said
    assert len(said.splitlines()) == 1


def test_a_damaged_store_is_one_sentence_and_exit_code_one(tmp_path):
    (tmp_path / "runs.db").write_bytes(b"no database" * 500)

    app = start(tmp_path, CARCLF_PORT=str(free_port()))
    said, _ = app.communicate(timeout=START_LIMIT_S)

    assert app.returncode == 1
    assert "runs.db is damaged" in said
    assert len(said.splitlines()) == 1


def test_with_a_password_nothing_is_shown_before_it_is_given(tmp_path):
    app = launch(tmp_path, CARCLF_PASSWORD="a long secret")

    try:
        with urllib.request.urlopen(app.url, timeout=20) as page:
            assert '"auth_required":true' in page.read().decode()
        assert app.status("/config") == 401
        assert app.status("/gradio_api/file=pyproject.toml") == 401
    finally:
        app.stop()


def test_ended_by_the_system_the_app_leaves_cleanly_having_said_its_address_once(
    tmp_path,
):
    app = launch(tmp_path)

    app.process.send_signal(signal.SIGTERM)
    said, _ = app.process.communicate(timeout=PATIENCE_S)

    assert app.process.returncode == 0
    assert said == f"carclf runs at {app.url}/\n"


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the threads")
def test_a_signal_that_another_thread_is_given_ends_the_app_as_well(tmp_path):
    app = launch(tmp_path)
    pid = app.process.pid
    threads = {int(one.name) for one in Path(f"/proc/{pid}/task").iterdir()} - {pid}

    ctypes.CDLL(None).tgkill(pid, max(threads), signal.SIGTERM)
    app.process.communicate(timeout=PATIENCE_S)

    assert app.process.returncode == 0


def test_the_live_line_says_what_runs_and_what_waits(settings):
    assert ">idle<" in ui.live(settings)
    with store.connect(settings.db_path) as db:
        for name in ("Import cars", "Import <b>more</b>"):
            jobs.create(db, "import", name, {})
        first = jobs.claim_next(db)
        jobs.report(db, first.id, 3, 12, "epoch 3 of 12", 61)

    line = ui.live(settings)

    assert "Import cars · epoch 3 of 12 · 1 min left · 1 waiting" in line
    assert "left:25.0%" in line


def test_an_error_of_the_user_is_shown_as_text_and_not_as_html():
    @shown_to_user
    def handler():
        raise DatasetError("The class <img src=x> is taken.")

    with pytest.raises(gr.Error) as caught:
        handler()

    assert caught.value.message == "The class &lt;img src=x&gt; is taken."


def test_a_fault_of_ours_is_logged_whole_and_told_without_its_traceback(caplog):
    @shown_to_user
    def handler():
        return {}["missing"]

    with pytest.raises(gr.Error, match="Something went wrong in carclf") as caught:
        handler()

    assert "KeyError" in caught.value.message
    assert "Traceback" not in caught.value.message
    assert "missing" in caplog.text
