"""Evaluate, the confusions: a map of all classes, and pairs from the most frequent."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import gradio as gr
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from carclf import hierarchy
from carclf.evaluation import confusions, levels
from carclf.evaluation.confusions import Pair
from carclf.hierarchy import Hierarchy
from carclf.settings import Settings
from carclf.ui import chart, downloads, evaluated, plots, tables
from carclf.ui.errors import shown_to_user
from carclf.ui.evaluated import Evaluated
from carclf.ui.navigation import wire
from carclf.ui.tabs.evaluate_summary import MISS_NAMES

PAIR_COLUMNS = ["Is", "Called", "Images", "Of", "Share %"]
NUMBERS = {"Images", "Of", "Share %"}
BY_MAKE, BY_LIKENESS, AS_LEARNT = ORDERS = (
    "Makes and bodies together",
    "Often confused together",
    "As the network has them",
)
SHARES, IMAGES = SHADES = ("share of the class", "images")
ANY_MISS = "Any mistake"


class Map(NamedTuple):
    """How the map is drawn, and the map."""

    order: Any
    shade: Any
    only_mistakes: Any
    chart: Any


class Pairs(NamedTuple):
    """Which pairs are listed, their table, and the same as a file."""

    miss: Any
    table: Any
    download: Any


def build(settings: Settings, evaluation: gr.Dropdown) -> tuple[Map, Pairs]:
    with gr.Row(elem_classes="split"):
        with gr.Column(scale=5, min_width=340):
            drawn = _build_map()
        with gr.Column(scale=3, min_width=300):
            pairs = _build_pairs()
    wire(
        [one.input for one in drawn[:-1]],
        partial(redraw, settings),
        [evaluation, *drawn[:-1]],
        drawn.chart,
    )
    wire(
        pairs.miss.input,
        partial(list_pairs, settings),
        [evaluation, pairs.miss],
        [pairs.table, pairs.download],
    )
    return drawn, pairs


def _build_map() -> Map:
    with gr.Row(equal_height=True):
        order = gr.Dropdown(
            list(ORDERS),
            value=BY_MAKE,
            label="Order of the classes",
            scale=3,
            min_width=210,
        )
        shade = gr.Radio(
            list(SHADES), value=SHARES, label="Shade by", scale=3, min_width=270
        )
        only_mistakes = gr.Checkbox(
            label="Mistakes alone", value=False, scale=2, min_width=160
        )
    gr.HTML(
        '<p class="where">Down: what it is. Across: what it was called. Blue is right, '
        "orange a mistake. Drag to zoom in, double-click to zoom out; a click on a "
        "square opens its pictures.</p>"
    )
    drawn = chart.create("Choose an evaluation to see its confusions.", 620)
    return Map(order, shade, only_mistakes, drawn)


def _build_pairs() -> Pairs:
    miss = gr.Dropdown(
        [ANY_MISS, *MISS_NAMES], value=ANY_MISS, label="How it was missed"
    )
    table = tables.create(
        "Most frequent confusions",
        PAIR_COLUMNS,
        NUMBERS,
        max_height=600,
        widths=("31%", "31%", "14%", "10%", "14%"),
    )
    download = gr.DownloadButton("Download pairs as CSV", size="sm")
    return Pairs(miss, table, download)


def fill(settings: Settings, found: Evaluated, known: Hierarchy) -> tuple[Map, Pairs]:
    """Return what is shown of an evaluation at first: all of its confusions."""
    drawn = _drawn(found, known, BY_MAKE, SHARES, False)
    listed = _listed(settings, found, known, ANY_MISS)
    return Map(BY_MAKE, SHARES, False, drawn), Pairs(ANY_MISS, *listed)


def nothing() -> tuple[Map, Pairs]:
    table = pd.DataFrame(columns=PAIR_COLUMNS)
    return Map(BY_MAKE, SHARES, False, None), Pairs(ANY_MISS, table, None)


@shown_to_user
def redraw(
    settings: Settings,
    evaluation_id: int | None,
    order: str,
    shade: str,
    only_mistakes: bool,
) -> Any:
    """Return the map in another order or shade."""
    if evaluation_id is None:
        return None
    found = evaluated.load(settings, evaluation_id)
    return _drawn(found, hierarchy.load(settings), order, shade, only_mistakes)


@shown_to_user
def list_pairs(
    settings: Settings, evaluation_id: int | None, miss: str
) -> tuple[Any, Any]:
    """Return the pairs that were missed in one way, and the same as a file."""
    if evaluation_id is None:
        return nothing()[1][1:]
    found = evaluated.load(settings, evaluation_id)
    return _listed(settings, found, hierarchy.load(settings), miss)


def cell(
    settings: Settings, evaluation_id: int, order: str, place: Sequence[int]
) -> tuple[str, str]:
    """Return the label and the answer that a square of the map stands for."""
    found = evaluated.load(settings, evaluation_id)
    _, names = _arranged(found, hierarchy.load(settings), order)
    return names[place[0]], names[place[1]]


def _drawn(
    found: Evaluated, known: Hierarchy, order: str, shade: str, only_mistakes: bool
) -> Any:
    matrix, names = _arranged(found, known, order)
    return plots.confusion(
        matrix, names, as_share=shade == SHARES, only_mistakes=only_mistakes
    )


def _arranged(
    found: Evaluated, known: Hierarchy, order: str
) -> tuple[NDArray[np.int64], list[str]]:
    """Return the matrix and its classes in the order that was chosen."""
    names = confusions.named(found.judged, found.evaluation.classes)
    matrix = confusions.matrix(found.judged, names)
    places = list(range(len(names)))
    if order == BY_MAKE:
        places = confusions.by_make(names, known)
    elif order == BY_LIKENESS:
        places = confusions.by_likeness(matrix)
    return matrix[np.ix_(places, places)], [names[place] for place in places]


def _listed(
    settings: Settings, found: Evaluated, known: Hierarchy, miss: str
) -> tuple[pd.DataFrame, Any]:
    pairs = confusions.pairs(found.judged)
    if miss != ANY_MISS:
        wanted = MISS_NAMES[miss]
        pairs = [pair for pair in pairs if levels.miss(pair, known) == wanted]
    path = downloads.csv_file(
        settings,
        "confusions.csv",
        ("is", "called", "images", "of"),
        [(pair.label, pair.predicted, pair.count, pair.of) for pair in pairs],
    )
    return _table(pairs), path


def _table(pairs: Sequence[Pair]) -> pd.DataFrame:
    rows = [
        (
            pair.label,
            pair.predicted,
            pair.count,
            pair.of,
            round(100 * pair.count / pair.of, 1),
        )
        for pair in pairs
    ]
    return pd.DataFrame(rows, columns=PAIR_COLUMNS)
