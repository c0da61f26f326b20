"""From folders of earlier experiments to runs: curves, settings, parents, weights."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from carclf import store, words
from carclf.config import TrainConfig
from carclf.errors import StoreError
from carclf.experiments import drafts
from carclf.experiments import folder as folders
from carclf.experiments.drafts import Draft
from carclf.experiments.folder import Experiment
from carclf.records import Checkpoint, Run
from carclf.settings import Settings
from carclf.store import Database, imports, notes, runs

_MOST_NAMED = 8


@dataclass
class Outcome:
    """What came of one experiment.

    Attributes:
        runs: (id, name, epochs) of those that were made.
        known: Starts that were imported before.
        lines: All of it in sentences, what was left and why included.
    """

    name: str
    runs: list[tuple[int, str, int]] = field(default_factory=list)
    known: int = 0
    lines: list[str] = field(default_factory=list)


def import_runs(
    settings: Settings,
    folder: Path,
    on_progress: Callable[[int, int], None],
    stop_requested: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Import every experiment in a folder; one that was imported before stays as it is.

    Returns:
        `summary`, one sentence; `experiments`, what came of each; `lines` for the
        whole folder. A folder that cannot be read is named there, and the next one
        comes.

    Raises:
        DatasetError: There is no experiment in the folder.
        StoreError: The disk is full.
    """
    paths = folders.find(folder)
    outcomes = []
    for place, path in enumerate(paths):
        if stop_requested():
            break
        on_progress(place, len(paths))
        outcomes.append(_bring_in(settings, path))
    lines = _not_in_experiments(folders.loose(folder, paths))
    if len(outcomes) < len(paths):
        lines.append(f"Stopped after {len(outcomes)} of {len(paths)} experiments.")
    with store.connect(settings.db_path) as db:
        lines += _join(db)
    return {
        "summary": _summary(outcomes),
        "lines": lines,
        "experiments": [
            {"name": one.name, "runs": one.runs, "known": one.known, "lines": one.lines}
            for one in outcomes
        ],
    }


def _bring_in(settings: Settings, path: Path) -> Outcome:
    try:
        experiment = folders.read(path)
    except OSError as error:
        why = f"{error.filename or path} cannot be read: {error.strerror}."
        return Outcome(path.name, lines=[why])
    outcome = Outcome(experiment.name)
    for draft in drafts.of(experiment):
        with store.connect(settings.db_path) as db:
            before = {run.environment["start"]: run for run in imports.every(db)}
            known = before.get(draft.mark)
            if known is not None:
                outcome.known += 1
                outcome.lines.append(_again(settings, db, draft, known))
                continue
            run = _record(settings, db, draft)
        outcome.runs.append((run.id, run.name, len(draft.history)))
        outcome.lines += [_imported(draft, run), *_left(draft), *draft.notes]
    outcome.lines += _aside(experiment)
    return outcome


def _record(settings: Settings, db: Database, draft: Draft) -> Run:
    """Record a run with its folder, both or neither."""
    start = draft.start
    origin = {
        "start": draft.mark,
        "experiment": draft.experiment.name,
        "folder": str(draft.experiment.folder),
    }
    if start is not None and start.model is not None and "keras_version" in start.model:
        origin["keras"] = str(start.model["keras_version"])
    with _laid_out(settings, draft) as part, db.atomic():
        run = imports.add(
            db,
            _free_name(db, draft.name),
            draft.config,
            origin,
            draft.history,
            best_epoch=draft.best_epoch,
            started_at=start.began if start else None,
            ended_at=start.ended if start else None,
        )
        for text in draft.notes:
            notes.add(db, run.id, text)
        for epoch, path in draft.weights.items():
            kept = run.folder / "checkpoints" / path.name
            size = path.stat().st_size
            runs.keep_checkpoint(db, Checkpoint(run.id, epoch, kept, size))
        part.rename(settings.resolve(run.folder))
    return run


