"""Evaluate, the numbers: overall, class by class, and which is taken for which."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import gradio as gr
import pandas as pd

from carclf import words
from carclf.evaluation import confusions, report
from carclf.records import Evaluation, Judged
from carclf.ui import cards, chart, metrics, plots, tables

CLASS_COLUMNS = ["Class", "Images", "Recall %", "Precision %", "F1 %"]
PAIR_COLUMNS = ["Is", "Called", "Images", "Of", "Share %"]
NUMBERS = {"Images", "Of", "Share %", "Recall %", "Precision %", "F1 %"}


class Report(NamedTuple):
    """The numbers of an evaluation: components, or what fills them."""

    headline: Any
    classes: Any
    confusion: Any
    pairs: Any


def build_classes() -> gr.Dataframe:
    return tables.create("Classes, worst first", CLASS_COLUMNS, NUMBERS)


def build_confusions() -> tuple[gr.HTML, gr.Dataframe]:
    with gr.Column(scale=5, min_width=340):
        confusion = chart.create("Choose an evaluation to see its confusions.", 560)
    with gr.Column(scale=3, min_width=300):
        pairs = tables.create("Most frequent confusions", PAIR_COLUMNS, NUMBERS)
    return confusion, pairs


def fill(found: Evaluation, judged: Sequence[Judged]) -> Report:
    """Return what an evaluation shows."""
    matrix = confusions.matrix(judged, found.classes)
    return Report(
        _headline(found),
        _class_table(judged),
        plots.confusion(matrix, found.classes),
        _pair_table(judged),
    )


def nothing(said: str) -> Report:
    """Return empty tables below some HTML that says why."""
    return Report(
        said,
        pd.DataFrame(columns=CLASS_COLUMNS),
        None,
        pd.DataFrame(columns=PAIR_COLUMNS),
    )


def _headline(found: Evaluation) -> str:
    """Return an evaluation's figures as a strip."""
    named = {
        "accuracy": "accuracy",
        "top5_accuracy": "right within five",
        "macro_f1": "macro F1",
        "loss": "loss",
    }
    figures = [
        (metrics.text(name, found.metrics[name]), said)
        for name, said in named.items()
        if name in found.metrics
    ]
    strip = cards.facts([*figures, (f"{found.image_count:,}", "images")])
    unread = len(found.skipped)
    if not unread:
        return strip
    first = found.skipped[0]
    return strip + cards.note(
        f"Left out, because unreadable: {words.count(unread, 'image')}. The first: "
        f"{first.path} {first.reason}",
        "warn",
    )


def _class_table(judged: Sequence[Judged]) -> pd.DataFrame:
    """Return a row a class, worst first; shares in percent, for people."""
    table = report.per_class(judged)
    shares = ["recall", "precision", "f1"]
    table[shares] = (table[shares] * 100).round(1)
    shown = table[["class", "images", *shares]]
    return shown.set_axis(CLASS_COLUMNS, axis=1)


def _pair_table(judged: Sequence[Judged]) -> pd.DataFrame:
    """Return a row a confusion, most frequent first."""
    rows = [
        (
            pair.label,
            pair.predicted,
            pair.count,
            pair.of,
            round(100 * pair.count / pair.of, 1),
        )
        for pair in confusions.pairs(judged)
    ]
    return pd.DataFrame(rows, columns=PAIR_COLUMNS)
