"""Judge a run's epoch on a split."""

from carclf.bundle import Bundle
from carclf.errors import StoreError
from carclf.evaluation import epochs, judge
from carclf.records import JobStatus, Run, Split
from carclf.store import runs
from carclf.tasks.work import Work


def run(work: Work) -> JobStatus:
    wanted, run = work.job.settings, work.run()
    bundle = bundle_of(work, run, wanted["epoch"])
    judge_split(
        work, bundle, run, wanted["epoch"], wanted["version_id"], wanted["split"]
    )
    return "done"


def judge_split(
    work: Work, bundle: Bundle, run: Run, epoch: int, version_id: int, split: Split
) -> None:
    judge.evaluate(
        work.settings,
        bundle,
        run.id,
        epoch,
        version_id,
        split,
        on_progress=work.paced(f"Judging {split} images"),
    )


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
        event = next(one for one in runs.history(work.db, run.id) if one.epoch == epoch)
        training.export_epoch(plans.of(work, run), weights, event, made)
    return Bundle.load(made)
