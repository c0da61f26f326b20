"""The other process: `python -m carclf.worker JOB` does one job, start to end.

It takes the job from the store, says there how far it is, and records how it
ended. What it prints goes to the job's log file.
"""

import errno
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from carclf import devices, jobs, store, words
from carclf.bundle import Bundle
from carclf.config import Preparation, TrainConfig, Treatment, from_plain
from carclf.datasets import versions as dataset_versions
from carclf.errors import CarclfError, TrainingError
from carclf.evaluation import judge
from carclf.records import Checkpoint, EpochEnded, Job, JobStatus, Run, Split, Version
from carclf.settings import Settings
from carclf.store import Database, runs, versions
from carclf.store import jobs as store_jobs

if TYPE_CHECKING:
    from carclf.ml import train as training

HEARTBEAT_S = 2.0


@dataclass(frozen=True)
class Work:
    """What a job may use: its row, a connection of its own, and whether to stop."""

    settings: Settings
    db: Database
    job: Job
    stop_requested: Callable[[], bool]

    def report(
        self, done: int, total: int, message: str, seconds_left: float | None = None
    ) -> None:
        store_jobs.report(self.db, self.job.id, done, total, message, seconds_left)

    def paced(self, message: str) -> Callable[[int, int], None]:
        """Return an `on_progress` that tells the time left at the pace so far."""
        begun = time.monotonic()

        def on_progress(done: int, total: int) -> None:
            spent = time.monotonic() - begun
            left = spent / done * (total - done) if done else None
            self.report(done, total, message, left)

        return on_progress


def main(job_id: int, settings: Settings) -> int:
    """Do the job and return the process's exit code: 0 unless it failed."""
    stop = threading.Event()
    with store.connect(settings.db_path) as db:
        job = store_jobs.get(db, job_id)
        if job.status != "running":
            print(f"Job {job_id} is {job.status}; nothing to do.")
            return 0
        process = psutil.Process()
        log = jobs.log_path(settings, job)
        store_jobs.started(db, job_id, process.pid, process.create_time(), log)
        threading.Thread(
            target=_beat, args=(settings, job_id, stop), daemon=True
        ).start()
        try:
            status = _WORK[job.kind](Work(settings, db, job, stop.is_set))
        except CarclfError as error:
            traceback.print_exc()
            store_jobs.finish(db, job_id, "failed", reason=str(error), exit_code=1)
            return 1
        # The one other place beside ui/errors.py: whatever ends a job is recorded.
        except Exception as error:
            traceback.print_exc()
            store_jobs.finish(
                db, job_id, "failed", reason=_unexpected(error), exit_code=1
            )
            return 1
        reason = "Stopped as asked; what was done is kept." if stop.is_set() else None
        store_jobs.finish(db, job_id, status, reason=reason, exit_code=0)
    return 0


def _train(work: Work) -> JobStatus:
    # Keras takes seconds to import, and only trainings need it.
    from carclf.ml import train as training  # noqa: PLC0415

    db, run = work.db, _run_of(work)
    runs.begin(db, run.id, devices.describe(), training.environment())

    def keep(epoch: int, path: Path) -> None:
        stored = path.relative_to(work.settings.home)
        size = path.stat().st_size
        runs.keep_checkpoint(db, Checkpoint(run.id, epoch, stored, size))

    def emit(event: EpochEnded) -> None:
        runs.add_epoch(db, run.id, event)
        print(words.epoch_line(event))

    outcome = training.train(
        _plan(work, run),
        emit=emit,
        report=work.report,
        keep=keep,
        drop=lambda epoch: runs.drop_checkpoint(db, run.id, epoch),
        stop_requested=work.stop_requested,
    )
    for one in outcome.skipped:
        store_jobs.add_skipped(db, work.job.id, one)
    runs.end(db, run.id, outcome.best_epoch)
    if outcome.best_epoch is not None:
        version = _version_of(work, run)
        split: Split = "test" if version.counts["test"] else "validation"
        bundle = Bundle.load(work.settings.resolve(run.folder) / "bundle")
        _judge(work, bundle, run, outcome.best_epoch, version.id, split)
    return "stopped" if outcome.stopped else "done"


def _evaluate(work: Work) -> JobStatus:
    wanted, run = work.job.settings, _run_of(work)
    bundle = _bundle(work, run, wanted["epoch"])
    _judge(work, bundle, run, wanted["epoch"], wanted["version_id"], wanted["split"])
    return "done"


