"""Trained models to choose from, kept loaded between clicks."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from carclf import words
from carclf.bundle import Bundle
from carclf.errors import BundleError
from carclf.evaluation import epochs
from carclf.prediction import ensemble
from carclf.prediction.ensemble import Ensemble
from carclf.records import Evaluation, Run
from carclf.settings import Settings
from carclf.store import connect, runs
from carclf.ui import cards


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


def load(settings: Settings, run_id: int, epoch: int | None = None) -> Bundle:
    """Return the run's bundle; read again only when its file has changed.

    Args:
        epoch: Whose is wanted, if it was ever made; that of the best epoch otherwise.

    Raises:
        BundleError: The run has none, or it is damaged.
        StoreError: There is no such run.
    """
    with connect(settings.db_path) as db:
        run = runs.get(db, run_id)
        wanted = epochs.bundle_of(settings, db, run, epoch) if epoch else None
    if wanted is None or not (wanted / "model.onnx").is_file():
        wanted = ensemble.folder(settings, run)
    return _loaded(wanted, (wanted / "model.onnx").stat().st_mtime_ns)


def asked(run_id: int | None, others: Sequence[int] | None) -> list[int]:
    """Return the runs to ask, each once and the chosen one first."""
    chosen = [] if run_id is None else [run_id]
    return list(dict.fromkeys([*chosen, *(others or [])]))


def together(settings: Settings, run_ids: Sequence[int]) -> Ensemble:
    """Return the bundles of these runs as one that answers.

    Raises:
        BundleError: None is chosen, one has no model, or their classes differ.
        StoreError: There is no such run.
    """
    if not run_ids:
        raise BundleError("There is no trained network yet. Train one first.")
    with connect(settings.db_path) as db:
        names = [runs.get(db, run_id).name for run_id in run_ids]
    return Ensemble.of(
        [
            (name, load(settings, run_id))
            for name, run_id in zip(names, run_ids, strict=True)
        ],
        settings,
    )


def other_epoch(evaluation: Evaluation, bundle: Bundle) -> str:
    """Return a note where a bundle's maps are not of the epoch that was judged."""
    epoch = bundle.facts.get("epoch")
    if epoch in (None, evaluation.epoch):
        return ""
    return cards.note(
        f"These maps are those of epoch {epoch}, whose weights the run's model holds; "
        f"the evaluation is of epoch {evaluation.epoch}."
    )


# As many as somebody compares at once.
@lru_cache(maxsize=6)
def _loaded(folder: Path, _changed: int) -> Bundle:
    return Bundle.load(folder)


def _model(settings: Settings, run: Run) -> Path:
    return settings.resolve(run.folder) / "bundle" / "model.onnx"
