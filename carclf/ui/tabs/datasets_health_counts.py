"""Datasets, health: how many images classes and splits have, and how large they are."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import gradio as gr
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from carclf import words
from carclf.records import SPLITS, Split
from carclf.settings import Settings
from carclf.store import connect, versions
from carclf.ui import cards, chart, tables
from carclf.ui.chart import Figure, figure
from carclf.ui.errors import shown_to_user
from carclf.ui.lines import BLUE, LEGEND_ABOVE, ORANGE
from carclf.ui.navigation import wire

COLUMNS = ("Class", "Images", *(split.capitalize() for split in SPLITS))
_COLOURS = dict(zip(SPLITS, (BLUE, "#14956f", ORANGE), strict=True))
_BINS = 40
# Beyond this, the names of classes under their bars would cover each other.
_NAMED_CLASSES = 40


class Counts(NamedTuple):
    """Components in the layout, their values in a handler."""

    facts: Any
    classes: Any
    table: Any
    sizes: Any
    ratios: Any


def build(settings: Settings, tab: gr.Tab, version: gr.Dropdown) -> None:
    facts = gr.HTML()
    with gr.Row(elem_classes="split"):
        with gr.Column(scale=5, min_width=340):
            gr.HTML("<h3>Images of each class, largest first</h3>")
            classes = chart.create("No version is chosen.", 300)
            gr.HTML("<h3>Sizes: how many images are so wide and so high</h3>")
            sizes = chart.create("No version is chosen.", 320)
            gr.HTML("<h3>Aspect ratios: width divided by height</h3>")
            ratios = chart.create("No version is chosen.", 220)
        with gr.Column(scale=4, min_width=320):
            table = tables.create(
                "Images by class and split",
                COLUMNS,
                set(COLUMNS[1:]),
                max_height=900,
                widths=("190px", "80px", "75px", "105px", "70px"),
            )
    shown = Counts(facts, classes, table, sizes, ratios)
    wire([tab.select, version.change], partial(fill, settings), version, shown)


@shown_to_user
def fill(settings: Settings, version_id: int | None) -> Counts:
    """Return counts and sizes of a version."""
    empty = pd.DataFrame(columns=list(COLUMNS))
    if version_id is None:
        return Counts("", None, empty, None, None)
    with connect(settings.db_path) as db:
        table = by_class(versions.counts(db, version_id))
        sizes = np.array(versions.sizes(db, version_id), np.int64).reshape(-1, 2)
    return Counts(
        _facts(table, sizes), _bars(table), table, _squares(sizes), _ratios(sizes)
    )


def by_class(counts: Sequence[tuple[str, Split, int]]) -> pd.DataFrame:
    """Return a row a class: all of its images, and those of each split."""
    rows: dict[str, dict[str, int]] = {}
    for label, split, number in counts:
        rows.setdefault(label, dict.fromkeys(SPLITS, 0))[split] = number
    return pd.DataFrame(
        [(label, sum(row.values()), *row.values()) for label, row in rows.items()],
        columns=list(COLUMNS),
    ).sort_values("Images", ascending=False, kind="stable")


def _facts(table: pd.DataFrame, sizes: NDArray[np.int64]) -> str:
    numbers = table["Images"]
    shorter = sizes.min(axis=1)
    ratio = sizes[:, 0] / sizes[:, 1]
    return cards.facts(
        [
            (f"{len(table):,}", "classes"),
            (f"{numbers.min():,}–{numbers.max():,}", "images a class"),
            (f"{numbers.median():g}", "in the middle"),
            (f"{shorter.min():,}–{shorter.max():,}", "pixels, shorter side"),
            (f"{np.median(shorter):g}", "in the middle"),
            (f"{ratio.min():.2f}–{ratio.max():.2f}", "width by height"),
        ]
    )


def _bars(table: pd.DataFrame) -> Figure:
    names = table["Class"].tolist()
    bars = [
        go.Bar(
            x=names,
            y=table[split.capitalize()].tolist(),
            name=split,
            marker={"color": colour},
            hovertemplate="%{x}: %{y} " + split + "<extra></extra>",
        )
        for split, colour in _COLOURS.items()
    ]
    return figure(
        bars,
        f"Images of {words.count(len(names), 'class', 'classes')} by split: from "
        f"{table['Images'].max()} to {table['Images'].min()}.",
        barmode="stack",
        bargap=0.1 if len(names) <= _NAMED_CLASSES else 0,
        legend=LEGEND_ABOVE,
        xaxis={
            "showticklabels": len(names) <= _NAMED_CLASSES,
            "automargin": True,
            "showgrid": False,
        },
        yaxis={"title": {"text": "images"}},
    )


def _squares(sizes: NDArray[np.int64]) -> Figure:
    """Return how many images are so wide and so high; as fast for any number."""
    width, height = sizes[:, 0], sizes[:, 1]
    edges = [_edges(one) for one in (width, height)]
    counts, *_ = np.histogram2d(width, height, bins=edges)
    heat = go.Heatmap(
        # The root lifts rare sizes into sight.
        z=np.where(counts.T > 0, np.sqrt(counts.T), np.nan),
        x=edges[0],
        y=edges[1],
        text=counts.T.astype(np.int64),
        colorscale=[[0, "rgba(47, 126, 216, 0.25)"], [1, BLUE]],
        showscale=False,
        hoverongaps=False,
        hovertemplate="%{x:.0f} × %{y:.0f} pixels: %{text} images<extra></extra>",
    )
    return figure(
        [heat],
        f"Widths from {width.min()} to {width.max()} pixels, heights from "
        f"{height.min()} to {height.max()}.",
        xaxis={"title": {"text": "width, pixels"}},
        yaxis={"title": {"text": "height, pixels"}},
    )


def _ratios(sizes: NDArray[np.int64]) -> Figure:
    ratio = sizes[:, 0] / sizes[:, 1]
    counts, edges = np.histogram(ratio, bins=_BINS)
    bars = go.Bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        marker={"color": BLUE},
        hovertemplate="%{x:.2f}: %{y} images<extra></extra>",
    )
    return figure(
        [bars],
        f"Widths divided by heights, from {ratio.min():.2f} to {ratio.max():.2f}, "
        f"{np.median(ratio):.2f} in the middle.",
        bargap=0.05,
        xaxis={"title": {"text": "width ÷ height"}},
        yaxis={"title": {"text": "images"}},
    )


def _edges(values: NDArray[np.int64]) -> NDArray[np.float64]:
    low, high = int(values.min()), int(values.max())
    return np.linspace(low - 0.5, high + 0.5, min(_BINS, high - low + 1) + 1)
