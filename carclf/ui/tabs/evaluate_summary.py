"""Evaluate, the summary: can its probabilities be believed, and how near are misses?"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import gradio as gr
import pandas as pd

from carclf import words
from carclf.evaluation import confusions, levels, sentences
from carclf.evaluation.calibration import calibration
from carclf.evaluation.interval import wilson
from carclf.hierarchy import Hierarchy
from carclf.records import Judged
from carclf.ui import cards, chart, plots, tables

MISS_COLUMNS = ["How it was missed", "Images", "Of mistakes %"]
NUMBERS = {"Images", "Of mistakes %"}


class Summary(NamedTuple):
    """Components, or what fills them."""

    believed: Any
    reliability: Any
    levels: Any
    misses: Any


def build() -> Summary:
    with gr.Row(elem_classes="split"):
        with gr.Column(scale=5, min_width=340):
            believed = gr.HTML()
            reliability = chart.create(
                "Choose an evaluation to see whether its probabilities hold.", 400
            )
        with gr.Column(scale=4, min_width=300):
            by_level = gr.HTML()
            misses = tables.create(
                "Mistakes, the nearest first",
                MISS_COLUMNS,
                NUMBERS,
                widths=("58%", "18%", "24%"),
            )
    return Summary(believed, reliability, by_level, misses)


def fill(judged: Sequence[Judged], hierarchy: Hierarchy) -> Summary:
    found = calibration(judged)
    pairs = confusions.pairs(judged)
    return Summary(
        cards.note(sentences.believed(found, judged)),
        plots.reliability(found),
        _level_bars(levels.scores(judged, hierarchy)),
        _miss_table(levels.misses(pairs, hierarchy)),
    )


def nothing() -> Summary:
    return Summary("", None, "", pd.DataFrame(columns=MISS_COLUMNS))


def _level_bars(found: Sequence[levels.LevelScore]) -> str:
    """Return a bar for each level that the names of the classes tell."""
    bars = "".join(
        cards.bar(
            _level_words(one, found[-1].images),
            one.right / one.images,
            _share_words(one.right, one.images),
            "first" if one is found[-1] else "",
        )
        for one in found
    )
    section = '<section class="top-five" aria-label="Right on each level">'
    section += f"<h3>How often each was right</h3>{bars}"
    if len(found) == 1:
        section += cards.note(
            "The names of these classes tell neither make nor body nor year. A file "
            "can: see “Make, model, body and year” under Classes."
        )
    return f"{section}</section>"


def _level_words(one: levels.LevelScore, images: int) -> str:
    said = one.level.capitalize()
    if one.images == images:
        return said
    return f"{said}, of the {words.count(one.images, 'image')} whose class tells it"


def _share_words(right: int, images: int) -> str:
    span = words.percent_span(*wilson(right, images))
    return f"{words.percent(right / images, 1)} ({span})"


def _miss_table(found: Sequence[levels.MissCount]) -> pd.DataFrame:
    mistakes = sum(one.images for one in found)
    rows = [
        (_miss_words(one.miss), one.images, round(100 * one.images / mistakes, 1))
        for one in found
    ]
    return pd.DataFrame(rows, columns=MISS_COLUMNS)


def _miss_words(miss: levels.Miss) -> str:
    return f"{miss[0].upper()}{miss[1:]}"


MISS_NAMES: dict[str, levels.Miss] = {_miss_words(one): one for one in levels.MISSES}
