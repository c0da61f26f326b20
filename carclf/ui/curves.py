"""The curves of trainings: one run in detail, or several over one another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import plotly.graph_objects as go

from carclf import metrics, recorded, words
from carclf.records import EpochEnded
from carclf.ui import lines
from carclf.ui.chart import Figure, figure
from carclf.ui.courses import Along, Course
from carclf.ui.lines import Style

Value = Callable[[EpochEnded], float | None]

_HOUR_S, _MINUTE_S = 3600, 60
_MARGIN = {"l": 48, "r": 12, "t": 32, "b": 40}


@dataclass(frozen=True)
class Look:
    """How curves are drawn.

    Attributes:
        smoothing: Weight of the past in each point, 0-1; 0 draws what was measured.
        is_log: Draw by order of magnitude whatever is no share.
    """

    along: Along = "epoch"
    smoothing: float = 0.0
    is_log: bool = False


@dataclass(frozen=True)
class Measure:
    """Something to draw.

    Attributes:
        title: What it is called for one run, `compared` for several.
        lines: What it is made of: (name, value at an epoch, style). Of several runs,
            only the last is drawn.
        step: Which field of a step shows it within the epochs, if any.
    """

    name: str
    title: str
    compared: str
    lines: tuple[tuple[str, Value, Style], ...]
    is_share: bool = False
    step: str | None = None


def _metric(name: str) -> Value:
    return lambda epoch: epoch.metrics.get(name)


def gap(epoch: EpochEnded) -> float | None:
    """Return by how much train accuracy exceeds validation accuracy, 0-1."""
    train, validation = map(epoch.metrics.get, ("accuracy", "val_accuracy"))
    return None if train is None or validation is None else train - validation


def _two(metric: str, title: str, **facts: Any) -> Measure:
    both = (
        ("train", _metric(metric), lines.TRAIN),
        ("validation", _metric(f"val_{metric}"), lines.VALIDATION),
    )
    return Measure(metric, title, f"Validation {metric}", both, **facts)


def _one(name: str, title: str, value: Value, **facts: Any) -> Measure:
    return Measure(name, title, title, ((title, value, lines.VALIDATION),), **facts)


MEASURES = {
    measure.name: measure
    for measure in (
        _two("loss", "Loss", step="loss"),
        _two("accuracy", "Accuracy", is_share=True),
        _one(
            "learning_rate",
            "Learning rate",
            _metric("learning_rate"),
            step="learning_rate",
        ),
        _one("gap", "Train accuracy above validation", gap, is_share=True),
        _one("speed", "Images per second", _metric("images_per_second")),
    )
}


def draw(name: str, courses: Sequence[Course], look: Look) -> Figure | None:
    """Return one of MEASURES of a run in detail, or of several over one another.

    Args:
        courses: The run that is looked at comes first.

    Returns:
        None while there is nothing to draw.
    """
    measure = MEASURES[name]
    along = known(look.along, courses)
    is_log = look.is_log and not measure.is_share
    # A zoom on one run, or one scale, means something else on another.
    zoomed = f"{courses[0].run.id} {name} {along} {is_log}"
    look = Look(along, look.smoothing, is_log)
    if len(courses) > 1:
        return _over_one_another(measure, courses, look, zoomed)
    return _in_detail(measure, courses[0], look, zoomed)


def overlay(
    courses: Sequence[Course], metric: str, look: Look | None = None
) -> Figure | None:
    """Return one curve a run, its best epoch marked, for any number of runs."""
    # A run from elsewhere may have curves that carclf has no words for.
    title, is_share = metrics.NAMES.get(metric, metric), metrics.is_share(metric)
    measure = _one(metric, title, _metric(metric), is_share=is_share)
    look = look or Look()
    along = known(look.along, courses)
    drawn = replace(look, along=along)
    return _over_one_another(measure, courses, drawn, f"{metric} {along}")


def known(along: Along, courses: Sequence[Course]) -> Along:
    """Return what all of these courses can be drawn along: epochs, if nothing else."""
    return along if all(one.knows(along) for one in courses) else "epoch"


class _Scale:
    """The axis along which everything on a chart is drawn."""

    def __init__(self, along: Along, courses: Sequence[Course]) -> None:
        self._along = along
        self._epochs = max(len(one.history) for one in courses)
        self.unit, self._size = str(along), 1
        if along == "time":
            longest = max(one.seconds for one in courses)
            self.unit, self._size = (
                ("hours", _HOUR_S)
                if longest > 2 * _HOUR_S
                else ("minutes", _MINUTE_S)
                if longest > 2 * _MINUTE_S
                else ("seconds", 1)
            )

    @property
    def words(self) -> str:
        return f"over {self.unit}" if self._along == "time" else f"by {self.unit}"

    def places(self, course: Course, epochs: Sequence[float]) -> list[float]:
        found = course.places(epochs, self._along)
        return [round(place / self._size, 4) for place in found]

    @property
    def axis(self) -> dict[str, Any]:
        plain: dict[str, Any] = {"nticks": 8}
        if self._along != "epoch" or not self._epochs:
            said = {"unifiedhovertitle": {"text": f"%{{x}} {self.unit}"}}
            return plain | said | {"hoverformat": ".4~g"}
        return plain | {
            "tickformat": "d",
            "dtick": 1 if self._epochs <= 10 else None,
            "hoverformat": "d",
            "unifiedhovertitle": {"text": "epoch %{x}"},
        }


def _in_detail(
    measure: Measure, course: Course, look: Look, zoomed: str
) -> Figure | None:
    scale = _Scale(look.along, [course])
    traces = _steps(measure, course, look, scale)
    if not traces or len(measure.lines) > 1:
        for name, value, style in measure.lines:
            traces += _epochs(measure, course, look, scale, name, value, style)
    if len(measure.lines) > 1:
        traces += _best(measure, course, scale, "validation", lines.VALIDATION)
    if not any(trace.x for trace in traces):
        return None
    limit = _limit(course) if measure.name == "gap" else None
    return figure(
        traces,
        _said(measure, course, limit),
        **_layout(measure, look, scale, zoomed),
        xaxis=scale.axis | {"title": _small(scale.unit)},
        margin=_MARGIN | {"t": 32 if len(measure.lines) > 1 else 12},
        showlegend=len(measure.lines) > 1,
        legend=lines.LEGEND_ABOVE,
        **(_threshold(limit) if limit is not None else {}),
    )


def _over_one_another(
    measure: Measure, courses: Sequence[Course], look: Look, zoomed: str
) -> Figure | None:
    scale, traces, said = _Scale(look.along, courses), [], []
    _, value, _ = measure.lines[-1]
    for place, course in enumerate(courses):
        style, name = lines.of_run(place), course.run.name
        traces += _epochs(measure, course, look, scale, name, value, style)
        traces += _best(measure, course, scale, name, style)
        said.append(f"{name} {_newest(measure, course, value)}")
    if not any(trace.x for trace in traces):
        return None
    return figure(
        traces,
        f"{measure.compared} {scale.words}: {', '.join(said)}.",
        **_layout(measure, look, scale, zoomed),
        # The names of the runs stand where the name of the axis would.
        xaxis=scale.axis,
        margin=_MARGIN | {"b": 24},
        title=lines.title(f"{measure.compared} {scale.words}"),
        legend=lines.LEGEND_BELOW,
    )


def _epochs(
    measure: Measure,
    course: Course,
    look: Look,
    scale: _Scale,
    name: str,
    value: Value,
    style: Style,
) -> list[go.Scatter]:
    known = [(one.epoch, value(one)) for one in course.history]
    there = [(epoch, found) for epoch, found in known if found is not None]
    return lines.curve(
        scale.places(course, [epoch for epoch, _ in there]),
        [found for _, found in there],
        name,
        style,
        smoothing=look.smoothing,
        is_share=measure.is_share,
    )


def _steps(
    measure: Measure, course: Course, look: Look, scale: _Scale
) -> list[go.Scatter]:
    """Return what was recorded within the epochs."""
    if measure.step is None or not course.steps:
        return []
    x = scale.places(course, course.step_epochs)
    y = [getattr(one, measure.step) for one in course.steps]
    if len(measure.lines) == 1:
        # A schedule is drawn as it was; there is no noise in it to smooth.
        return lines.curve(x, y, measure.title, lines.VALIDATION)
    # Before the first epoch has ended, there is nothing else to ask for values.
    style = replace(lines.STEPS, is_told=not course.history)
    return lines.curve(x, y, "train, each step", style, smoothing=look.smoothing)


def _best(
    measure: Measure, course: Course, scale: _Scale, name: str, style: Style
) -> list[go.Scatter]:
    """Return a ring around the best epoch; nothing when it is not there."""
    best = next((one for one in course.history if one.epoch == course.best), None)
    found = measure.lines[-1][1](best) if best else None
    if best is None or found is None:
        return []
    x = scale.places(course, [best.epoch])[0]
    return [lines.ring(x, found, f"{name}, best", style)]


def _layout(measure: Measure, look: Look, scale: _Scale, zoomed: str) -> dict[str, Any]:
    axis: dict[str, Any] = {"automargin": True, "nticks": 6}
    if measure.is_share:
        axis["tickformat"] = ".0%"
    elif look.is_log:
        axis["type"] = "log"
    elif measure.name in ("loss", "speed"):
        axis["rangemode"] = "tozero"
    return {
        "uirevision": zoomed,
        "hovermode": "x unified",
        "yaxis": axis,
    }


def _small(text: str) -> dict[str, Any]:
    return {"text": text, "standoff": 6, "font": {"size": 12}}


def _limit(course: Course) -> float | None:
    """Return the gap at which the run is ended, if that was asked for."""
    return recorded.config_of(course.run).learning.max_gap


def _threshold(limit: float) -> dict[str, Any]:
    line = {"color": lines.BLUE, "dash": "dash", "width": 1.5}
    ends = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": limit, "y1": limit}
    text = {"text": f"ends above {words.percent(limit)}", "showarrow": False}
    place = {"xref": "paper", "x": 1, "xanchor": "right", "y": limit}
    return {
        "shapes": [ends | {"line": line}],
        "annotations": [text | place | {"yanchor": "bottom"}],
    }


def _said(measure: Measure, course: Course, limit: float | None) -> str:
    newest = [
        (name, _newest(measure, course, value)) for name, value, _ in measure.lines
    ]
    if len(newest) == 1:
        said = f"{measure.title} by epoch: {newest[0][1]}."
    else:
        both = ", ".join(f"{name} {value}" for name, value in newest)
        said = f"{measure.title} by epoch: {both}."
    return (
        said if limit is None else f"{said} The run ends above {words.percent(limit)}."
    )


def _newest(measure: Measure, course: Course, value: Value) -> str:
    known = (value(one) for one in reversed(course.history))
    found = next((one for one in known if one is not None), None)
    if found is None:
        return "not known yet"
    return words.percent(found, 1) if measure.is_share else metrics.digits(found)
