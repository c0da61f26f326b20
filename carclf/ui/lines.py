"""The lines on a chart: their colours, their values, their running means."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go

# Told apart with any colour vision, and on ivory as on graphite.
# Source: Okabe & Ito, “Color Universal Design” (2008), lightened or darkened to
# a contrast of at least 3 with both backgrounds.
BLUE, ORANGE = "#2f7ed8", "#d9730d"
_RUN_COLOURS = (BLUE, ORANGE, "#14956f", "#c2569f", "#8c7a00", "#5f8f9e", "#b5483a")
_DASHES = ("solid", "dash", "dot", "dashdot")
_MARKERS = ("circle", "square", "diamond", "triangle-up", "cross")

LEGEND_ABOVE = {"orientation": "h", "x": 1, "xanchor": "right"} | {
    "y": 1.02,
    "yanchor": "bottom",
}
# Many names, or long ones, would run into the title.
LEGEND_BELOW = {"orientation": "h", "x": 0, "xanchor": "left"} | {
    "y": -0.12,
    "yanchor": "top",
}
# Beyond this, a mark at each point would hide the line.
_MARKED_POINTS = 25
_BEHIND = 0.28


@dataclass(frozen=True)
class Style:
    """How a line is drawn.

    Attributes:
        opacity: 0-1.
        is_told: Whether the pointer is told its values.
    """

    color: str
    dash: str = "solid"
    symbol: str = "circle"
    width: float = 2.0
    opacity: float = 1.0
    is_told: bool = True


TRAIN = Style(BLUE, "dot", "circle-open")
VALIDATION = Style(ORANGE)
STEPS = Style(BLUE, width=1.0, opacity=0.45, is_told=False)


def of_run(place: int) -> Style:
    """Return how one of several runs is drawn."""
    return Style(
        _RUN_COLOURS[place % len(_RUN_COLOURS)],
        _DASHES[place % len(_DASHES)],
        _MARKERS[place % len(_MARKERS)],
    )


def curve(
    x: Sequence[float],
    y: Sequence[float],
    name: str,
    style: Style,
    *,
    smoothing: float = 0.0,
    is_share: bool = False,
) -> list[go.Scatter]:
    """Return a line; its running mean with the line behind, if it is to be smooth."""
    drawn = _line(x, smoothed(y, smoothing), name, style, is_share)
    if not smoothing:
        return [drawn]
    behind = _line(x, y, name, style, is_share)
    behind.update(opacity=_BEHIND * style.opacity, mode="lines", showlegend=False)
    behind.update(hoverinfo="skip", hovertemplate=None)
    return [behind, drawn]


def ring(x: float, y: float, name: str, style: Style) -> go.Scatter:
    """Return what marks one point of a curve."""
    return go.Scatter(
        x=[x],
        y=[y],
        name=escape(name),
        mode="markers",
        showlegend=False,
        hoverinfo="skip",
        marker={
            "symbol": "circle-open",
            "size": 13,
            "color": style.color,
            "line": {"width": 2.5},
        },
    )


def smoothed(values: Sequence[float], weight: float) -> list[float]:
    """Return running means in which the past has this weight, 0-1.

    Each is over what there was until then, not over zeros before it too.
    Source: Kingma & Ba, “Adam” (2014), section 3
    """
    found, mean, share = [], 0.0, 1.0
    for value in values:
        mean = weight * mean + (1 - weight) * value
        share *= weight
        found.append(mean / (1 - share))
    return found


def title(text: str) -> dict[str, Any]:
    return {"text": text, "x": 0, "xref": "paper", "y": 0.97, "font": {"size": 14}}


def _line(
    x: Sequence[float], y: Sequence[float], name: str, style: Style, is_share: bool
) -> go.Scatter:
    told = {"hovertemplate": "%{y:.2%}" if is_share else "%{y:.4~g}"}
    return go.Scatter(
        x=list(x),
        # Finer than any screen, and a third of the bytes.
        y=[float(f"{value:.5g}") for value in y],
        name=escape(name),
        opacity=style.opacity,
        mode="lines+markers" if len(x) <= _MARKED_POINTS else "lines",
        line={"color": style.color, "dash": style.dash, "width": style.width},
        marker={"symbol": style.symbol, "size": 2 + 1.5 * style.width},
        **(told if style.is_told else {"hoverinfo": "skip"}),
    )
