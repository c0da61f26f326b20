"""Runs that differ in their backgrounds alone, and what came of each."""

from dataclasses import dataclass
from typing import Any

from carclf.datasets import untreated
from carclf.records import Evaluation, Run
from carclf.store import Database, evaluations, runs, versions


@dataclass(frozen=True)
class Trial:
    """The same training on photographs, and on them with backgrounds taken away.

    Attributes:
        before: How the run on the photographs was judged; None as long as it was not.
    """

    without: Run
    treated: Run
    before: Evaluation | None
    after: Evaluation | None


def trials(db: Database) -> list[Trial]:
    """Return every pair of runs that differ in nothing else, newest first."""
    every = {one.id: one for one in versions.every(db)}
    trained = [run for run in runs.every(db) if run.version_id in every]
    found = []
    for treated in trained:
        own = every[treated.version_id or 0]
        if not untreated.is_treated(own):
            continue
        for run in trained:
            other = every[run.version_id or 0]
            if (
                not untreated.is_treated(other)
                and _same_settings(treated, run)
                and other.counts == own.counts
                and untreated.are_alike(db, own, other)
            ):
                found.append(
                    Trial(run, treated, _judged(db, run), _judged(db, treated))
                )
                break
    return sorted(found, key=lambda one: -one.treated.id)


def _same_settings(one: Run, other: Run) -> bool:
    return one.seed == other.seed and _essence(one) == _essence(other)


def _essence(run: Run) -> dict[str, Any]:
    """Return a run's settings without its name and its version."""
    data = {k: v for k, v in run.config.get("data", {}).items() if k != "version"}
    kept = {k: v for k, v in run.config.items() if k not in ("name", "notify")}
    return {**kept, "data": data}


def _judged(db: Database, run: Run) -> Evaluation | None:
    """Return how a run was judged on its own version: by its test images, if any."""
    every = evaluations.of_run(db, run.id)
    fitting = [one for one in every if one.version_id == run.version_id]
    tested = [one for one in fitting if one.split == "test"]
    return next(iter(tested or fitting), None)
