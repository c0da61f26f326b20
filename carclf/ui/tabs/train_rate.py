"""The learning rate: how it will go, and a search for a good one."""

from typing import Any

import plotly.graph_objects as go

from carclf import schedule, words
from carclf.config import TrainConfig
from carclf.records import Job
from carclf.ui import cards
from carclf.ui.chart import Figure, figure
from carclf.ui.lines import BLUE, ORANGE

# Points along a curve; no screen shows more.
POINTS = 400
_SLIM = {"l": 56, "r": 12, "t": 28, "b": 42}


def planned(wanted: TrainConfig, training_images: int) -> Figure:
    """Return the learning rate over the epochs of a training."""
    steps = -(-max(1, training_images) // wanted.data.batch_size)
    # The shape is the same with fewer steps, and a chart needs no more.
    steps = max(1, min(steps, 20_000 // wanted.fit.epochs))
    rates = schedule.learning_rates(wanted, steps)
    every = max(1, len(rates) // POINTS)
    places = [*range(0, len(rates), every), len(rates) - 1]
    said = (
        f"Learning rate over {words.count(wanted.fit.epochs, 'epoch')}: begins at "
        f"{rates[0]:.3g}, at most {rates.max():.3g}, ends at {rates[-1]:.3g}."
    )
    trace = go.Scatter(
        x=[place / steps for place in places],
        y=[float(rates[place]) for place in places],
        mode="lines",
        line={"color": BLUE, "width": 2},
        hovertemplate="%{y:.3~g}<extra></extra>",
    )
    return figure(
        [trace],
        said,
        title=_title("Learning rate, as planned"),
        margin=_SLIM,
        showlegend=False,
        xaxis={"title": {"text": "epoch", "standoff": 4}, "nticks": 7},
        yaxis={"rangemode": "tozero", "nticks": 4, "tickformat": ".2~g"},
    )


def searched(job: Job | None) -> Figure | None:
    """Return the loss over learning rates that a search has gone through."""
    if job is None or not job.result:
        return None
    found = job.result
    rates, losses = found["rates"], found["smoothed"]
    traces = [
        go.Scatter(
            x=rates,
            y=losses,
            mode="lines",
            name="loss",
            line={"color": BLUE, "width": 2},
            hovertemplate="%{x:.2g}: %{y:.3f}<extra></extra>",
        )
    ]
    said = [f"Loss of {words.count(len(rates), 'step')} at rising learning rates"]
    sides = ("top center", "bottom center")
    for (rate, name), side in zip(suggestions(job), sides, strict=False):
        at = min(range(len(rates)), key=lambda place: abs(rates[place] - rate))
        traces.append(
            go.Scatter(
                x=[rates[at]],
                y=[losses[at]],
                mode="markers+text",
                text=[f"{rate:.2g}"],
                textposition=side,
                name=name,
                hoverinfo="skip",
                marker={"size": 11, "color": ORANGE, "symbol": "circle-open"},
            )
        )
        said.append(f"{name} at {rate:.2g}")
    return figure(
        traces,
        f"{', '.join(said)}.",
        title=_title("Loss by learning rate"),
        margin=_SLIM,
        showlegend=False,
        xaxis={
            "type": "log",
            "title": {"text": "learning rate", "standoff": 4},
            "exponentformat": "power",
            "dtick": 1,
        },
        yaxis={"nticks": 5},
    )


def suggestions(job: Job | None) -> list[tuple[float, str]]:
    """Return the rates that a search proposes, the first to be preferred."""
    if job is None or not job.result:
        return []
    found = [
        (job.result["steepest"], "the loss falls fastest"),
        (job.result["tenth"], "a tenth of where it rises"),
    ]
    return [(rate, name) for rate, name in found if rate is not None]


def outcome(job: Job | None) -> str:
    """Return how a search goes, or what it found, in words."""
    if job is None or job.status != "done":
        return cards.job(job)
    found = suggestions(job)
    if not found:
        return cards.note(
            "The loss never fell, whatever the rate: look at the data and the weights "
            "before another search.",
            "warn",
        )
    said = "; ".join(f"{name} at {rate:.2g}" for rate, name in found)
    return cards.note(f"{job.title}: {said}.", "good")


def _title(text: str) -> dict[str, Any]:
    return {"text": text, "x": 0, "xref": "paper", "y": 0.97, "font": {"size": 13}}
