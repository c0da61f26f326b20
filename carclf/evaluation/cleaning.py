"""What there is to clean: the kept shares of runs, and the queues made of them."""

from functools import lru_cache
from pathlib import Path

from carclf import words
from carclf.errors import DatasetError
from carclf.evaluation import doubts, features, shares
from carclf.evaluation.doubts import Doubt
from carclf.records import Run, Version
from carclf.settings import Settings
from carclf.store import Database, connect, evaluations, runs, versions

# “evaluation 3”, or “run 3” for the images that the run learnt from.
Source = str
EVALUATION, RUN = "evaluation ", "run "


def choices(settings: Settings, version_id: int | None) -> list[tuple[str, Source]]:
    """Return (words, source) of the runs' answers on a version's images, newest first.

    Training images are offered for every run that learnt from the version.
    """
    if version_id is None:
        return []
    with connect(settings.db_path) as db:
        of = {run.id: run for run in runs.every(db)}
        judged = [
            (
                f"{of[one.run_id].name} · {one.split} images · epoch {one.epoch}",
                f"{EVALUATION}{one.id}",
            )
            for one in evaluations.every(db)
            if one.version_id == version_id
            and one.run_id in of
            and shares.of_evaluation(settings, of[one.run_id], one.id).is_file()
        ]
        learnt = [
            (f"{run.name} · train images, cross-validated", f"{RUN}{run.id}")
            for run in of.values()
            if run.version_id == version_id and run.best_epoch is not None
        ]
    return judged + learnt


def queue(settings: Settings, source: Source) -> list[Doubt] | None:
    """Return the images of a source, the likeliest label error first.

    Returns:
        None where they have not been cross-validated yet.

    Raises:
        DatasetError: The answers are gone from the disk.
    """
    number = number_of(source)
    with connect(settings.db_path) as db:
        if source.startswith(RUN):
            return _of_training(settings, db, runs.get(db, number))
        evaluation = evaluations.get(db, number)
        run = runs.get(db, evaluation.run_id)
        labels = {
            one.image_id: one.label for one in evaluations.outcomes(db, evaluation.id)
        }
    path = shares.of_evaluation(settings, run, evaluation.id)
    if not path.is_file():
        raise DatasetError(
            "What this run said of every class is gone from the disk. Evaluate it "
            "again."
        )
    return _ranked(path, tuple(labels.items()), evaluation.classes)


def of_run(settings: Settings, run_id: int, split: str) -> list[Doubt] | None:
    """Return the queue of a run's newest answers on a split; None without any."""
    if split == "train":
        return queue(settings, f"{RUN}{run_id}")
    with connect(settings.db_path) as db:
        run = runs.get(db, run_id)
        found = next(
            (
                one.id
                for one in evaluations.of_run(db, run_id)
                if one.split == split
                and shares.of_evaluation(settings, run, one.id).is_file()
            ),
            None,
        )
    return queue(settings, f"{EVALUATION}{found}") if found else None


def number_of(source: Source) -> int:
    """Return the id of the evaluation or run that a source names."""
    return int(source.rpartition(" ")[2])


def _of_training(settings: Settings, db: Database, run: Run) -> list[Doubt] | None:
    if run.version_id is None:
        return None
    version: Version = versions.get(db, run.version_id)
    path = shares.of_training(settings, run, version)
    if not path.is_file():
        return None
    labels = {
        one.image_id: one.label
        for one in versions.examples(db, version.id, split="train")
    }
    return _ranked(path, tuple(labels.items()), version.classes)


def _ranked(
    path: Path, labels: tuple[tuple[int, str], ...], classes: tuple[str, ...]
) -> list[Doubt]:
    return _kept(path, path.stat().st_mtime_ns, labels, classes)


@lru_cache(maxsize=4)
def _kept(
    path: Path,
    _changed: int,
    labels: tuple[tuple[int, str], ...],
    classes: tuple[str, ...],
) -> list[Doubt]:
    found, label_of = features.read(path), dict(labels)
    if found is None:
        raise DatasetError(f"{path} is damaged. Evaluate the run again.")
    known = [int(one) in label_of for one in found.image_ids]
    image_ids = [int(one) for one in found.image_ids[known]]
    return doubts.rank(
        image_ids,
        [label_of[one] for one in image_ids],
        classes,
        found.vectors[known],
    )


def summary(found: list[Doubt]) -> str:
    """Return “12 likely wrong labels, 30 close calls, 126 others by loss”."""
    wrong, close, rest = (
        sum(one.reason == reason for one in found) for reason in doubts.REASONS
    )
    return (
        f"{words.count(wrong, 'likely wrong label')}, "
        f"{words.count(close, 'close call')}, {words.count(rest, 'other')} by loss"
    )
