"""Ending jobs, and clearing away what they left."""

import shutil

from carclf import store
from carclf.errors import JobError
from carclf.jobs import webhook
from carclf.jobs.processes import end_group, process_of
from carclf.records import FINISHED, Job, Run
from carclf.settings import Settings
from carclf.store import jobs, runs


def stop_after_epoch(settings: Settings, job_id: int) -> None:
    """Ask for an end at the next point where what was done can be kept.

    A job that still waits is taken out of the queue instead.
    """
    with store.connect(settings.db_path) as db:
        job = jobs.get(db, job_id)
        _refuse_ended(job)
        if job.status == "queued":
            jobs.finish(db, job_id, "stopped", reason="Removed from the queue.")
        jobs.request_stop(db, job_id)


def stop_now(settings: Settings, job_id: int) -> None:
    """End the worker with all of its processes, or take a job out of the queue."""
    with store.connect(settings.db_path) as db:
        job = jobs.get(db, job_id)
        _refuse_ended(job)
        words = (
            "Removed from the queue." if job.status == "queued" else "Stopped at once."
        )
        # Recorded first, so that nobody takes the death for a failure; a worker that
        # has not said yet who it is finds it so, and ends by itself.
        is_first = jobs.finish(db, job_id, "stopped", reason=words)
        process = process_of(jobs.get(db, job_id))
    if process is not None:
        end_group(process)
    if is_first and job.status == "running":
        webhook.tell_later(settings, job)


def delete_run(settings: Settings, run_id: int) -> Run:
    """Forget a run and remove its folder.

    Raises:
        StoreError: It runs, or another run was started from it.
    """
    with store.connect(settings.db_path) as db:
        run = runs.delete(db, run_id)
    shutil.rmtree(settings.resolve(run.folder), ignore_errors=True)
    return run


def _refuse_ended(job: Job) -> None:
    if job.status in FINISHED:
        raise JobError(f"“{job.title}” has ended already ({job.status}).")
