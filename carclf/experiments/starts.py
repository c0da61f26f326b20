"""The times that an experiment was started, each with its curves, from its logs."""

import bisect
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from carclf.experiments.events import EventFile, Point
from carclf.records import EpochEnded

_NAME = re.compile(
    r"tfevents\.(?P<time>\d+)\.(?P<host>.+?)(\.(?P<process>\d+)\.\d+)?(\.v2)?$"
)
_SPLITS = {
    "train": "",
    "training": "",
    "validation": "val_",
    "valid": "val_",
    "val": "val_",
    "eval": "val_",
    "test": "test_",
}
_BY_ITERATION = re.compile(r"evaluation_(.+)_vs_iterations")
_ALIASES = {"acc": "accuracy", "lr": "learning_rate"}
_KNOWN = {"loss", "accuracy", "learning_rate"}


@dataclass(frozen=True)
class Start:
    """One training, from its logs.

    Attributes:
        taken: How many figures each tag gave, by “tag (split)”.
        left: What was not taken, and why.
    """

    files: tuple[EventFile, ...]
    history: tuple[EpochEnded, ...] = ()
    taken: dict[str, int] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    @property
    def events(self) -> int:
        return sum(one.events for one in self.files)

    @property
    def began(self) -> str | None:
        return _stored(min((one.began for one in self.files if one.began), default=0))

    @property
    def ended(self) -> str | None:
        return _stored(max((one.ended for one in self.files if one.ended), default=0))

    @property
    def model(self) -> dict[str, Any] | None:
        return next((one.model for one in self.files if one.model), None)

    @property
    def optimizer(self) -> str | None:
        return next((one.optimizer for one in self.files if one.optimizer), None)

    @property
    def mark(self) -> str:
        """What tells this start of an experiment from its others."""
        return self.files[0].path.name

    @property
    def damage(self) -> list[str]:
        return [one.damage for one in self.files if one.damage]


def find(files: Iterable[EventFile]) -> list[Start]:
    """Return the starts behind event files, in the order of time.

    A restart that goes on where the one before had got to belongs to it.
    """
    starts: list[list[EventFile]] = []
    for group in _groups(sorted(files, key=_time)):
        known = _steps(starts[-1]) if starts else []
        fresh = _steps(group)
        if known and fresh and known[0] < fresh[0] <= known[-1] + 1:
            starts[-1] += group
        else:
            starts.append(group)
    return [_start(one) for one in starts]


def prefix(path: Path) -> str:
    """Return `val_` or `test_` for a log of such a split, by its folder's name."""
    return _SPLITS.get(path.parent.name.lower(), "")


def _groups(files: Sequence[EventFile]) -> Iterator[list[EventFile]]:
    """Yield the files that one training wrote: of train images, then of others."""
    groups: list[list[EventFile]] = []
    for file in files:
        if prefix(file.path) == "":
            groups.append([file])
            continue
        own = [one for one in groups if _process(one[0]) == _process(file)]
        owner = (own or groups)[-1:]
        if owner and prefix(file.path) not in map(_prefix_of, owner[0]):
            owner[0].append(file)
        else:
            groups.append([file])
    yield from groups


def _prefix_of(file: EventFile) -> str:
    return prefix(file.path)


def _time(file: EventFile) -> tuple[float, bool, str]:
    match = _NAME.search(file.path.name)
    began = float(match["time"]) if match else file.began or 0.0
    return began, prefix(file.path) != "", file.path.name


def _process(file: EventFile) -> tuple[str, str] | None:
    match = _NAME.search(file.path.name)
    return (match["host"], match["process"]) if match and match["process"] else None


def _steps(files: Iterable[EventFile]) -> list[int]:
    """Return the steps at which Keras's own tags tell of an epoch."""
    return sorted(
        {
            point.step
            for file in files
            for tag, points in file.scalars.items()
            if tag.startswith("epoch_")
            for point in points
        }
    )


def _stored(at: float) -> str | None:
    if not at:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class _Curve:
    """The figures of one tag; a later file's stand behind an earlier one's."""

    tag: str
    prefix: str
    points: list[Point]

    @property
    def label(self) -> str:
        split = {"": "train", "val_": "validation", "test_": "test"}[self.prefix]
        return f"{self.tag} ({split})"

    @property
    def is_by_epoch(self) -> bool:
        return self.tag.startswith("epoch_")

    @cached_property
    def steps(self) -> list[int]:
        return sorted({point.step for point in self.points})

    @property
    def metric(self) -> str:
        """What carclf calls it: a name of its own, or the log's."""
        tag = self.tag.removeprefix("epoch_")
        match = _BY_ITERATION.fullmatch(tag)
        tag = match[1] if match else tag
        parts = [part for part in re.split(r"[/_\s.-]+", tag.lower()) if part]
        split = next((_SPLITS[part] for part in parts if part in _SPLITS), None)
        rest = "_".join(part for part in parts if part not in _SPLITS)
        plain = _ALIASES.get(rest, rest)
        if plain in _KNOWN or (split is not None and plain):
            return f"{self.prefix if split is None else split}{plain}"
        return self.prefix + tag


