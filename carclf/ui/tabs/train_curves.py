"""The charts of a training: which curves, along what, beside which other runs."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import gradio as gr

from carclf import metrics, recorded
from carclf.records import EpochEnded, Job, Run
from carclf.store import Database, runs, steps
from carclf.ui import chart, curves
from carclf.ui.courses import ALONG, Along, Course

MOST_SMOOTHING = 0.95
Scale = Literal["linear", "log"]
UNTIL_THEN = "Nothing of this is recorded yet. It is drawn once an epoch has ended."
_SCALES: list[tuple[str, Scale]] = [("Linear", "linear"), ("Logarithmic", "log")]


class Wanted(NamedTuple):
    """What is to be drawn, in the order of `Charts.inputs`."""

    others: Sequence[int] = ()
    first: str = "loss"
    second: str = "accuracy"
    along: Along = "epoch"
    smoothing: float = 0.0
    scale: Scale = "linear"


class Charts(NamedTuple):
    """The components."""

    others: gr.Dropdown
    first: gr.Dropdown
    second: gr.Dropdown
    along: gr.Radio
    smoothing: gr.Slider
    scale: gr.Radio
    left: gr.HTML
    right: gr.HTML

    @property
    def inputs(self) -> list[Any]:
        """In the order of `Wanted`."""
        return list(self[:6])


def build() -> Charts:
    """Lay out two charts, each with its selector, and how both are drawn."""
    with gr.Row():
        with gr.Column(min_width=290):
            first, left = _chart("First chart", "loss")
        with gr.Column(min_width=290):
            second, right = _chart("Second chart", "accuracy")
    with gr.Row():
        along = gr.Radio(ALONG, value="epoch", label="Along", scale=4, min_width=290)
        scale = gr.Radio(_SCALES, value="linear", label="Scale", scale=3, min_width=230)
    with gr.Row():
        others = gr.Dropdown(
            label="Other runs on the same charts",
            choices=[],
            multiselect=True,
            interactive=True,
            scale=4,
            min_width=290,
        )
        smoothing = gr.Slider(
            0,
            MOST_SMOOTHING,
            value=0,
            step=0.05,
            label="Smoothing",
            scale=3,
            min_width=230,
        )
    return Charts(others, first, second, along, smoothing, scale, left, right)


def _chart(label: str, measure: str) -> tuple[gr.Dropdown, gr.HTML]:
    known = [(one.title, one.name) for one in curves.MEASURES.values()]
    selector = gr.Dropdown(
        known, value=measure, label=label, container=False, interactive=True
    )
    return selector, chart.create(UNTIL_THEN, 270)


def courses(
    db: Database, run: Run, job: Job | None, others: Sequence[Run]
) -> list[Course]:
    """Return what there is to draw of a run, and of those to lie beside it."""
    histories = runs.histories(db, [run.id, *(one.id for one in others)])
    looked_at = Course(
        run,
        histories[run.id],
        steps.of_run(db, run.id),
        kept_epoch(run, histories[run.id]),
        _epoch_steps(run, job),
    )
    beside = [
        Course(one, history, steps.of_run(db, one.id), kept_epoch(one, history))
        for one in others
        if (history := histories[one.id])
    ]
    return [looked_at, *beside]


def kept_epoch(run: Run, history: Sequence[EpochEnded]) -> int | None:
    """Return the best epoch as recorded, or so far."""
    if run.best_epoch is not None:
        return run.best_epoch
    monitor = recorded.config_of(run).fit.callbacks.model_checkpoint
    return metrics.best_epoch(history, monitor.monitor)


def _epoch_steps(run: Run, job: Job | None) -> float | None:
    """Return the steps of an epoch, as the training tells them while it learns."""
    if job is None or not str(job.progress.get("message")).startswith("Epoch "):
        return None
    steps_in_all: float = job.progress["total"]
    return steps_in_all / recorded.config_of(run).fit.epochs
