"""Runs as relatives: what each one was, how far it got, and what it came from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from carclf import recorded
from carclf.recorded import Value
from carclf.records import Evaluation, Marks, Reached, Run, Version
from carclf.store import Database, evaluations, marks, runs, summaries, versions

# What every table and tree of runs tells; other metrics are asked for by name.
USUAL = ("val_accuracy", "val_loss")


@dataclass(frozen=True)
class Relative:
    """A run with all that a comparison needs, its history left out.

    Attributes:
        bests: The best of each metric that was asked for, where it has any.
        start: Validation accuracy of its parent at the epoch that it began from.
        test: Its newest evaluation on a test split.
        origin: The name of its parent.
    """

    run: Run
    version: Version | None
    marks: Marks
    epochs: int
    bests: dict[str, Reached]
    start: Reached | None = None
    test: Evaluation | None = None
    origin: str | None = None

    @cached_property
    def settings(self) -> dict[str, Value]:
        """Its settings by path."""
        return recorded.settings(self.run)

    @property
    def images(self) -> str:
        """The version it learnt from, or the directory that its settings name."""
        return recorded.images(self.run, self.version)

    @property
    def background(self) -> str:
        treatment = self.version.treatment if self.version else {}
        remover = str(treatment.get("remover", "none"))
        return remover if remover == "none" else f"{remover}, {treatment['output']}"

    @property
    def parent(self) -> str | None:
        """Its parent and the epoch it began from; until that ended, nobody knows it."""
        if self.origin is None:
            return None
        return f"{self.origin}, epoch {self.run.parent_epoch or 'still open'}"

    def best(self, metric: str) -> float | None:
        found = self.bests.get(metric)
        return None if found is None else found.value


@dataclass(frozen=True)
class Gain:
    """How much more often a run is right than its parent, as differences of shares.

    Attributes:
        over_best: Than the parent at its best.
        over_start: Than the parent in the epoch that the run began from.
        where: The images that `over_best` is told of.
    """

    over_best: float
    over_start: float | None
    where: str


def everyone(db: Database, metrics: Iterable[str] = ()) -> list[Relative]:
    """Return all runs, newest first.

    Args:
        metrics: Those to know the best of, besides the usual ones.
    """
    wanted = dict.fromkeys([*USUAL, *metrics])
    bests = {
        name: summaries.bests(db, name, is_less_better=is_less_better(name))
        for name in wanted
    }
    by_id = {version.id: version for version in versions.every(db)}
    marked, epochs = marks.every(db), summaries.epochs(db)
    starts, tests = summaries.starts(db, "val_accuracy"), newest_tests(db)
    known = runs.every(db)
    names = {run.id: run.name for run in known}
    return [
        Relative(
            run,
            by_id.get(run.version_id or 0),
            marked[run.id],
            epochs[run.id],
            {name: found[run.id] for name, found in bests.items() if run.id in found},
            starts.get(run.id),
            tests.get(run.id),
            names.get(run.parent_id or 0),
        )
        for run in known
    ]


def is_less_better(metric: str) -> bool:
    return metric.endswith("loss")


def newest_tests(db: Database) -> dict[int, Evaluation]:
    """Return the newest evaluation on a test split, by run."""
    tests: dict[int, Evaluation] = {}
    for one in evaluations.every(db):
        if one.split == "test":
            tests.setdefault(one.run_id, one)
    return tests


def gain(one: Relative, parent: Relative) -> Gain | None:
    """Return how a run differs from its parent; None where that cannot be told.

    Over the same test images if both were judged on them, else on validation.
    """
    if not is_of_the_same_images(one, parent):
        return None
    own, theirs = one.best("val_accuracy"), parent.best("val_accuracy")
    start = one.start.value if one.start else None
    over_start = None if own is None or start is None else own - start
    if one.test and parent.test and one.test.version_id == parent.test.version_id:
        tested = one.test.metrics["accuracy"] - parent.test.metrics["accuracy"]
        return Gain(tested, over_start, "test")
    if own is None or theirs is None:
        return None
    return Gain(own - theirs, over_start, "validation")


def is_of_the_same_images(one: Relative, other: Relative) -> bool:
    """Whether two runs learnt from equal versions, or the same named directory."""
    if one.version is None or other.version is None:
        return one.version is other.version and one.images == other.images
    return one.version.hash == other.version.hash


def ancestors(family: Sequence[Relative], run_id: int) -> list[int]:
    """Return the ids of a run's parent, its parent, and so on."""
    parents = {one.run.id: one.run.parent_id for one in family}
    found: list[int] = []
    at = parents.get(run_id)
    while at is not None and at in parents and at not in found:
        found.append(at)
        at = parents[at]
    return found
