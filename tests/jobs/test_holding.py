"""What a failed job does to those behind it."""

import pytest

from carclf import jobs
from carclf.jobs import holding
from carclf.store import jobs as store_jobs


@pytest.fixture
def queue(db):
    return [store_jobs.create(db, "import", f"Job {number}", {}) for number in range(3)]


def fail_next(db):
    store_jobs.finish(db, holding.claim_next(db).id, "failed", reason="No space.")


def test_a_failure_does_not_hold_the_queue_unless_asked_for(settings, db, queue):
    assert jobs.continues_after_failure(settings)

    fail_next(db)

    assert not jobs.is_held(settings)
    assert holding.claim_next(db).title == "Job 1"


def test_a_failure_holds_the_queue_until_it_is_released(settings, db, queue):
    jobs.continue_after_failure(settings, False)
    fail_next(db)

    assert jobs.is_held(settings)
    assert holding.claim_next(db) is None
    jobs.release(settings)

    assert not jobs.is_held(settings)
    assert holding.claim_next(db).title == "Job 1"


def test_the_next_failure_holds_the_queue_again(settings, db, queue):
    jobs.continue_after_failure(settings, False)
    fail_next(db)
    jobs.release(settings)

    fail_next(db)

    assert jobs.is_held(settings)


def test_a_user_s_stop_or_a_removal_neither_holds_nor_frees_the_queue(
    settings, db, queue
):
    jobs.continue_after_failure(settings, False)
    store_jobs.finish(db, holding.claim_next(db).id, "stopped")
    assert not jobs.is_held(settings)

    fail_next(db)
    jobs.stop_now(settings, queue[2].id)

    assert jobs.is_held(settings)


def test_a_trial_neither_holds_the_queue_nor_is_held(settings, db, queue):
    jobs.continue_after_failure(settings, False)
    fail_next(db)
    trial = store_jobs.create(db, "probe", "Try one batch", {})

    assert holding.claim_next(db).id == trial.id
    store_jobs.finish(db, trial.id, "failed", reason="No space.")
    jobs.release(settings)

    assert not jobs.is_held(settings)


def test_choosing_to_continue_frees_a_held_queue(settings, db, queue):
    jobs.continue_after_failure(settings, False)
    fail_next(db)

    jobs.continue_after_failure(settings, True)

    assert not jobs.is_held(settings)
    assert holding.claim_next(db).title == "Job 1"
