"""Images as points on a map, to be looked at and chosen from."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from carclf.records import Judged
from carclf.ui.chart import Figure, figure
from carclf.ui.lines import BLUE, LEGEND_BELOW, ORANGE, of_run

# Beyond this, colours are not told apart, and a legend would fill the page.
_NAMED_CLASSES = 14
# Beyond this, each point an element of the page would make it slow.
_MANY_POINTS = 2000
_GREY = "rgba(128, 128, 128, 0.35)"


def by_outcome(
    judged: Sequence[Judged], places: NDArray[np.float32], said: Sequence[str]
) -> Figure:
    """Return a map of right answers and, above them, mistakes.

    Args:
        places: Shape (n, 2).
        said: What the pointer is told of each image.
    """
    right = np.array([one.is_correct for one in judged], bool)
    return _figure(
        judged,
        [
            _points(judged, places, said, right, "right", BLUE, "circle", 0.55),
            _points(judged, places, said, ~right, "mistakes", ORANGE, "diamond", 0.9),
        ],
    )


def by_class(
    judged: Sequence[Judged], places: NDArray[np.float32], said: Sequence[str]
) -> Figure:
    """Return a map in which each class has a colour; a few have a legend too."""
    labels = np.array([one.label for one in judged], object)
    classes = sorted(set(labels))
    is_named = len(classes) <= _NAMED_CLASSES
    traces = []
    for number, label in enumerate(classes):
        style = of_run(number)
        colour = style.color if is_named else _hue(number)
        traces.append(
            _points(
                judged, places, said, labels == label, label, colour, style.symbol, 0.75
            )
        )
    return _figure(judged, traces, showlegend=is_named)


def of_class(
    judged: Sequence[Judged],
    places: NDArray[np.float32],
    said: Sequence[str],
    label: str,
) -> Figure:
    """Return a map on which one class stands out, and what was taken for it."""
    own = np.array([one.label == label for one in judged], bool)
    taken = np.array([one.prediction.label == label for one in judged], bool) & ~own
    return _figure(
        judged,
        [
            _points(
                judged, places, said, ~own & ~taken, "others", _GREY, "circle", 0.6
            ),
            _points(judged, places, said, own, label, BLUE, "circle", 0.9),
            _points(judged, places, said, taken, "called so", ORANGE, "diamond", 0.95),
        ],
    )


def _points(
    judged: Sequence[Judged],
    places: NDArray[np.float32],
    said: Sequence[str],
    which: NDArray[np.bool_],
    name: str,
    colour: str,
    symbol: str,
    opacity: float,
) -> Any:
    kept = np.flatnonzero(which).tolist()
    kind = go.Scattergl if len(judged) > _MANY_POINTS else go.Scatter
    return kind(
        x=places[kept, 0].round(4),
        y=places[kept, 1].round(4),
        mode="markers",
        name=escape(name),
        text=[escape(said[place]) for place in kept],
        customdata=[judged[place].image_id for place in kept],
        hovertemplate="%{text}<extra></extra>",
        marker={
            "color": colour,
            "symbol": symbol,
            "opacity": opacity,
            "size": 5 if len(judged) > _MANY_POINTS else 8,
        },
    )


def _figure(
    judged: Sequence[Judged], traces: Sequence[Any], showlegend: bool = True
) -> Figure:
    mistakes = sum(not one.is_correct for one in judged)
    # Without numbers: what is near is all that a place says.
    axis = {"showticklabels": False, "showgrid": False, "ticks": ""}
    return figure(
        traces,
        f"Map of {len(judged)} images, {mistakes} of them mistakes",
        dragmode="lasso",
        hovermode="closest",
        showlegend=showlegend,
        legend={**LEGEND_BELOW, "y": -0.02},
        xaxis=axis,
        yaxis={**axis, "scaleanchor": "x"},
        margin={"l": 8, "r": 8, "t": 32, "b": 8},
    )


def _hue(number: int) -> str:
    # By the golden angle, neighbours in the alphabet are far apart in colour.
    return f"hsl({number * 137.5 % 360:.0f}, 65%, {45 + 12 * (number % 2)}%)"
