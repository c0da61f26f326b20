"""The other process: `python -m carclf.worker JOB` does one job, start to end.

It takes the job from the store, says there how far it is, and records how it
ended. What it prints goes to the job's log file.
"""

import os
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from carclf import devices, jobs, store
from carclf.bundle import Bundle
from carclf.config import Preparation, TrainConfig, Treatment, from_plain
from carclf.datasets import versions as dataset_versions
from carclf.errors import CarclfError, TrainingError
from carclf.evaluation import judge
from carclf.records import Checkpoint, EpochEnded, Job, JobStatus, Run, Version
from carclf.settings import Settings
from carclf.store import Database, runs, versions
from carclf.store import jobs as store_jobs

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
    from carclf.ml import train  # noqa: PLC0415

    settings, db = work.settings, work.db
    assert work.job.run_id is not None
    run = runs.get(db, work.job.run_id)
    plan = _plan(settings, db, run)
    runs.begin(db, run.id, devices.describe(), train.environment())

    def keep(epoch: int, path: Path) -> None:
        stored = path.relative_to(settings.home)
        size = path.stat().st_size
        runs.keep_checkpoint(db, Checkpoint(run.id, epoch, stored, size))

    outcome = train.train(
        plan,
        emit=lambda event: runs.add_epoch(db, run.id, event),
        report=work.report,
        keep=keep,
        drop=lambda epoch: runs.drop_checkpoint(db, run.id, epoch),
        stop_requested=work.stop_requested,
    )
    for one in outcome.skipped:
        store_jobs.add_skipped(db, work.job.id, one)
    runs.end(db, run.id, outcome.best_epoch)
    assert run.version_id is not None
    version = versions.get(db, run.version_id)
    split = "test" if version.counts["test"] else "validation"
    _judge(work, run, outcome.best_epoch, version.id, split)
    return "stopped" if outcome.stopped else "done"


def _evaluate(work: Work) -> JobStatus:
    wanted, run_id = work.job.settings, work.job.run_id
    assert run_id is not None
    run = runs.get(work.db, run_id)
    _judge(work, run, wanted["epoch"], wanted["version_id"], wanted["split"])
    return "done"


def _background(work: Work) -> JobStatus:
    wanted = work.job.settings
    dataset_versions.treat(
        work.settings,
        wanted["version_id"],
        Treatment.model_validate(wanted["treatment"]),
        wanted["name"],
        on_progress=_paced(work, "Removing backgrounds"),
        stop_requested=work.stop_requested,
    )
    return "stopped" if work.stop_requested() else "done"


def _import(work: Work) -> JobStatus:
    wanted = work.job.settings
    dataset_versions.import_folder(
        work.settings,
        Path(wanted["folder"]),
        wanted["name"],
        on_progress=_paced(work, "Reading photographs"),
    )
    return "done"


_WORK: dict[str, Callable[[Work], JobStatus]] = {
    "train": _train,
    "evaluate": _evaluate,
    "background": _background,
    "import": _import,
}


def _plan(settings: Settings, db: Database, run: Run) -> "train.Plan":
    from carclf.ml import train  # noqa: PLC0415

    assert run.version_id is not None
    config, version = from_plain(run.config), versions.get(db, run.version_id)
    return train.Plan(
        config=config,
        preparation=_preparation(config, version),
        classes=version.classes,
        train=_images(settings, db, version, "train"),
        validation=_images(settings, db, version, "validation"),
        folder=settings.resolve(run.folder),
        cache=settings.cache,
        run_facts={"run_id": run.id, "run_name": run.name},
        parent=_parent(settings, db, run),
    )