def _start(files: list[EventFile]) -> Start:
    curves: dict[tuple[str, str], _Curve] = {}
    left: dict[str, str] = {}
    for file in files:
        own = prefix(file.path)
        for tag, points in file.scalars.items():
            curve = curves.setdefault((tag, own), _Curve(tag, own, []))
            curve.points.extend(points)
        left |= file.left
        for tag, steps in file.not_finite.items():
            left[f"{tag}, from step {steps[0]}"] = (
                f"{len(steps)} of its figures are no finite numbers"
            )
    history, taken, unplaced = _history(list(curves.values()))
    return Start(tuple(files), history, taken, left | unplaced)


def _history(
    curves: list[_Curve],
) -> tuple[tuple[EpochEnded, ...], dict[str, int], dict[str, str]]:
    """Return the epochs, how many figures each tag gave, and what was left and why."""
    epochs: dict[int, dict[str, float]] = {}
    taken: dict[str, int] = {}
    left: dict[str, str] = {}
    by_epoch = [one for one in curves if one.is_by_epoch] or _axis(curves)
    numbers = _numbers(by_epoch)
    ends = _ends(by_epoch, numbers)
    # The surest first, so that a figure that is told twice is the one by epoch.
    for curve in sorted(curves, key=lambda one: one not in by_epoch):
        placed = _placed(curve, curve in by_epoch, numbers, ends)
        fresh = {
            epoch: value
            for epoch, value in placed.items()
            if curve.metric not in epochs.get(epoch, {})
        }
        if not fresh:
            left[curve.label] = _why_nothing(curve, placed, epochs)
            continue
        for epoch, value in fresh.items():
            epochs.setdefault(epoch, {})[curve.metric] = value
        taken[curve.label] = len(fresh)
        if len(fresh) < len(curve.points):
            left[f"{curve.label}, in part"] = (
                f"of {len(curve.points)} figures by step the last of each epoch stays"
            )
    history = tuple(EpochEnded(epoch, epochs[epoch]) for epoch in sorted(epochs))
    return history, taken, left


def _why_nothing(
    curve: _Curve, placed: dict[int, float], epochs: dict[int, dict[str, float]]
) -> str:
    if not placed:
        return "none of its figures belongs to a whole epoch"
    if all(epochs[epoch][curve.metric] == value for epoch, value in placed.items()):
        return f"the same figures as {curve.metric}, told again"
    return f"tells {curve.metric} by step; the figures by epoch were taken"


def _axis(curves: Sequence[_Curve]) -> list[_Curve]:
    """Return the curves that count epochs, in a log that does not say which do.

    What is judged after an epoch has the fewest figures.
    """
    fewest = min((len(one.steps) for one in curves), default=0)
    return [one for one in curves if len(one.steps) == fewest]


def _numbers(by_epoch: Sequence[_Curve]) -> dict[int, int]:
    """Return the epoch, from 1, that a step stands for."""
    steps = sorted({step for one in by_epoch for step in one.steps})
    # Keras counts epochs from 0, carclf and people from 1.
    if any(one.is_by_epoch for one in by_epoch):
        shift = 0 if steps[0] == 1 else 1
        return {step: step + shift for step in steps}
    if steps == list(range(1, len(steps) + 1)):
        return {step: step for step in steps}
    return {step: place for place, step in enumerate(steps, 1)}


def _ends(by_epoch: Sequence[_Curve], numbers: dict[int, int]) -> dict[int, float]:
    """Return when each epoch was over."""
    ends: dict[int, float] = {}
    for curve in by_epoch:
        for point in curve.points:
            epoch = numbers[point.step]
            ends[epoch] = max(ends.get(epoch, 0.0), point.at)
    return ends


def _placed(
    curve: _Curve, is_by_epoch: bool, numbers: dict[int, int], ends: dict[int, float]
) -> dict[int, float]:
    """Return a curve's value in each epoch; of several the last."""
    if is_by_epoch or set(curve.steps) <= set(numbers):
        return {numbers[point.step]: point.value for point in curve.points}
    epochs = sorted(ends)
    times = [ends[epoch] for epoch in epochs]
    found = {}
    for point in curve.points:
        place = bisect.bisect_left(times, point.at)
        if place < len(epochs):
            found[epochs[place]] = point.value
    return found
