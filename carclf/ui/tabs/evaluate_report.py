"""Evaluate, the numbers: overall, class by class, and which is taken for which."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import hierarchy, metrics, words
from carclf.evaluation import report, sentences
from carclf.evaluation.interval import wilson
from carclf.records import Evaluation, Judged
from carclf.settings import Settings
from carclf.ui import cards, evaluated
from carclf.ui.clicks import with_row
from carclf.ui.errors import shown_to_user
from carclf.ui.evaluated import Evaluated
from carclf.ui.navigation import THEN, wire
from carclf.ui.tabs import (
    evaluate_classes,
    evaluate_confusions,
    evaluate_hierarchy,
    evaluate_summary,
)
from carclf.ui.tabs.evaluate_classes import Classes, Filter
from carclf.ui.tabs.evaluate_confusions import Map, Pairs
from carclf.ui.tabs.evaluate_hierarchy import Known
from carclf.ui.tabs.evaluate_summary import Summary

FIGURES = {
    "top5_accuracy": "right within five",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "calibration_error": "calibration error",
    "loss": "loss",
}


class Report(NamedTuple):
    """The numbers of an evaluation: components, or what fills them."""

    headline: Any
    summary: Summary
    wanted: Filter
    classes: Classes
    hierarchy: Known
    map: Map
    pairs: Pairs

    @property
    def parts(self) -> tuple[Any, ...]:
        """One after the other, as Gradio takes them."""
        headline, *rest = self
        return headline, *(part for group in rest for part in group)


def build(
    settings: Settings, evaluation: gr.Dropdown, headline: gr.HTML, inner: gr.Tabs
) -> Report:
    """Lay out the tabs of the numbers among those of `inner`, in which it is called."""
    with gr.Tab("Summary", id="summary"):
        summary = evaluate_summary.build()
    with gr.Tab("Classes", id="classes"):
        wanted, classes = evaluate_classes.build(settings, evaluation)
        known, corrected = evaluate_hierarchy.build(settings)
    with gr.Tab("Confusions", id="confusions"):
        drawn, pairs = evaluate_confusions.build(settings, evaluation)
    built = Report(headline, summary, wanted, classes, known, drawn, pairs)
    for event in corrected:
        event.success(
            partial(again, settings),
            evaluation,
            list(built.parts),
            **THEN,
        )
    wire(
        summary.misses.select,
        with_row(partial(show_miss, settings)),
        evaluation,
        [inner, *pairs],
    )
    return built


@shown_to_user
def again(settings: Settings, evaluation_id: int | None) -> tuple[Any, ...]:
    """Return the numbers anew, for what is known of the classes has changed."""
    if evaluation_id is None:
        return nothing("").parts
    return fill(settings, evaluated.load(settings, evaluation_id)).parts


@shown_to_user
def show_miss(
    settings: Settings, row: list[Any], evaluation_id: int
) -> tuple[Any, ...]:
    """Return the pairs that were missed in the clicked way; each opens its pictures."""
    said = str(row[0])
    listed = evaluate_confusions.list_pairs(settings, evaluation_id, said)
    return gr.Tabs(selected="confusions"), said, *listed


def fill(settings: Settings, found: Evaluated) -> Report:
    """Return what an evaluation shows."""
    known = hierarchy.load(settings)
    return Report(
        _headline(*found),
        evaluate_summary.fill(found.judged, known),
        *evaluate_classes.fill(settings, found, known),
        evaluate_hierarchy.fill(settings, found, known),
        *evaluate_confusions.fill(settings, found, known),
    )


def nothing(said: str) -> Report:
    """Return empty tables below some HTML that says why."""
    return Report(
        said,
        evaluate_summary.nothing(),
        *evaluate_classes.nothing(),
        evaluate_hierarchy.nothing(),
        *evaluate_confusions.nothing(),
    )


def _headline(found: Evaluation, judged: Sequence[Judged]) -> str:
    """Return an evaluation's figures as a strip, and what to mind about them.

    They come from the images: what an older carclf recorded beside them was less.
    """
    known = report.summary(judged)
    span = words.percent_span(
        *wilson(sum(one.is_correct for one in judged), len(judged))
    )
    figures = [
        (metrics.text("accuracy", known["accuracy"]), f"accuracy, 95 %: {span}"),
        *((metrics.text(name, known[name]), said) for name, said in FIGURES.items()),
        (f"{len(judged):,}", "images"),
    ]
    to_mind = [_unread(found), sentences.strangers(judged, found.classes)]
    return cards.facts(figures) + cards.notes(filter(None, to_mind), "warn")


def _unread(found: Evaluation) -> str:
    if not found.skipped:
        return ""
    first = found.skipped[0]
    return (
        f"Left out, because unreadable: {words.count(len(found.skipped), 'image')}. "
        f"The first: {first.path} {first.reason}"
    )
