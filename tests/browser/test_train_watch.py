"""Watching a training, and going on with it."""

import re
import subprocess
import time
from collections.abc import Iterator

import psutil
import pytest
from playwright.sync_api import Page, Response, expect

from carclf import config, jobs, store
from carclf.records import EpochEnded, Job, Run, StepEnded
from carclf.settings import Settings
from carclf.store import jobs as store_jobs
from carclf.store import runs, steps, versions
from tests.browser.conftest import App
from tests.browser.gestures import choose, fill_in, open_tab, press, unfold

pytestmark = pytest.mark.browser

PLANNED = 30
# The header's line and the tab answer every other second each.
ANSWERS = 6
# In which everything that is to be seen has come.
QUIET_S = 300.0
# Keeps what a page is told instead of showing it, as no desktop is there to show it.
REMEMBER = """
window.told = [];
window.Notification = class {
  static permission = 'default';
  static async requestPermission() { return this.permission = 'granted'; }
  constructor(title, options) { window.told.push(`${title}. ${options.body}`); }
};
"""
# Gradio's timers stand still on a page that says this of itself.
HIDE = "Object.defineProperty(document, 'visibilityState', {get: () => 'hidden'})"


@pytest.fixture
def settings(app: App) -> Settings:
    return Settings(home=app.home)


@pytest.fixture
def watched(settings: Settings) -> Iterator[tuple[Run, Job]]:
    """A training at work, whose worker is a process that does nothing."""
    run = record(settings, "watched", epochs=8)
    worker = subprocess.Popen(["sleep", "600"], start_new_session=True)
    # At once, or the app would find it waiting, and begin it.
    with store.connect(settings.db_path) as db, db.atomic():
        job = store_jobs.create(db, "train", "Train watched", {}, run_id=run.id)
        begun = psutil.Process(worker.pid).create_time()
        store_jobs.started(db, job.id, worker.pid, begun, run.folder / "worker.log")
        db.execute(
            "update jobs set status = 'running', started_at = ? where id = ?",
            [store.now(), job.id],
        )
        store_jobs.report(
            db, job.id, 320, 40 * PLANNED, "Epoch 9 of 30", 60.0, cpu_share=0.42
        )
    yield run, job
    with store.connect(settings.db_path) as db:
        store_jobs.finish(db, job.id, "stopped")
        runs.delete(db, run.id)
    worker.kill()
    worker.wait()


