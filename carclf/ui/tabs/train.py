"""Train: what to train on the left, how it goes on the right, the queue below."""

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs, store
from carclf.settings import Settings
from carclf.store import connect
from carclf.ui import cards, choices, queue
from carclf.ui.changes import memory, since
from carclf.ui.clicks import with_click
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import (
    THEN,
    bring_into_sight,
    clock,
    on_show,
    on_tick,
    wire,
)
from carclf.ui.tabs import (
    train_control,
    train_curves,
    train_form,
    train_live,
    train_trials,
    train_weights,
)
from carclf.ui.tabs.train_control import Controls
from carclf.ui.tabs.train_curves import Charts, Wanted
from carclf.ui.tabs.train_form import Form, Values
from carclf.ui.tabs.train_weights import Weights


class Live(NamedTuple):
    """The right-hand side; `outputs` is in the order of `train_live.View.values`."""

    run: gr.Dropdown
    headline: gr.HTML
    controls: Controls
    charts: Charts
    log: gr.HTML
    weights: Weights
    queue: queue.Queue
    ticking: gr.Button
    seen: gr.Textbox

    @property
    def inputs(self) -> list[Any]:
        return [self.run, *self.charts.inputs]

    @property
    def outputs(self) -> list[Any]:
        charts = [self.charts.left, self.charts.right]
        first = [self.run, self.charts.others, self.headline, *charts, self.log]
        rest = [*self.controls.outputs, *self.weights.outputs, *self.queue]
        return [*first, *rest, self.seen]


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
    headline = gr.HTML(elem_id="train-headline")
    controls = train_control.build()
    charts = train_curves.build()
    with gr.Accordion("Log", open=False):
        log = gr.HTML(elem_classes="log")
    weights = train_weights.build()
    return Live(
        run,
        headline,
        controls,
        charts,
        log,
        weights,
        queue.build(),
        clock(),
        memory(),
    )


def _wire(settings: Settings, form: Form, start: gr.Button, live: Live) -> None:
    turn_to = partial(show, settings), live.inputs, live.outputs
    started = wire(
        start.click,
        partial(start_training, settings),
        [form.yaml, *form.fields],
        live.run,
    ).success(*turn_to, **THEN)
    bring_into_sight(started, live.headline)
    catch_up = partial(refresh, settings), [*live.inputs, live.seen], live.outputs
    on_tick(live.ticking, *catch_up, is_queued=False)
    wire(live.run.input, *turn_to)
    drawn_anew = [one.input for one in live.charts.inputs]
    wire(drawn_anew, *catch_up)
    for trigger, handler, inputs in _changes(settings, live):
        wire(trigger, handler, inputs).success(*catch_up, **THEN)
    controls, filled = live.controls, [form.recipe, *form.filled]
    for button, handler, inputs in (
        (controls.branch, train_control.branch, [live.run, controls.epoch]),
        (controls.clone, train_control.clone, [live.run]),
    ):
        copied = wire(button.click, partial(handler, settings), inputs, filled)
        bring_into_sight(copied, form.recipe)


def _changes(
    settings: Settings, live: Live
) -> list[tuple[Any, Callable[..., Any], Any]]:
    """Return what changes a run or the queue: (event, handler, inputs)."""
    run, controls, queued = live.run, live.controls, live.queue
    after_epoch = partial(train_control.stop_run, settings, jobs.stop_after_epoch)
    now = partial(train_control.stop_run, settings, jobs.stop_now)
    longer = partial(train_control.train_longer, settings)
    return [
        (controls.after_epoch.click, after_epoch, run),
        (controls.now.yes.click, now, run),
        (controls.resume.click, partial(train_control.resume, settings), run),
        (controls.longer.click, longer, [run, controls.epochs]),
        (live.weights.clean.yes.click, partial(train_weights.clean, settings), run),
        (queued.jobs.select, with_click(partial(queue.change, settings)), None),
        (queued.release.click, partial(queue.release, settings), None),
        (
            queued.continues.input,
            partial(queue.continue_after_failure, settings),
            queued.continues,
        ),
    ]


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
    return refresh(settings, run_id, *wanted, None)


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
        lambda: train_live.view(settings, run_id, Wanted(*wanted)).values,
        seen,
    )
