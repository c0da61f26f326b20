"""Train: what to train on the left, how it goes on the right, the queue below."""

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs, store
from carclf.errors import JobError
from carclf.settings import Settings
from carclf.store import connect, runs
from carclf.store import jobs as stored_jobs
from carclf.ui import cards, choices, confirm, notify, queue
from carclf.ui.changes import since
from carclf.ui.clicks import with_click
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import THEN, on_show, wire
from carclf.ui.tabs import train_curves, train_form, train_live, train_trials
from carclf.ui.tabs.train_curves import Charts, Wanted
from carclf.ui.tabs.train_form import Form, Values
from carclf.ui.tabs.train_live import View

STOP_WARNING = (
    "The epoch under way is lost. Epochs before it stay, and what was kept of them can "
    "be started from."
)


class Live(NamedTuple):
    """The right-hand side; `outputs` is in the order of `train_live.View`."""

    run: gr.Dropdown
    headline: gr.HTML
    charts: Charts
    log: gr.Textbox
    stop_after_epoch: gr.Button
    stop_now: confirm.Confirmation
    fine_tune: gr.Button
    queue: gr.HTML
    timer: gr.Timer
    seen: gr.State

    @property
    def inputs(self) -> list[Any]:
        return [self.run, *self.charts.inputs]

    @property
    def outputs(self) -> list[Any]:
        charts = [self.charts.left, self.charts.right]
        buttons = [self.stop_after_epoch, self.stop_now.ask, self.fine_tune]
        shown = [self.run, self.charts.others, self.headline, *charts, self.log]
        return [*shown, *buttons, self.queue, self.timer, self.seen]


def build(settings: Settings) -> train_form.Form:
    """Lay out the tab; return its form, which other tabs may fill in."""
    with gr.Tab("Train", id="train") as tab:
        gr.HTML(
            cards.heading(
                "Train",
                "Choose what to learn from and how. Trainings wait in a queue and "
                "go on when this page is closed.",
            )
        )
        with gr.Row(elem_classes="split"):
            with gr.Column(scale=4, min_width=320):
                form, start = train_form.build(settings)
            with gr.Column(scale=7, min_width=340):
                live = _build_live()
    on_show(
        tab,
        partial(train_form.open_form, settings),
        [form.version, form.start],
        [form.recipe, form.version, form.start],
    )
    train_trials.show_on(tab, settings, form.trials)
    on_show(tab, partial(show, settings), live.inputs, live.outputs)
    _wire(settings, form, start, live)
    return form


def _build_live() -> Live:
    run = gr.Dropdown(label="Run", choices=[], interactive=True)
    headline = gr.HTML()
    with gr.Row():
        after_epoch = gr.Button("Stop after this epoch", min_width=150)
        fine_tune = gr.Button("Fine-tune from best epoch", min_width=170)
        now = confirm.build(
            "Stop now", "Yes, stop now", "Keep training", cards.note(STOP_WARNING)
        )
    charts = train_curves.build()
    with gr.Accordion("Log", open=False):
        log = gr.Textbox(
            label="Last lines of the log", lines=12, max_lines=20, elem_classes="log"
        )
    notify.switch()
    return Live(
        run,
        headline,
        charts,
        log,
        after_epoch,
        now,
        fine_tune,
        queue.create(),
        gr.Timer(train_live.BUSY_S),
        gr.State([]),
    )


def _wire(settings: Settings, form: Form, start: gr.Button, live: Live) -> None:
    turn_to = partial(show, settings), live.inputs, live.outputs
    catch_up = partial(refresh, settings), [*live.inputs, live.seen], live.outputs
    wire(
        start.click,
        partial(start_training, settings),
        [form.yaml, *form.fields],
        live.run,
    ).success(*turn_to, **THEN)
    wire(live.timer.tick, *catch_up)
    wire(live.run.input, *turn_to)
    wire(
        [one.input for one in live.charts.inputs],
        *catch_up,
        trigger_mode="always_last",
    )
    for button, stop in (
        (live.stop_after_epoch, jobs.stop_after_epoch),
        (live.stop_now.yes, jobs.stop_now),
    ):
        stopped = wire(button.click, partial(stop_run, settings, stop), live.run)
        stopped.success(*catch_up, **THEN)
    wire(
        live.fine_tune.click,
        partial(fine_tune, settings),
        live.run,
        [form.recipe, *form.filled],
    )
    changed = wire(live.queue.select, with_click(partial(change_queue, settings)))
    changed.success(*catch_up, **THEN)


@shown_to_user
def start_training(settings: Settings, text: str, *fields: Any) -> dict[str, Any]:
    """Queue what the form says, and turn the right-hand side to it."""
    run, _ = jobs.submit_training(settings, train_form.merged(text, Values(*fields)))
    gr.Info(f"“{escape(run.name)}” is in the queue.")
    with connect(settings.db_path) as db:
        return gr.update(choices=choices.runs(db), value=run.id)


@shown_to_user
def show(settings: Settings, run_id: int | None, *wanted: Any) -> tuple[Any, ...]:
    """Return the whole view of a run, as of now."""
    return refresh(settings, run_id, *wanted, [])


@shown_to_user
def refresh(settings: Settings, run_id: int | None, *given: Any) -> tuple[Any, ...]:
    """Return the view of a run, without what the page shows already.

    Args:
        given: What is to be drawn, and what the page shows.
    """
    *wanted, seen = given
    # The log needs no look of its own: while somebody writes it, a heartbeat is written
    # to the store.
    return since(
        f"{store.stamp(settings.db_path)} {run_id} {wanted}",
        lambda: train_live.view(settings, run_id, Wanted(*wanted)),
        len(View._fields),
        seen,
    )


@shown_to_user
def stop_run(
    settings: Settings, stop: Callable[[Settings, int], None], run_id: int | None
) -> None:
    """Stop a run in one of the two ways.

    Raises:
        JobError: It has ended already, or was never a job here.
    """
    if run_id is None:
        raise JobError("Choose a run to stop.")
    with connect(settings.db_path) as db:
        run, job = runs.get(db, run_id), stored_jobs.of_run(db, run_id)
    if job is None:
        raise JobError(f"“{run.name}” was imported, so there is nothing to stop.")
    stop(settings, job.id)


@shown_to_user
def fine_tune(settings: Settings, run_id: int | None) -> tuple[Any, ...]:
    """Return the form filled to go on from a run's best epoch; no recipe any more."""
    if run_id is None:
        raise JobError("Choose a run to fine-tune from.")
    with connect(settings.db_path) as db:
        parent = runs.get(db, run_id)
    gr.Info("The form is filled: look it over, then start the training.")
    return None, *train_form.fill(settings, train_form.continued(parent, None))


@shown_to_user
def change_queue(settings: Settings, job_id: int, what: str) -> None:
    """Do to a job what its button in the queue says."""
    if what in ("remove", "stop"):
        jobs.stop_now(settings, job_id)
        return
    with connect(settings.db_path) as db:
        stored_jobs.move(db, job_id, -1 if what == "up" else 1)
