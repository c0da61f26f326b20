"""What a person sees when something goes wrong."""

import os
import re
import signal

import pytest
from playwright.sync_api import expect

from carclf import store
from carclf.settings import PROJECT
from carclf.store import jobs, runs
from tests.browser.conftest import App
from tests.browser.gestures import drop, fill_in, open_tab, press, start_training

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHOTOGRAPH = min((PROJECT / "assets" / "sample" / "images" / "Baja Bug").iterdir())


def test_a_killed_worker_is_seen_as_failed_with_the_reason(page, app):
    start_training(page, "doomed")
    running = page.get_by_role("status", name="doomed: running")
    # Said by the worker itself, so there is one to kill.
    expect(running).not_to_contain_text("no device yet", timeout=600_000)

    os.kill(worker_of(app, "doomed"), signal.SIGKILL)

    failed = page.get_by_role("status", name="doomed: failed")
    expect(failed).to_contain_text(re.compile("killed", re.IGNORECASE))
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()


def test_a_damaged_photograph_is_refused_in_one_sentence(page, tmp_path):
    damaged = tmp_path / "cut short.jpg"
    damaged.write_bytes(PHOTOGRAPH.read_bytes()[:2000])
    open_tab(page, "Background")
    press(page, "Use a photograph of your own ▼")

    drop(page, page.get_by_role("button", name=re.compile("^Drop an image")), damaged)

    told = "cut short.jpg is damaged or cut short. Open it in a viewer to check it"
    expect(page.get_by_text(told)).to_be_visible()


def test_a_setting_that_cannot_be_is_named_before_anything_starts(page):
    open_tab(page, "Train")
    expect(page.get_by_role("combobox", name="Recipe")).not_to_have_value("")
    fill_in(page, "Learning rate", "50")
    press(page, "Start training")

    expect(page.get_by_text("learning_rate must be").first).to_be_visible()
    expect(page.get_by_role("status", name="What runs now")).to_have_text("idle")


def worker_of(app: App, run_name: str) -> int:
    """Return the process id of the worker that trains a run."""
    with store.connect(app.home / "runs.db") as db:
        job = jobs.of_run(db, runs.find(db, run_name).id)
    assert job is not None
    assert job.pid is not None
    return job.pid
