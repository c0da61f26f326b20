"""Compare, class by class, and one evaluation beside all others on its images."""

from typing import Any

import gradio as gr

from carclf import metrics, words
from carclf.evaluation import compare
from carclf.evaluation.compare import Pair
from carclf.records import Evaluation
from carclf.store import Database, evaluations, runs
from carclf.ui import cards, tables

COLUMNS = ["Class", "Images", "Before %", "After %", "Difference", "Fixed", "Broke"]
OTHERS = ["Run", "Accuracy", "Difference", "95 % interval", "p", "p, corrected", ""]
# Each costs a look at every image; the newest are what is asked about.
MOST_OTHERS = 12


def build() -> tuple[gr.Dataframe, gr.HTML]:
    with gr.Accordion("Class by class: the greatest loss first", open=False):
        classes = tables.create(
            "Classes, before and after", COLUMNS, set(COLUMNS[1:]), max_height=420
        )
    with gr.Accordion("“Before” beside every other run on these images", open=False):
        others = gr.HTML(apply_default_css=False)
    return classes, others


def rows(pair: Pair) -> list[list[Any]]:
    """Return a row a class, in the order of COLUMNS; shares in percent, for people."""
    return [
        [
            one.label,
            one.images,
            round(100 * one.before, 1),
            round(100 * one.after, 1),
            round(100 * one.difference, 1),
            one.fixed,
            one.broke,
        ]
        for one in compare.by_class(pair.a, pair.b)
    ]


def others(db: Database, first: Evaluation) -> str:
    """Return the newest evaluation of each other run beside this one, as a table."""
    newest: dict[int, Evaluation] = {}
    for one in evaluations.every(db):
        is_other = one.run_id != first.run_id
        is_near = (one.version_id, one.split) == (first.version_id, first.split)
        if is_other and is_near and len(newest) < MOST_OTHERS:
            newest.setdefault(one.run_id, one)
    if not newest:
        return cards.note("No other run was judged on these images.")
    found = []
    for one in newest.values():
        pair = compare.pair(db, first, one)
        found.append(compare.compare(pair.a, pair.b))
    corrected = compare.adjusted([one.p_value for one in found])
    listed = [
        [
            runs.get(db, one.run_id).name,
            words.percent(told.accuracy_b, 1),
            metrics.points(told.difference),
            metrics.interval(told.low, told.high),
            metrics.p_value(told.p_value).removeprefix("= "),
            metrics.p_value(p).removeprefix("= "),
            "more than chance" if p < 0.05 else "may be chance",
        ]
        for one, told, p in zip(newest.values(), found, corrected, strict=True)
    ]
    listed.sort(key=lambda row: row[1], reverse=True)
    said = cards.note(
        "Of many comparisons some differ by chance alone; the corrected p (Holm) holds "
        "for all of them together."
    )
    return said + cards.sheet("Other runs on these images", OTHERS, listed)
