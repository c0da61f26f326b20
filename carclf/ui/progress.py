"""The job that a tab shows: what runs, waits, or ended a moment ago."""

from datetime import UTC, datetime, timedelta

from carclf.records import FINISHED, Job, JobKind
from carclf.settings import Settings
from carclf.store import connect, jobs

SHOWN_FOR = timedelta(minutes=10)


def latest(settings: Settings, kind: JobKind) -> Job | None:
    """Return the newest job of a kind, unless it ended long ago."""
    with connect(settings.db_path) as db:
        found = next((job for job in jobs.every(db) if job.kind == kind), None)
    if found is None or found.status not in FINISHED or found.ended_at is None:
        return found
    age = datetime.now(UTC) - datetime.fromisoformat(found.ended_at)
    return found if age < SHOWN_FOR else None
