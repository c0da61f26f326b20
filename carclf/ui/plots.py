"""Records to charts: curves by epoch, curves of several runs, confusions."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from carclf.records import EpochEnded, Run
from carclf.ui import metrics
from carclf.ui.chart import Figure, figure

# Told apart with any colour vision, and on ivory as on graphite.
# Source: Okabe & Ito, “Color Universal Design” (2008), lightened or darkened to
# a contrast of at least 3 with both backgrounds.
BLUE, ORANGE = "#2f7ed8", "#d9730d"
_RUN_COLOURS = (BLUE, ORANGE, "#14956f", "#c2569f", "#8c7a00", "#5f8f9e", "#b5483a")
_DASHES = ("solid", "dash", "dot", "dashdot")
_MARKERS = ("circle", "square", "diamond", "triangle-up", "cross")

_LEGEND_ABOVE = {"x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"}
# Many names, or long ones, would run into the title.
_LEGEND_BELOW = {"x": 0, "xanchor": "left", "y": -0.16, "yanchor": "top"}
# Beyond this, class names beside a confusion matrix could not be read.
_NAMED_CLASSES = 30
_NAME_LENGTH = 22


def loss(
    run: Run, history: Sequence[EpochEnded], best: int | None, is_log: bool
) -> Figure:
    """Return training and validation loss by epoch, the kept epoch marked."""
    axis = {"type": "log"} if is_log else {"rangemode": "tozero"}
    return _pair(run, history, "loss", best, axis)


def accuracy(run: Run, history: Sequence[EpochEnded], best: int | None) -> Figure:
    """Return training and validation accuracy by epoch, the kept epoch marked."""
    return _pair(run, history, "accuracy", best, {"tickformat": ".0%"})


def overlay(runs: Sequence[tuple[Run, Sequence[EpochEnded]]], metric: str) -> Figure:
    """Return one curve a run, its best epoch marked, for any number of runs."""
    traces, said = [], []
    for place, (run, history) in enumerate(runs):
        style = _run_style(place)
        traces.append(_curve(history, metric, run.name, style))
        best = metrics.best_epoch(history, metric)
        traces += _mark(history, metric, best, run.name, style)
        said.append(f"{run.name} {_last(history, metric)}")
    title = metrics.NAMES[metric]
    return _by_epoch(
        traces,
        f"{title} by epoch: {', '.join(said)}.",
        title=title,
        zoomed=metric,
        axis={"tickformat": ".0%"} if metrics.is_share(metric) else {},
        legend=_LEGEND_BELOW,
        epochs=max((len(history) for _, history in runs), default=0),
    )


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


def _pair(
    run: Run,
    history: Sequence[EpochEnded],
    metric: str,
    best: int | None,
    axis: dict[str, Any],
) -> Figure:
    train = {"color": BLUE, "dash": "dot", "symbol": "circle-open"}
    validation = {"color": ORANGE, "dash": "solid", "symbol": "circle"}
    traces = [
        _curve(history, metric, "train", train),
        _curve(history, f"val_{metric}", "validation", validation),
        *_mark(history, f"val_{metric}", best, "best", validation),
    ]
    said = (
        f"{metric.capitalize()} by epoch: train {_last(history, metric)}, "
        f"validation {_last(history, f'val_{metric}')}."
    )
    return _by_epoch(
        traces,
        said,
        title=metric.capitalize(),
        # A zoom on one run, or one scale, means something else on another.
        zoomed=f"{run.id} {axis}",
        axis=axis,
        legend=_LEGEND_ABOVE,
        epochs=len(history),
    )


def _by_epoch(
    traces: Sequence[go.Scatter],
    said: str,
    *,
    title: str,
    zoomed: str,
    axis: dict[str, Any],
    legend: dict[str, Any],
    epochs: int,
) -> Figure:
    """Return a chart over epochs.

    Args:
        zoomed: A zoom lasts while this stays the same, whatever the numbers do.
        epochs: How many there are to mark along the axis.
    """
    return figure(
        traces,
        said,
        uirevision=zoomed,
        title={"text": title, "x": 0, "xref": "paper", "y": 0.97, "font": {"size": 14}},
        hovermode="x unified",
        legend={"orientation": "h", **legend},
        xaxis={
            "title": {"text": "epoch", "standoff": 6},
            "tickformat": "d",
            "dtick": 1 if epochs <= 10 else None,
            "nticks": 8,
            "hoverformat": "d",
            "unifiedhovertitle": {"text": "epoch %{x}"},
        },
        yaxis={"automargin": True, "nticks": 6, **axis},
    )


def _curve(
    history: Sequence[EpochEnded], metric: str, name: str, style: dict[str, str]
) -> go.Scatter:
    known = [epoch for epoch in history if metric in epoch.metrics]
    return go.Scatter(
        x=[epoch.epoch for epoch in known],
        y=[epoch.metrics[metric] for epoch in known],
        name=escape(name),
        mode="lines+markers" if len(known) <= 25 else "lines",
        line={"color": style["color"], "dash": style["dash"], "width": 2},
        marker={"symbol": style["symbol"], "size": 5},
        hovertemplate="%{y:.2%}" if metrics.is_share(metric) else "%{y:.4~g}",
    )


def _mark(
    history: Sequence[EpochEnded],
    metric: str,
    epoch: int | None,
    name: str,
    style: dict[str, str],
) -> list[go.Scatter]:
    """Return a ring around one epoch of a curve; nothing when it is not there."""
    at = next((e for e in history if e.epoch == epoch and metric in e.metrics), None)
    if at is None:
        return []
    return [
        go.Scatter(
            x=[at.epoch],
            y=[at.metrics[metric]],
            name=escape(f"{name}, best"),
            mode="markers",
            showlegend=False,
            hoverinfo="skip",
            marker={
                "symbol": "circle-open",
                "size": 13,
                "color": style["color"],
                "line": {"width": 2.5},
            },
        )
    ]


def _run_style(place: int) -> dict[str, str]:
    return {
        "color": _RUN_COLOURS[place % len(_RUN_COLOURS)],
        "dash": _DASHES[place % len(_DASHES)],
        "symbol": _MARKERS[place % len(_MARKERS)],
    }


def _last(history: Sequence[EpochEnded], metric: str) -> str:
    value = metrics.last(history, metric)
    return "not known yet" if value is None else metrics.text(metric, value)


def _shortened(name: str) -> str:
    return name if len(name) <= _NAME_LENGTH else f"{name[: _NAME_LENGTH - 1]}…"
