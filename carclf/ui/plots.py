"""Records to charts: which class was called what, and whether odds can be believed."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.basedatatypes import BaseTraceType

from carclf import words
from carclf.evaluation.calibration import Bin, Calibration
from carclf.ui.chart import Figure, figure
from carclf.ui.lines import BLUE, LEGEND_ABOVE, ORANGE

_NAME_LENGTH = 28
_MANY_CLASSES = 30


def confusion(
    matrix: NDArray[np.int64],
    classes: Sequence[str],
    *,
    as_share: bool = True,
    only_mistakes: bool = False,
) -> Figure:
    """Return a map of which class was called what; a click's index is [row, column].

    Args:
        matrix: Counts of shape (classes, classes): row the label, column the answer.
        as_share: Shade by the share of the class, so that small classes show as well
            as large ones; otherwise by images.
    """
    of = matrix.sum(axis=1, keepdims=True)
    amount = matrix / np.maximum(of, 1) if as_share else matrix.astype(np.float64)
    axis = _class_axis(classes)
    heat = go.Heatmap(
        z=_shade(amount, only_mistakes),
        x=axis["categoryarray"],
        y=axis["categoryarray"],
        zmin=-1,
        zmax=1,
        colorscale=[[0, BLUE], [0.5, "rgba(128, 128, 128, 0.1)"], [1, ORANGE]],
        showscale=False,
        hoverinfo="text",
        # Most cells are empty, and say nothing.
        hoverongaps=False,
    )
    said = (
        f"Confusion matrix of {len(classes)} classes: {int(np.trace(matrix))} of "
        f"{int(matrix.sum())} images right."
    )
    drawn = figure(
        [heat],
        said,
        xaxis={"title": {"text": "called", "standoff": 8}, **axis},
        yaxis={"title": {"text": "is", "standoff": 8}, "autorange": "reversed", **axis},
        margin={"l": 48, "r": 12, "t": 8, "b": 40},
        # Another order is another map, and begins unzoomed.
        uirevision="\n".join(classes),
    )
    # Plotly takes half a second to look through as many words as 196 classes have.
    drawn["data"][0]["text"] = _told(matrix, classes)
    return drawn


def _shade(amount: NDArray[np.float64], only_mistakes: bool) -> NDArray[np.float32]:
    """Return right answers as -1 to 0, mistakes as 0 to 1, and NaN for empty cells.

    Each to its own scale: otherwise the diagonal would drown every confusion.
    """
    right = np.diag(np.diag(amount))
    mistakes = amount - right
    # The root lifts the rare ones into sight.
    shade = np.sqrt(mistakes / max(mistakes.max(initial=0.0), 1e-9))
    if not only_mistakes:
        shade -= right / max(right.max(initial=0.0), 1e-9)
    return np.where(shade == 0, np.nan, shade).astype(np.float32)


def _told(matrix: NDArray[np.int64], classes: Sequence[str]) -> list[list[str | None]]:
    """Return the words of each cell that is not empty, and None for the others."""
    told: list[list[str | None]] = [[None] * len(classes) for _ in classes]
    names = [f"<b>{escape(name)}</b>" for name in classes]
    of = [words.count(count, "image") for count in matrix.sum(axis=1).tolist()]
    for row, column in np.argwhere(matrix).tolist():
        called = "right" if row == column else f"called {names[column]}"
        count = matrix[row, column]
        told[row][column] = f"{names[row]}<br>{called}<br>{count} of {of[row]}"
    return told


def _class_axis(classes: Sequence[str]) -> dict[str, Any]:
    """Return an axis that names as many classes as there is room for; more on zoom."""
    many = len(classes) > _MANY_CLASSES
    return {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": _short_names(classes),
        "showgrid": False,
        "automargin": True,
        "ticks": "",
        "tickfont": {"size": 10 if many else 11},
        **({} if many else {"dtick": 1}),
    }


def _short_names(classes: Sequence[str]) -> list[str]:
    """Return names to stand beside a row, each another one, the year at their end."""
    short: list[str] = []
    for name in classes:
        half = _NAME_LENGTH // 2
        fits = len(name) <= _NAME_LENGTH
        found = escape(name if fits else f"{name[: half - 1]}…{name[-half:]}")
        while found in short:
            # Unseen; plotly would draw two classes of one name as one.
            found += "\u200b"
        short.append(found)
    return short


def reliability(found: Calibration) -> Figure:
    """Return how often answers of each probability were right, over their number."""
    images = sum(one.images for one in found.bins)
    said = (
        f"Reliability over {words.count(images, 'image')}: expected calibration error "
        f"{words.percent(found.error, 1)}."
    )
    shown = {"tickformat": ".0%", "range": [0, 1.02]}
    return figure(
        [*_reliability_bars(found.bins), _even_line(), _image_bars(found.bins)],
        said,
        legend=LEGEND_ABOVE,
        margin={"l": 52, "r": 12, "t": 64, "b": 40},
        xaxis={"title": "probability of the answer", "anchor": "y2", **shown},
        yaxis={"title": "right", "domain": [0.32, 1], **shown},
        yaxis2={"title": "images", "domain": [0, 0.22], "rangemode": "tozero"},
    )


def _reliability_bars(bins: Sequence[Bin]) -> list[BaseTraceType]:
    """Return a bar for how often each bin was right, and a mark for what was said."""
    place = {
        "x": [(one.low + one.high) / 2 for one in bins],
        "hovertext": [_bin_words(one) for one in bins],
        "hoverinfo": "text",
    }
    return [
        go.Bar(
            **place,
            y=[one.accuracy for one in bins],
            width=[(one.high - one.low) * 0.94 for one in bins],
            name="right",
            marker={"color": BLUE, "opacity": 0.75},
        ),
        go.Scatter(
            **place,
            y=[one.confidence for one in bins],
            mode="markers",
            name="said, on average",
            marker={
                "symbol": "line-ew",
                "size": 20,
                "line": {"color": ORANGE, "width": 4},
            },
        ),
    ]


def _even_line() -> go.Scatter:
    return go.Scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name="as often as said",
        line={"color": "rgba(128, 128, 128, 0.9)", "dash": "dot", "width": 1.5},
        hoverinfo="skip",
    )


def _image_bars(bins: Sequence[Bin]) -> go.Bar:
    return go.Bar(
        x=[(one.low + one.high) / 2 for one in bins],
        width=[(one.high - one.low) * 0.94 for one in bins],
        y=[one.images for one in bins],
        yaxis="y2",
        marker={"color": "rgba(128, 128, 128, 0.6)"},
        showlegend=False,
        hovertext=[words.count(one.images, "image") for one in bins],
        hoverinfo="text",
    )


def _bin_words(one: Bin) -> str:
    more = "more" if one.gap > 0 else "less"
    return (
        f"said {words.percent(one.low)} to {words.percent(one.high)}, "
        f"on average {words.percent(one.confidence, 1)}<br>"
        f"right {words.percent(one.accuracy, 1)} of {words.count(one.images, 'image')}"
        f"<br>{abs(one.gap) * 100:.1f} points {more} said than held"
    )