def record(settings: Settings, name: str, epochs: int) -> Run:
    """Record a run of forty steps an epoch, without training it."""
    plain = {"data": {"version": "sample"}, "fit": {"epochs": PLANNED}}
    wanted = config.from_plain(plain).model_dump(mode="json")
    with store.connect(settings.db_path) as db:
        version = versions.by_name(db, "sample")
        run = runs.create(db, name, wanted, version_id=version.id)
        for epoch in range(1, epochs + 1):
            runs.add_epoch(db, run.id, ended(epoch))
        steps.add(
            db,
            run.id,
            [
                StepEnded((step - 1) // 40 + 1, step, 3 / step**0.3, 1e-3)
                for step in range(1, epochs * 40 + 1)
            ],
        )
    return run


def ended(epoch: int) -> EpochEnded:
    return EpochEnded(
        epoch,
        {
            "loss": 2.0 / epoch,
            "val_loss": 2.2 / epoch,
            "accuracy": 1 - 0.9 / epoch,
            "val_accuracy": 0.8 - 0.7 / epoch,
            "seconds": 30.0,
            "images_per_second": 400.0,
        },
    )


def open_run(page: Page, name: str) -> None:
    open_tab(page, "Train")
    choose(page, "Run", name)
    expect(page.get_by_role("status", name=re.compile(f"^{name}: "))).to_be_visible()


def chart(page: Page, begins: str) -> object:
    return page.get_by_role("img", name=re.compile(f"^{begins}"))


def test_any_two_curves_are_shown_and_other_runs_beside(page, settings, watched):
    other = record(settings, "another", epochs=5)
    open_run(page, "watched")
    expect(chart(page, "Loss by epoch: train 0.250, validation 0.275")).to_be_visible()
    expect(page.get_by_text("42 % of the processor")).to_be_visible()

    choose(page, "Second chart", "Train accuracy above")
    expect(chart(page, "Train accuracy above validation by epoch: 17")).to_be_visible()
    choose(page, "Second chart", "Accuracy")
    choose(page, "Other runs on the same charts", "another")

    both = "Validation loss by epoch: watched 0.275, another 0.440"
    expect(chart(page, both)).to_be_visible()
    page.get_by_label("Time", exact=True).check()
    expect(chart(page, "Validation loss over minutes")).to_be_visible()
    with store.connect(settings.db_path) as db:
        runs.delete(db, other.id)


def test_a_chart_moves_without_being_built_anew_and_keeps_its_zoom(
    page, settings, watched
):
    run, _ = watched
    open_run(page, "watched")
    loss = chart(page, "Loss by epoch: train 0.250")
    expect(loss).to_be_visible()
    loss.evaluate(
        "box => { box.querySelector('svg').mine = true;"
        " return Plotly.relayout(box, {'xaxis.range': [2, 6]}); }"
    )

    with store.connect(settings.db_path) as db:
        runs.add_epoch(db, run.id, ended(9))

    moved = chart(page, "Loss by epoch: train 0.222")
    expect(moved).to_be_visible()
    assert moved.evaluate("box => box.querySelector('svg').mine")
    assert moved.evaluate("box => box._fullLayout.xaxis.range") == [2, 6]


def test_a_page_on_which_nothing_changes_is_sent_next_to_nothing(
    page, settings, watched
):
    _, job = watched
    open_run(page, "watched")
    expect(chart(page, "Loss by epoch")).to_be_visible()
    answers: list[int] = []

    def on_response(response: Response) -> None:
        if response.url.endswith("/run/predict"):
            answers.append(len(response.body()))

    def is_quiet() -> bool:
        return len(answers) >= ANSWERS and max(answers[-ANSWERS:]) < 1500

    page.on("response", on_response)
    deadline = time.monotonic() + QUIET_S
    while not is_quiet() and time.monotonic() < deadline:
        page.wait_for_timeout(2000)
        with store.connect(settings.db_path) as db:
            store_jobs.beat(db, job.id)
    page.remove_listener("response", on_response)

    assert is_quiet(), answers


def test_the_end_of_a_training_is_told_to_a_page_out_of_sight(page, settings, watched):
    _, job = watched
    page.add_init_script(REMEMBER)
    page.reload()
    open_tab(page, "Train")
    with page.expect_response(tells_the_last_end):
        page.get_by_label("Tell me when a training ends").check()
    page.evaluate(HIDE)

    with store.connect(settings.db_path) as db:
        store_jobs.finish(db, job.id, "failed", reason="The disk is full.")

    page.wait_for_function("() => window.told.length > 0")
    told = page.evaluate("window.told")
    assert told == ["Train watched: failed. The disk is full."]


def tells_the_last_end(response: Response) -> bool:
    return response.url.endswith("/run/last_ended")


def test_the_newest_line_of_a_long_log_is_in_sight(page, settings, watched):
    run, _ = watched
    log = settings.resolve(run.folder) / "worker.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("".join(f"epoch {epoch}\n" for epoch in range(1, 51)))
    open_run(page, "watched")

    unfold(page, "Log")

    lines = page.locator("pre").filter(has_text="epoch 50")
    expect(lines).to_be_visible()
    edges = """lines => [lines, lines.parentElement].map(
      element => element.getBoundingClientRect()).map(
      ({top, bottom}) => [top, bottom])"""
    (first, last), (top, bottom) = lines.evaluate(edges)
    assert first < top
    assert last <= bottom + 1


def test_nothing_beside_the_curves_is_wider_than_a_phone(page, watched):
    page.set_viewport_size({"width": 390, "height": 844})
    open_run(page, "watched")
    expect(chart(page, "Loss by epoch")).to_be_visible()

    press(page, "Stop now")

    warning = page.get_by_text("The epoch under way is lost.")
    expect(warning).to_be_visible()
    width = warning.evaluate("text => text.getBoundingClientRect().width")
    assert width > 300
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_a_button_fills_comes_into_sight_on_a_phone(page, settings, watched):
    page.set_viewport_size({"width": 390, "height": 844})
    open_tab(page, "Train")
    expect(page.get_by_role("combobox", name="Dataset version")).not_to_have_value("")
    fill_in(page, "Run name", "pocket")

    press(page, "Start training")
    queued = page.get_by_role("status", name="pocket: queued")
    expect(queued).to_be_in_viewport(ratio=0.9)

    with store.connect(settings.db_path) as db:
        waiting = store_jobs.unfinished(db)
    behind = next(job for job in waiting if job.title == "Train pocket")
    jobs.stop_now(settings, behind.id)
    copy = page.get_by_role("button", name="Copy into the form")
    expect(copy).to_be_visible()
    recipe = page.get_by_role("combobox", name="Recipe", exact=True)
    expect(recipe).not_to_be_in_viewport()
    copy.click()
    expect(recipe).to_be_in_viewport()


@pytest.mark.slow
def test_a_run_that_has_ended_is_trained_longer_and_its_weights_are_cleaned_away(
    page, settings
):
    wanted = config.from_plain(
        {
            "name": "longer",
            "data": {"version": "sample", "image_size": [32, 32]},
            "model": {"backbone": "tiny", "weights": "none"},
            "fit": {"epochs": 2},
            "learning": {"features": "streaming", "keep_every": 1},
        }
    )
    jobs.submit_training(settings, wanted)
    open_run(page, "longer")
    longer = page.get_by_role("status", name="longer: done")
    expect(longer).to_contain_text("2 of 2", timeout=600_000)

    fill_in(page, "Epochs in all", "4")
    press(page, "Train to this many epochs")
    expect(longer).to_contain_text("4 of 4", timeout=600_000)
    expect(longer).to_contain_text("Resumed after epoch 2.")

    page.get_by_role("button", name=re.compile("^Weights on the disk")).click()
    table = page.get_by_role("table", name="Weights on the disk")
    expect(table.get_by_role("row")).to_have_count(6)
    press(page, "Remove weights but the best")
    expect(page.get_by_text("are freed. The weights of epoch")).to_be_visible()
    press(page, "Yes, remove them")
    expect(table.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("button", name="Train to this many epochs")).to_have_count(
        0
    )
