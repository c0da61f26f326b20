"""Exporting a run for use elsewhere, and removing what was exported."""

from collections.abc import Sequence

from carclf import preflight, recorded, store
from carclf.errors import ExportError
from carclf.exports import folder, formats
from carclf.records import Job, Run
from carclf.settings import Settings
from carclf.store import Database, jobs, runs


def submit_export(
    settings: Settings, run_id: int, names: Sequence[str], epoch: int | None = None
) -> Job:
    """Queue the export of a run's epoch (its best, if None) to some formats.

    Raises:
        ExportError: A format is unknown or its package is missing; the run has no
            network, or no images to check one on.
        StoreError: The run or the epoch's weights do not exist.
    """
    wanted = [one.name for one in formats.chosen(names)]
    with store.connect(settings.db_path) as db:
        run = runs.get(db, run_id)
        epoch = _epoch(settings, db, run, epoch)
        title = f"Export {run.name}, epoch {epoch}"
        asked = {"formats": wanted, "epoch": epoch}
        return jobs.create(db, "export", title, asked, run_id=run_id)


def exported(settings: Settings, run: Run, job: Job) -> folder.Export:
    """Return what came of an export that is done.

    Raises:
        ExportError: It was removed since.
    """
    return folder.find(settings, run, job.result["export"])


def exportable_epochs(settings: Settings, db: Database, run: Run) -> list[int]:
    """Return the epochs that can be exported, the best first."""
    kept = {one.epoch for one in runs.checkpoints(db, run.id)}
    if run.version_id is None:
        return []
    if run.best_epoch is not None and _is_packed(settings, run):
        kept.add(run.best_epoch)
    return sorted(kept, key=lambda epoch: (epoch != run.best_epoch, -epoch))


def _epoch(settings: Settings, db: Database, run: Run, wanted: int | None) -> int:
    if run.version_id is None:
        raise ExportError(
            f"“{run.name}” was imported without its images, so an exported network "
            "could not be checked on any. Fine-tune from it, and export that run."
        )
    known = exportable_epochs(settings, db, run)
    if not known:
        raise ExportError(recorded.why_no_model(run))
    if wanted in known:
        return wanted
    best = known[0] if wanted is None and run.best_epoch == known[0] else None
    # What it says of epochs that are not there holds here, too.
    return best or preflight.kept_epoch(db, run, wanted)


def _is_packed(settings: Settings, run: Run) -> bool:
    return (settings.resolve(run.folder) / "bundle" / "model.onnx").is_file()
