"""Trained models to choose from, kept loaded between clicks."""

from functools import lru_cache
from pathlib import Path

from carclf import recorded, words
from carclf.bundle import Bundle
from carclf.errors import BundleError
from carclf.records import Run
from carclf.settings import Settings
from carclf.store import connect, runs


def choices(settings: Settings) -> list[tuple[str, int]]:
    """Return (words, run id) of the runs that can predict, most accurate first."""
    with connect(settings.db_path) as db:
        found = [run for run in runs.every(db) if _model(settings, run).is_file()]
        histories = runs.histories(db, [run.id for run in found])
    best = {
        run_id: max((one.metrics.get("val_accuracy", 0.0) for one in epochs), default=0)
        for run_id, epochs in histories.items()
    }
    found.sort(key=lambda run: best[run.id], reverse=True)
    return [
        (f"{run.name} · {words.percent(best[run.id], 1)} on validation", run.id)
        for run in found
    ]


def load(settings: Settings, run_id: int) -> Bundle:
    """Return the run's bundle; read again only when its file has changed.

    Raises:
        BundleError: The run has none, or it is damaged.
        StoreError: There is no such run.
    """
    with connect(settings.db_path) as db:
        run = runs.get(db, run_id)
    model = _model(settings, run)
    if not model.is_file():
        raise BundleError(recorded.why_no_model(run))
    return _loaded(model.parent, model.stat().st_mtime_ns)


@lru_cache(maxsize=3)
def _loaded(folder: Path, _changed: int) -> Bundle:
    return Bundle.load(folder)


def _model(settings: Settings, run: Run) -> Path:
    return settings.resolve(run.folder) / "bundle" / "model.onnx"
