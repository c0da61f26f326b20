"""The other process: `python -m carclf.worker JOB` does one job, start to end.

It takes the job from the store, says there how far it is, and records how it
ended. What it prints goes to the job's log file.
"""

import errno
import sys
import threading
import traceback

import psutil

from carclf import jobs, store, tasks
from carclf.errors import CarclfError, Stopped, StoreError
from carclf.jobs import webhook
from carclf.records import JobKind, JobStatus
from carclf.settings import Settings
from carclf.store import jobs as store_jobs

HEARTBEAT_S = 2.0
# Kinds of work that are gone on with, or are of use, where they were stopped.
KEPT: tuple[JobKind, ...] = (
    "train",
    "predict",
    "import",
    "import_runs",
    "background",
    "network",
    "health",
)


def main(job_id: int, settings: Settings) -> int:
    """Do the job and return the process's exit code: 0 unless it failed."""
    stop, ended = threading.Event(), threading.Event()
    with store.connect(settings.db_path) as db:
        job = store_jobs.get(db, job_id)
        process = psutil.Process()
        log = jobs.log_path(db, job)
        if not store_jobs.started(db, job_id, process.pid, process.create_time(), log):
            status = store_jobs.get(db, job_id).status
            print(f"Job {job_id} is {status}; nothing to do.")
            return 0
        beating = threading.Thread(
            target=_beat, args=(settings, job_id, stop, ended), daemon=True
        )
        beating.start()
        try:
            return _do(tasks.Work(settings, db, job, stop.is_set))
        finally:
            ended.set()


def _do(work: tasks.Work) -> int:
    """Do the work, record how it ended, and return the exit code."""
    try:
        with store.in_words(work.settings.db_path):
            status = tasks.of(work.job.kind)(work)
    except Stopped:
        status = "stopped"
    except CarclfError as error:
        traceback.print_exc()
        return _fail(work, str(error))
    # The one other place beside ui/errors.py: whatever ends a job is recorded.
    except Exception as error:
        traceback.print_exc()
        return _fail(work, _unexpected(error))
    reason = stopped(work.job.kind) if status == "stopped" else None
    _end(work, status, reason, 0)
    return 0


def stopped(kind: JobKind) -> str:
    """Return what a stop that was asked for means for work of this kind."""
    if kind in KEPT:
        return "Stopped as asked; what was done is kept."
    return "Stopped as asked. Start it again to have it."


def _fail(work: tasks.Work, reason: str) -> int:
    _end(work, "failed", reason, 1)
    return 1


def _end(
    work: tasks.Work, status: JobStatus, reason: str | None, exit_code: int
) -> None:
    job_id = work.job.id
    if store_jobs.finish(work.db, job_id, status, reason=reason, exit_code=exit_code):
        webhook.tell(work.settings, work.job)


def _beat(
    settings: Settings, job_id: int, stop: threading.Event, ended: threading.Event
) -> None:
    """Say that the worker lives, and hear whether it should stop, until its end."""
    while not ended.wait(HEARTBEAT_S):
        try:
            with store.connect(settings.db_path) as db:
                if store_jobs.beat(db, job_id):
                    stop.set()
        except StoreError as error:
            # Locked or full for a moment; the work itself goes on.
            print(error, flush=True)


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
