"""The job that a tab shows: what runs, waits, or ended a moment ago."""

from datetime import UTC, datetime, timedelta
from typing import Any

import gradio as gr

from carclf import jobs
from carclf.errors import JobError
from carclf.records import FINISHED, Job, JobKind
from carclf.settings import Settings
from carclf.store import connect
from carclf.store import jobs as stored

SHOWN_FOR = timedelta(minutes=10)


def latest(settings: Settings, kind: JobKind) -> Job | None:
    """Return the newest job of a kind, unless it ended long ago."""
    with connect(settings.db_path) as db:
        found = next((job for job in stored.every(db) if job.kind == kind), None)
    if found is None or found.status not in FINISHED or found.ended_at is None:
        return found
    age = datetime.now(UTC) - datetime.fromisoformat(found.ended_at)
    return found if age < SHOWN_FOR else None


def stop(settings: Settings, kind: JobKind) -> Job | None:
    """Ask what runs, or waits, to end, and return it; what it did so far is kept.

    Raises:
        JobError: It ended already.
    """
    job = latest(settings, kind)
    if job is None or job.status in FINISHED:
        raise JobError("It is not running any more.")
    jobs.stop_after_epoch(settings, job.id)
    return latest(settings, kind)


def go_on(settings: Settings, kind: JobKind) -> Job:
    """Queue what ended last once more, and return it; it goes on where it was.

    Raises:
        JobError: There is nothing that was stopped or failed.
    """
    job = latest(settings, kind)
    if job is None or not _is_left(job):
        raise JobError("There is nothing to go on with. Start one anew.")
    return jobs.resume_version(settings, job)


def offered(job: Job | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return buttons to stop a job and to go on with it, seen if there is use."""
    runs = job is not None and job.status not in FINISHED
    ended = job is not None and _is_left(job)
    return gr.update(visible=runs), gr.update(visible=ended)


def _is_left(job: Job) -> bool:
    return job.status in ("failed", "stopped")
