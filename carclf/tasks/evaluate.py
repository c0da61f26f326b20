"""Judge a run's epoch on a split."""

from carclf.bundle import Bundle
from carclf.errors import StoreError
from carclf.evaluation import epochs, judge
from carclf.records import EpochEnded, JobStatus, Run, Split
from carclf.store import runs
from carclf.tasks.work import Work


def run(work: Work) -> JobStatus:
    wanted, run = work.job.settings, work.run()
    bundle = bundle_of(work, run, wanted["epoch"])
    split = wanted["split"]
    judge.evaluate(
        work.settings,
        bundle,
        run.id,
        wanted["epoch"],
        wanted["version_id"],
        split,
        on_progress=work.stoppable(judging(split)),
    )
    return "done"


def judging(split: Split) -> str:
    """Return what is said while the images of a split are judged."""
    return f"Judging {split} images"


def bundle_of(work: Work, run: Run, epoch: int) -> Bundle:
    """Return the bundle of any kept epoch; made here unless it is the run's best."""
    made = epochs.bundle_of(work.settings, work.db, run, epoch)
    if made is None:
        raise StoreError(
            f"The weights of epoch {epoch} of “{run.name}” are gone from the disk. "
            "Evaluate another epoch."
        )
    if not made.is_dir():
        # Keras takes seconds to import, and the best epoch does not need it.
        from carclf.ml import train as training  # noqa: PLC0415
        from carclf.tasks import plans  # noqa: PLC0415

        work.report(0, 1, f"Exporting epoch {epoch}")
        kept = {one.epoch: one.path for one in runs.checkpoints(work.db, run.id)}
        weights = work.settings.resolve(kept[epoch])
        found = (one for one in runs.history(work.db, run.id) if one.epoch == epoch)
        # A worker that was killed may have kept the weights and not what was measured.
        event = next(found, EpochEnded(epoch, {}))
        training.export_epoch(plans.of(work, run), weights, event, made)
    return Bundle.load(made)
