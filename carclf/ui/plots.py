"""Records to charts: which class was called what."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from carclf.ui.chart import Figure, figure
from carclf.ui.lines import BLUE, ORANGE

# Beyond this, class names beside a confusion matrix could not be read.
_NAMED_CLASSES = 30
_NAME_LENGTH = 22


def confusion(matrix: NDArray[np.int64], classes: Sequence[str]) -> Figure:
    """Return a map of which class was called what; a click's index is [row, column].

    Args:
        matrix: Counts of shape (classes, classes): row the label, column the answer.
    """
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    right = np.diag(np.diag(share))
    mistakes = share - right
    # Right answers below zero and blue, mistakes above and orange, each to its own
    # scale: otherwise the diagonal would drown every confusion.
    shade = mistakes / max(mistakes.max(initial=0.0), 1e-9) - right
    of = np.broadcast_to(matrix.sum(axis=1, keepdims=True), matrix.shape)
    names = [escape(name) for name in classes]
    heat = go.Heatmap(
        z=shade.astype(np.float32),
        x=names,
        y=names,
        customdata=np.dstack([matrix, of]),
        zmin=-1,
        zmax=1,
        colorscale=[[0, BLUE], [0.5, "rgba(128, 128, 128, 0.06)"], [1, ORANGE]],
        showscale=False,
        hovertemplate=(
            "<b>%{y}</b><br>called %{x}<br>"
            "%{customdata[0]} of %{customdata[1]}<extra></extra>"
        ),
    )
    said = (
        f"Confusion matrix of {len(classes)} classes: {int(np.trace(matrix))} of "
        f"{int(matrix.sum())} images right."
    )
    return figure(
        [heat],
        said,
        xaxis={"title": "called", **_class_axis(classes)},
        yaxis={"title": "is", "autorange": "reversed", **_class_axis(classes)},
    )


def _class_axis(classes: Sequence[str]) -> dict[str, Any]:
    if len(classes) > _NAMED_CLASSES:
        return {"type": "category", "showticklabels": False, "showgrid": False}
    return {
        "type": "category",
        "showgrid": False,
        "automargin": True,
        "ticks": "",
        "tickvals": [escape(name) for name in classes],
        "ticktext": [escape(_shortened(name)) for name in classes],
        "tickfont": {"size": 11},
    }


def _shortened(name: str) -> str:
    return name if len(name) <= _NAME_LENGTH else f"{name[: _NAME_LENGTH - 1]}…"
