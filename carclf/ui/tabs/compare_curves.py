"""Compare, the curves of the chosen runs over one another."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import gradio as gr

from carclf import metrics
from carclf.lineage import Relative
from carclf.store import Database, runs, steps
from carclf.ui import cards, chart, curves
from carclf.ui.courses import ALONG, Along, Course
from carclf.ui.tabs.train_curves import MOST_SMOOTHING


class Wanted(NamedTuple):
    """What to draw: components in the layout, their values in a handler."""

    metric: Any = "val_accuracy"
    along: Any = "epoch"
    smoothing: Any = 0.0


class Shown(NamedTuple):
    metric: Any
    chart: Any
    told: Any


def build() -> tuple[Wanted, Shown]:
    with gr.Row():
        metric = gr.Dropdown(
            _named(), value="val_accuracy", label="Metric", scale=3, min_width=200
        )
        along = gr.Radio(ALONG, value="epoch", label="Along", scale=4, min_width=250)
        smoothing = gr.Slider(
            *(0, MOST_SMOOTHING, 0),
            step=0.05,
            label="Smoothing",
            scale=3,
            min_width=200,
        )
    drawn = chart.create("Choose runs above to see their curves.", 400)
    return Wanted(metric, along, smoothing), Shown(metric, drawn, gr.HTML())


def show(
    db: Database, kept: Sequence[Relative], known: Sequence[str], wanted: Wanted
) -> Shown:
    """Return the curves of these runs; only theirs are read.

    Args:
        known: Every metric that any run has.
    """
    asked = [one.run for one in kept]
    histories = runs.histories(db, [run.id for run in asked]) if asked else {}
    courses = [
        Course(
            run,
            history,
            steps.of_run(db, run.id) if wanted.along == "step" else (),
            metrics.best_epoch(history, wanted.metric),
        )
        for run in asked
        if (history := histories[run.id])
    ]
    look = curves.Look(wanted.along, wanted.smoothing or 0.0)
    others = sorted(set(known) - metrics.NAMES.keys())
    return Shown(
        gr.update(choices=[*_named(), *((name, name) for name in others)]),
        curves.overlay(courses, wanted.metric, look) if courses else None,
        _told(courses, wanted.along),
    )


def _named() -> list[tuple[str, str]]:
    return [(said, name) for name, said in metrics.NAMES.items()]


def _told(courses: Sequence[Course], along: Along) -> str:
    """Return why curves are drawn by epoch where something else was asked for."""
    without = [one.run.name for one in courses if not one.knows(along)]
    if not without:
        return ""
    what = "steps were" if along == "step" else "times were"
    return cards.note(
        f"Drawn by epoch, for no {what} recorded of {', '.join(without)}.", "warn"
    )
