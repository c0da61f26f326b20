"""What a report is written from: all that the store says of some runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from carclf import metrics, recorded, words
from carclf.evaluation import interval
from carclf.evaluation.compare import Comparison
from carclf.evaluation.confusions import Pair
from carclf.records import EpochEnded, Evaluation, Judged, Note, Run, Split, Version


@dataclass(frozen=True)
class Ground:
    """The images on which runs are set beside one another.

    Attributes:
        is_rendered: They are renders of the bundled sample, not photographs.
    """

    version: Version
    split: Split
    is_rendered: bool

    @property
    def name(self) -> str:
        rendered = "rendered " * self.is_rendered
        return f"{rendered}{self.split} images of “{self.version.name}”"


@dataclass(frozen=True)
class Change:
    """What came of a run against its parent.

    Attributes:
        difference: The run's accuracy less its parent's, -1 to 1.
        split: On which images.
        comparison: Image by image, where both were judged on the same ones.
    """

    difference: float
    split: Split
    comparison: Comparison | None = None


@dataclass(frozen=True)
class Told:
    """A run with all that the store tells of it.

    Attributes:
        result: Its newest evaluation on the common ground.
        elsewhere: Its newest evaluations on other images.
        is_outside: It is only here as what a run of the report began from.
    """

    run: Run
    version: Version | None
    history: Sequence[EpochEnded]
    notes: Sequence[Note]
    result: Evaluation | None
    elsewhere: Sequence[Evaluation]
    change: Change | None
    is_outside: bool

    @property
    def images(self) -> str:
        return recorded.images(self.run, self.version)

    @property
    def best_epoch(self) -> int | None:
        """The epoch of the best validation accuracy; of equals, the one kept."""
        first = metrics.best_epoch(self.history, "val_accuracy")
        first_share, kept_share = (
            metrics.at(self.history, epoch, "val_accuracy")
            for epoch in (first, self.run.best_epoch)
        )
        return self.run.best_epoch if first_share == kept_share else first

    def at_best(self, metric: str) -> float | None:
        """Return a metric at the epoch of the best validation accuracy."""
        return metrics.at(self.history, self.best_epoch, metric)

    @property
    def gap(self) -> float | None:
        """By how much train accuracy exceeds validation accuracy there, 0-1."""
        train, validation = self.at_best("accuracy"), self.at_best("val_accuracy")
        if train is None or validation is None:
            return None
        return train - validation

    @property
    def accuracy(self) -> float | None:
        """Its accuracy on the common ground, 0-1."""
        return self.result.metrics["accuracy"] if self.result else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of its accuracy on the common ground."""
        return interval_of(self.result) if self.result else None

    @property
    def seconds(self) -> float | None:
        """How long its epochs took, else how long it was at work."""
        timed = [
            one.metrics["seconds"] for one in self.history if "seconds" in one.metrics
        ]
        if timed and len(timed) == len(self.history):
            return sum(timed)
        if self.run.started_at and self.run.ended_at:
            return words.seconds_between(self.run.started_at, self.run.ended_at)
        return None


def interval_of(one: Evaluation) -> tuple[float, float]:
    right = round(one.metrics["accuracy"] * one.image_count)
    return interval.wilson(right, one.image_count)


@dataclass(frozen=True)
class Shot:
    """A photograph of the store, and what is said of it."""

    path: Path
    label: str
    words: str = ""
    is_good: bool | None = None


@dataclass(frozen=True)
class Data:
    """A dataset version that runs learnt from or were judged on.

    Attributes:
        by_class: Images by class and split.
        left_out: How many files could not be used, or stayed whole.
        samples: One training image of each class, or of some.
    """

    version: Version
    parent: str | None
    by_class: dict[str, dict[Split, int]]
    left_out: int
    samples: Sequence[Shot]
    is_rendered: bool


@dataclass(frozen=True)
class ClassResult:
    """How often the images of a class were called by its name."""

    name: str
    images: int
    recall: float
    precision: float
    f1: float

    @property
    def right(self) -> int:
        return round(self.recall * self.images)


@dataclass(frozen=True)
class Closer:
    """The best run's evaluation, image by image.

    Attributes:
        classes: Worst first.
        mistakes: Most confident first.
        fixed: What its parent had got wrong; `broke` the other way round.
        rival: The next best run, and what the best one changed against it.
    """

    classes: Sequence[ClassResult]
    pairs: Sequence[Pair]
    mistakes: Sequence[Shot]
    mistake_count: int
    fixed: Sequence[Shot]
    broke: Sequence[Shot]
    rival: tuple[Told, Comparison] | None


@dataclass(frozen=True)
class Findings:
    """Everything a report tells.

    Attributes:
        runs: Those it is about, oldest first.
        family: Those and the parents they began from.
        ground: Where most of them were judged; None if none was.
    """

    runs: Sequence[Told]
    family: Sequence[Told]
    ground: Ground | None
    data: Sequence[Data]
    closer: Closer | None = None

    @property
    def best(self) -> Told | None:
        """The run that is right most often, on the common ground if any was judged."""
        if self.ground is not None:
            judged = [one for one in self.runs if one.result]
            return max(judged, key=_rank_judged)
        learnt = [one for one in self.runs if one.at_best("val_accuracy") is not None]
        return max(learnt, key=_rank_learnt, default=None)

    @property
    def next_best(self) -> Told | None:
        """The run that comes after the best on the common ground."""
        others = [one for one in self.runs if one.result and one is not self.best]
        return max(others, key=_rank_judged, default=None)

    def parent_of(self, one: Told) -> Told | None:
        return next((o for o in self.family if o.run.id == one.run.parent_id), None)

    def line_of(self, one: Told) -> list[Told]:
        """Return a run after those it descends from, the oldest first."""
        line = [one]
        while (parent := self.parent_of(line[0])) is not None:
            line.insert(0, parent)
        return line


def _rank_judged(one: Told) -> tuple[float, float]:
    assert one.result is not None
    return one.result.metrics["accuracy"], -one.result.metrics.get("loss", 0.0)


def _rank_learnt(one: Told) -> float:
    return one.at_best("val_accuracy") or 0.0


def answer(one: Judged) -> str:
    """Return “called Stock Car 1 (62 %)” or “right (97 %)”."""
    sure = words.percent(one.prediction.probability)
    return f"{'right' if one.is_correct else f'called {one.prediction.label}'} ({sure})"