@contextmanager
def _laid_out(settings: Settings, draft: Draft) -> Iterator[Path]:
    """Give the block the run's folder, to be renamed into its place.

    Raises:
        StoreError: The disk is full, or a file cannot be copied.
    """
    settings.experiments.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=settings.experiments))
    try:
        _fill(part, draft)
        part.chmod(0o755)
        yield part
    except OSError as error:
        raise StoreError(
            f"{draft.experiment.name} could not be copied to {settings.experiments}: "
            f"{error.strerror}. What was imported before it is kept."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _fill(part: Path, draft: Draft) -> None:
    experiment = draft.experiment
    if experiment.settings is not None and draft.start is experiment.own:
        shutil.copyfile(experiment.settings.path, part / "config.yml")
    if experiment.bundle is not None and draft.start is experiment.own:
        shutil.copytree(experiment.bundle, part / "bundle")
    for one in draft.start.files if draft.start else ():
        relative = one.path.relative_to(draft.experiment.folder)
        inside = [
            part for part in relative.parts if part not in ("logs", "tensorboard")
        ]
        _place(one.path, part.joinpath("tensorboard", *inside))
    for path in draft.weights.values():
        _place(path, part / "checkpoints" / path.name)


def _place(source: Path, target: Path) -> None:
    """Put a file there without using the disk twice, where the disk allows."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        shutil.copy2(source, target)


def _free_name(db: Database, wanted: str) -> str:
    taken = {run.name for run in runs.every(db)}
    name, number = wanted, 1
    while name in taken:
        name = f"{wanted} (imported{f' {number}' if number > 1 else ''})"
        number += 1
    return name


def _again(settings: Settings, db: Database, draft: Draft, known: Run) -> str:
    """Leave a run as it is, but for the epochs by which its log has grown."""
    before = runs.history(db, known.id)
    last = before[-1].epoch if before else 0
    fresh = [one for one in draft.history if one.epoch > last]
    if not fresh or draft.start is None:
        return f"Imported before, as “{known.name}”; nothing is new."
    imports.grow(db, known.id, fresh, draft.best_epoch, draft.start.ended)
    for one in draft.start.files:
        for kept in settings.resolve(known.folder).rglob(one.path.name):
            if not kept.samefile(one.path):
                shutil.copyfile(one.path, kept)
    return (
        f"Imported before, as “{known.name}”; its log has grown, and "
        f"{words.count(len(fresh), 'epoch')} came in."
    )


def _imported(draft: Draft, run: Run) -> str:
    if draft.start is None:
        return f"“{run.name}” from its config.yml alone: it has no log with epochs."
    tags = ", ".join(f"{tag} {count}" for tag, count in draft.start.taken.items())
    weights = [str(epoch) for epoch in draft.weights]
    kept = f" Weights of epoch {', '.join(weights)}." if weights else ""
    return (
        f"“{run.name}”: {words.count(len(draft.history), 'epoch')} from "
        f"{words.count(draft.start.events, 'event')}. Taken: {tags}.{kept}"
    )


def _left(draft: Draft) -> list[str]:
    if draft.start is None:
        return []
    left = [f"{tag}: {why}" for tag, why in draft.start.left.items()]
    told = [f"Left in its log, which is kept: {'; '.join(left)}."] if left else []
    return [*told, *(f"{one}." for one in draft.start.damage)]


def _aside(experiment: Experiment) -> list[str]:
    """Say what of an experiment became no run."""
    lines = [
        f"The start of {drafts.minute(one)} UTC ended before its first epoch "
        f"({words.count(one.events, 'event')}: {', '.join(one.left) or 'no figures'})."
        for one in experiment.empty
    ]
    lines += [f"{one}." for start in experiment.empty for one in start.damage]
    if experiment.unread:
        lines.append(f"Not read: {_some(experiment.unread)}.")
    return lines


def _not_in_experiments(paths: Sequence[str]) -> list[str]:
    return [f"In no experiment, so not read: {_some(paths)}."] if paths else []


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _join(db: Database) -> list[str]:
    """Join imported runs to their parents; say of which the parent is not here."""
    lines = []
    for run in imports.every(db):
        wanted = _parent_of(run) if run.parent_id is None else None
        if wanted is None:
            continue
        name, epoch = wanted
        parent = _found(db, run, name)
        at = f"epoch {epoch}" if epoch else "the best epoch"
        if parent is None:
            lines.append(
                f"“{run.name}” began from {at} of {name}, which is not among the runs. "
                "Import it too, and they are joined."
            )
            continue
        imports.set_parent(db, run.id, parent.id, epoch or parent.best_epoch)
    return lines


def _parent_of(run: Run) -> tuple[str, int | None] | None:
    model = TrainConfig.model_validate(run.config).model
    return model.parent or folders.parent_of(model.weights)


def _found(db: Database, run: Run, name: str) -> Run | None:
    """Return an experiment's run, from the same folder first, or any run so called."""
    beside = Path(run.environment["folder"]).parent
    others = [
        one
        for one in imports.every(db)
        if one.environment["experiment"] == name and one.id != run.id
    ]
    siblings = [
        one for one in others if Path(one.environment["folder"]).parent == beside
    ]
    named = [one for one in runs.every(db) if one.name == name and one.id != run.id]
    return next(iter([*siblings, *others, *named]), None)


def _summary(outcomes: Sequence[Outcome]) -> str:
    made = sum(len(one.runs) for one in outcomes)
    known = sum(one.known for one in outcomes)
    parts = [
        f"{words.count(made, 'run')} imported from "
        f"{words.count(len(outcomes), 'experiment')}"
    ]
    parts += [f"{known} imported before"] if known else []
    return ", ".join(parts)
