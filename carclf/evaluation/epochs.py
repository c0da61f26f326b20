"""Where the bundle of any epoch of a run lies, or is to be made."""

from pathlib import Path

from carclf.records import Run
from carclf.settings import Settings
from carclf.store import Database, runs


def bundle_of(settings: Settings, db: Database, run: Run, epoch: int) -> Path | None:
    """Return the folder of an epoch's bundle; None if there is nothing to make it of.

    That of the best epoch is the run's own; those of others are in the cache, once
    they have been made.
    """
    own = settings.resolve(run.folder) / "bundle"
    if epoch == run.best_epoch and own.is_dir():
        return own
    kept = {one.epoch: one.path for one in runs.checkpoints(db, run.id)}
    weights = settings.resolve(kept[epoch]) if epoch in kept else None
    if weights is None or not weights.is_file():
        return None
    return cached(settings, run, epoch, weights)


def cached(settings: Settings, run: Run, epoch: int, weights: Path) -> Path:
    """Return where the bundle of an epoch that is not the run's best is kept."""
    # A run that was resumed trained its last epochs anew, and a deleted run's number
    # is given to another: so the folder is named for the very weights, too.
    mark = f"{weights.stat().st_mtime_ns:x}"
    return settings.cache / "bundles" / f"run-{run.id:03d}-epoch-{epoch:03d}-{mark}"
