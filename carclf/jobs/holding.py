"""Whether the queue goes on after a failure, or waits for a person."""

from carclf import store
from carclf.records import Job
from carclf.settings import Settings
from carclf.store import Database, jobs, preferences

CONTINUE = "continue_after_failure"
RELEASED = "released_job"


def continues_after_failure(settings: Settings) -> bool:
    with store.connect(settings.db_path) as db:
        return bool(preferences.get(db, CONTINUE, otherwise=True))


def continue_after_failure(settings: Settings, wanted: bool) -> None:
    """Choose what a failed job does to those behind it, from now on."""
    with store.connect(settings.db_path) as db:
        preferences.set(db, CONTINUE, wanted)


def is_held(settings: Settings) -> bool:
    """Whether a failed job keeps those behind it from starting."""
    with store.connect(settings.db_path) as db:
        return _failure(db) is not None


def release(settings: Settings) -> None:
    """Let the queue go on, past the failure that holds it."""
    with store.connect(settings.db_path) as db:
        failed = _failure(db)
        if failed is not None:
            preferences.set(db, RELEASED, failed.id)


def claim_next(db: Database) -> Job | None:
    """Claim the first job that may start; of a held queue, only a trial."""
    # One transaction, so that a failure told in between is not overlooked.
    with db.atomic():
        return jobs.claim_next(db, only_trials=_failure(db) is not None)


def _failure(db: Database) -> Job | None:
    """Return the failed job that holds the queue, if any does."""
    if preferences.get(db, CONTINUE, otherwise=True):
        return None
    last = jobs.last_ended(db)
    if last is None or last.status != "failed":
        return None
    return None if preferences.get(db, RELEASED, otherwise=None) == last.id else last
