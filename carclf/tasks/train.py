"""Train a run, then judge its best epoch."""

from pathlib import Path

from carclf import devices, words
from carclf.bundle import Bundle
from carclf.ml import train as training
from carclf.records import Checkpoint, EpochEnded, JobStatus, Split
from carclf.store import jobs, runs
from carclf.tasks import plans
from carclf.tasks.evaluate import judge_split
from carclf.tasks.work import Work


def run(work: Work) -> JobStatus:
    db, run = work.db, work.run()
    runs.begin(db, run.id, devices.describe(), training.environment())

    def keep(epoch: int, path: Path) -> None:
        stored = path.relative_to(work.settings.home)
        size = path.stat().st_size
        runs.keep_checkpoint(db, Checkpoint(run.id, epoch, stored, size))

    def emit(event: EpochEnded) -> None:
        runs.add_epoch(db, run.id, event)
        print(words.epoch_line(event))

    outcome = training.train(
        plans.of(work, run),
        emit=emit,
        report=work.report,
        keep=keep,
        drop=lambda epoch: runs.drop_checkpoint(db, run.id, epoch),
        stop_requested=work.stop_requested,
    )
    for one in outcome.skipped:
        jobs.add_skipped(db, work.job.id, one)
    runs.end(db, run.id, outcome.best_epoch)
    if outcome.best_epoch is not None:
        version = work.version_of(run)
        split: Split = "test" if version.counts["test"] else "validation"
        bundle = Bundle.load(work.settings.resolve(run.folder) / "bundle")
        judge_split(work, bundle, run, outcome.best_epoch, version.id, split)
    return "stopped" if outcome.stopped else "done"
