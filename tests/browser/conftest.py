"""The real app on a free port, and Chromium to click through it."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)

from carclf import jobs, store
from carclf.errors import JobError
from carclf.settings import PROJECT, Settings
from carclf.store import jobs as store_jobs
from tests.waiting import free_port

FAILURES = PROJECT / "tests" / "failures"
# A page that is reloaded gives up what it was still asking for.
GIVEN_UP = "AbortError|Connection errored out|Unexpected error 404"
START_TIMEOUT_S = 300.0
END_TIMEOUT_S = 60.0
WAIT_MS = 60_000
expect.set_options(timeout=WAIT_MS)


@dataclass(frozen=True)
class App:
    """A running app: its address, its home folder, and where its output goes."""

    url: str
    home: Path
    log: Path


@pytest.fixture(scope="module")
def app(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[App]:
    """An app of each module's own, so no story meets what another one left behind."""
    late = pytestconfig.getoption("late")
    program = ["-m", "tests.browser.late_app", str(late)] if late else ["app.py"]
    home = tmp_path_factory.mktemp("home")
    port = free_port()
    own = {"CARCLF_HOME": str(home), "CARCLF_PORT": str(port)}
    running = App(f"http://127.0.0.1:{port}", home, home.with_name("app.log"))
    with running.log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *program],
            cwd=PROJECT,
            env={**without_settings(os.environ), **own},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_it_answers(running, process)
            yield running
        finally:
            process.terminate()
            process.wait(timeout=END_TIMEOUT_S)
            stop_what_still_runs(Settings(home=home))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    # Chromium's own sandbox cannot be had by root, as in a container.
    browser = playwright.chromium.launch(
        executable_path=find_chromium(playwright), args=["--no-sandbox"]
    )
    yield browser
    browser.close()


@pytest.fixture
def page(chromium: Browser, app: App, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh window on the app; a test that fails leaves a picture of it."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    complaints = listen(page, app)
    page.goto(app.url)

    yield page

    if request.node.stash.get(FAILED, False):
        FAILURES.mkdir(exist_ok=True)
        name = re.sub(r"\W+", "-", request.node.name)
        page.screenshot(path=FAILURES / f"{name}.png", full_page=True)
    seen = page.locator("button.clock:visible").count()
    context.close()
    assert complaints == [], "\n".join(complaints)
    assert seen == 0, "A clock is to be seen."


def listen(page: Page, app: App) -> list[str]:
    """Return a list that grows by what a page should never do."""
    complaints: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error" and not re.search(GIVEN_UP, message.text):
            complaints.append(f"console: {message.text} {message.location}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((app.url, "data:", "blob:")):
            complaints.append(f"asked another machine: {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.on("request", on_request)
    return complaints


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


def stop_what_still_runs(settings: Settings) -> None:
    """Stop the workers that a failed test left behind; they outlive the app."""
    with store.connect(settings.db_path) as db:
        left = store_jobs.unfinished(db)
    for job in left:
        # It may have ended meanwhile.
        with contextlib.suppress(JobError):
            jobs.stop_now(settings, job.id)


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith("CARCLF_")
    }


def wait_until_it_answers(app: App, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(app.url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"The app did not start. It said:\n{app.log.read_text()}")


def find_chromium(playwright: Playwright) -> str:
    """Return the browser to use; skip the test, saying how to get one, if none."""
    named = os.environ.get("CARCLF_CHROMIUM")
    if named:
        return named
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    own = playwright.chromium.executable_path
    if Path(own).is_file():
        return own
    pytest.skip(
        "No Chromium was found. Get one with `apt-get install chromium` or "
        "`.venv/bin/playwright install chromium`, or name one in CARCLF_CHROMIUM."
    )