def _background(work: Work) -> JobStatus:
    wanted = work.job.settings
    dataset_versions.treat(
        work.settings,
        wanted["version_id"],
        Treatment.model_validate(wanted["treatment"]),
        wanted["name"],
        on_progress=work.paced("Removing backgrounds"),
        stop_requested=work.stop_requested,
    )
    return "stopped" if work.stop_requested() else "done"


def _import(work: Work) -> JobStatus:
    wanted = work.job.settings
    dataset_versions.import_folder(
        work.settings,
        Path(wanted["folder"]),
        wanted["name"],
        on_progress=work.paced("Reading photographs"),
    )
    return "done"


_WORK: dict[str, Callable[[Work], JobStatus]] = {
    "train": _train,
    "evaluate": _evaluate,
    "background": _background,
    "import": _import,
}


def _judge(
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


def _bundle(work: Work, run: Run, epoch: int) -> Bundle:
    """Return the bundle of any kept epoch; made here unless it is the run's best."""
    folder = work.settings.resolve(run.folder)
    if epoch == run.best_epoch and (folder / "bundle").is_dir():
        return Bundle.load(folder / "bundle")
    made = work.settings.cache / "bundles" / f"run-{run.id:03d}-epoch-{epoch:03d}"
    if not made.is_dir():
        from carclf.ml import train as training  # noqa: PLC0415

        work.report(0, 1, f"Exporting epoch {epoch}")
        kept = {one.epoch: one.path for one in runs.checkpoints(work.db, run.id)}
        event = next(one for one in runs.history(work.db, run.id) if one.epoch == epoch)
        weights = work.settings.resolve(kept[epoch])
        training.export_epoch(_plan(work, run), weights, event, made)
    return Bundle.load(made)


def _plan(work: Work, run: Run) -> "training.Plan":
    from carclf.ml import train as training  # noqa: PLC0415

    version = _version_of(work, run)
    config = from_plain(run.config)

    def images(split: Split) -> list[training.TrainImage]:
        return [
            training.TrainImage(work.settings.resolve(one.path), one.sha256, one.label)
            for one in versions.examples(work.db, version.id, split=split)
        ]

    return training.Plan(
        config=config,
        preparation=_preparation(config, version),
        classes=version.classes,
        train=images("train"),
        validation=images("validation"),
        folder=work.settings.resolve(run.folder),
        cache=work.settings.cache,
        run_facts={"run_id": run.id, "run_name": run.name},
        parent=_parent(work, run),
    )


def _preparation(config: TrainConfig, version: Version) -> Preparation:
    height, width = config.data.image_size
    return Preparation(
        height=height,
        width=width,
        resize=config.data.resize,
        treatment=Treatment.model_validate(version.treatment),
    )


def _parent(work: Work, run: Run) -> "training.Parent | None":
    if run.parent_id is None:
        return None
    from carclf.ml import train as training  # noqa: PLC0415

    parent = runs.get(work.db, run.parent_id)
    kept = {one.epoch: one.path for one in runs.checkpoints(work.db, parent.id)}
    if run.parent_epoch not in kept:
        raise TrainingError(
            f"“{parent.name}” no longer has the weights of epoch {run.parent_epoch} "
            "that this run was to start from. Queue it again from another epoch."
        )
    return training.Parent(
        weights=work.settings.resolve(kept[run.parent_epoch]),
        config=from_plain(parent.config),
        classes=_version_of(work, parent).classes,
    )


def _run_of(work: Work) -> Run:
    assert work.job.run_id is not None
    return runs.get(work.db, work.job.run_id)


def _version_of(work: Work, run: Run) -> Version:
    assert run.version_id is not None
    return versions.get(work.db, run.version_id)


def _beat(settings: Settings, job_id: int, stop: threading.Event) -> None:
    """Say that the worker lives, and hear whether it should stop."""
    with store.connect(settings.db_path) as db:
        while True:
            if store_jobs.beat(db, job_id):
                stop.set()
            time.sleep(HEARTBEAT_S)


def _unexpected(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return (
            "The disk is full. Free some space, or delete runs that are no longer "
            "needed; what was recorded until then is kept."
        )
    return (
        f"A fault in carclf: {type(error).__name__}: {error}. The job's log holds the "
        "details."
    )


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Settings.from_environment()))
