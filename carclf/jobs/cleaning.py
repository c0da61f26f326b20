"""The disk that runs take, and what of it nobody needs."""

from pathlib import Path

from carclf import store
from carclf.errors import JobError
from carclf.records import RESUME_FILE, Run
from carclf.settings import Settings
from carclf.store import Database, runs


def checkpoint_bytes(settings: Settings, db: Database, run: Run) -> int:
    """Return what a run's kept weights, and its state to resume from, take."""
    paths = [one.path for one in runs.checkpoints(db, run.id)]
    files = [settings.resolve(path) for path in [*paths, run.folder / RESUME_FILE]]
    if run.status not in ("queued", "running"):
        files += _half_written(settings.resolve(run.folder))
    return sum(_size(path) for path in files)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        # A worker may replace it at any moment.
        return 0


def clean_checkpoints(settings: Settings, run_id: int) -> int:
    """Remove all of a run's weights that nobody needs; return the bytes freed.

    Its best epoch stays, and any that another run started or is to start from. The
    run cannot be resumed afterwards.

    Raises:
        JobError: It waits or runs.
    """
    with store.connect(settings.db_path) as db, db.atomic():
        run = runs.get(db, run_id)
        if run.status in ("queued", "running"):
            raise JobError(
                f"“{run.name}” is {run.status}. Its weights can be cleaned away once "
                "it has ended."
            )
        before = checkpoint_bytes(settings, db, run)
        needed = _needed(db, run)
        gone = [one for one in runs.checkpoints(db, run_id) if one.epoch not in needed]
        for one in gone:
            runs.drop_checkpoint(db, run_id, one.epoch)
        folder = settings.resolve(run.folder)
        # Before it can be asked to go on, in another window.
        (folder / RESUME_FILE).unlink(missing_ok=True)
    for one in gone:
        path = settings.resolve(one.path)
        # Imported weights may lie elsewhere, and are not ours to remove.
        if path.is_relative_to(folder):
            path.unlink(missing_ok=True)
    for path in _half_written(folder):
        path.unlink(missing_ok=True)
    with store.connect(settings.db_path) as db:
        return before - checkpoint_bytes(settings, db, run)


def _half_written(folder: Path) -> list[Path]:
    """Return what a worker that was killed left behind of weights and state."""
    return [*(folder / "checkpoints").glob(".*.h5"), folder / f".{RESUME_FILE}"]


def _needed(db: Database, run: Run) -> set[int]:
    children = runs.children_of(db, run.id)
    needed = {one.parent_epoch for one in children if one.parent_epoch is not None}
    best = runs.best_kept(db, run)
    return needed if best is None else {*needed, best}
