"""Runs beside one another: what each was, how good it got, and what it came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from carclf import recorded, words
from carclf.records import EpochEnded, Evaluation, Run, Version
from carclf.store import Database, evaluations, runs, versions
from carclf.ui import metrics

COLUMNS = [
    "Run",
    "Status",
    "Val. accuracy %",
    "Val. loss",
    "Test accuracy %",
    "Epochs",
    "Mode",
    "Backbone",
    "Parent",
    "Version",
    "Background",
    "Started",
    "Minutes",
]
NUMBERS = {"Epochs", "Val. accuracy %", "Val. loss", "Test accuracy %", "Minutes"}


@dataclass(frozen=True)
class Relative:
    """A run with all that a comparison needs.

    Attributes:
        test: Its newest evaluation on a test split.
    """

    run: Run
    version: Version | None
    history: list[EpochEnded]
    test: Evaluation | None

    @property
    def images(self) -> str:
        """The version it learnt from, or the directory that its settings name."""
        return recorded.images(self.run, self.version)

    @property
    def background(self) -> str:
        treatment = self.version.treatment if self.version else {}
        remover = str(treatment.get("remover", "none"))
        return remover if remover == "none" else f"{remover}, {treatment['output']}"

    def best(self, metric: str) -> float | None:
        epoch = metrics.best_epoch(self.history, metric)
        return metrics.at(self.history, epoch, metric)


def everyone(db: Database) -> list[Relative]:
    """Return all runs with their histories, newest first."""
    known = runs.every(db)
    histories = runs.histories(db, [run.id for run in known]) if known else {}
    by_id = {version.id: version for version in versions.every(db)}
    tests: dict[int, Evaluation] = {}
    for one in evaluations.every(db):
        if one.split == "test":
            tests.setdefault(one.run_id, one)
    return [
        Relative(
            run,
            by_id.get(run.version_id or 0),
            histories[run.id],
            tests.get(run.id),
        )
        for run in known
    ]


def rows(family: Sequence[Relative]) -> list[list[Any]]:
    """Return a row a run, in the order of COLUMNS; shares in percent, for people."""
    names = {one.run.id: one.run.name for one in family}
    return [_row(one, names.get(one.run.parent_id or 0, "")) for one in family]


def gain(one: Relative, parent: Relative) -> tuple[float, str] | None:
    """Return how much more often a run is right than its parent, and where.

    Over the same test images if both were judged on them, else on validation.
    """
    if one.test and parent.test and _is_alike(one.test, parent.test):
        return one.test.metrics["accuracy"] - parent.test.metrics["accuracy"], "test"
    own, theirs = one.best("val_accuracy"), parent.best("val_accuracy")
    if own is None or theirs is None or not _is_of_the_same_images(one, parent):
        return None
    return own - theirs, "validation"


def _is_of_the_same_images(one: Relative, other: Relative) -> bool:
    if one.version is None and other.version is None:
        return one.images == other.images
    return one.version == other.version


def _is_alike(one: Evaluation, other: Evaluation) -> bool:
    return (one.version_id, one.split) == (other.version_id, other.split)


def _row(one: Relative, parent: str) -> list[Any]:
    run = one.run
    seconds = None
    if run.started_at and run.ended_at:
        seconds = words.seconds_between(run.started_at, run.ended_at)
    return [
        run.name,
        run.status,
        _percent(one.best("val_accuracy")),
        _rounded(one.best("val_loss"), 3),
        _percent(one.test.metrics["accuracy"] if one.test else None),
        len(one.history),
        recorded.MODES.get(recorded.mode(run), recorded.NOT_RECORDED),
        recorded.backbone(run) or recorded.NOT_RECORDED,
        f"{parent}, epoch {run.parent_epoch}" if parent else "",
        one.images,
        one.background,
        words.local_time(run.started_at),
        _rounded(None if seconds is None else seconds / 60, 1),
    ]


def _percent(share: float | None) -> float | None:
    return None if share is None else round(share * 100, 1)


def _rounded(value: float | None, places: int) -> float | None:
    return None if value is None else round(value, places)
