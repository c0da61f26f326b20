"""The queue: one job at a time, each ended once."""

import threading
from collections import Counter
from pathlib import Path

import pytest

from carclf import store
from carclf.config import TrainConfig
from carclf.errors import StoreError
from carclf.records import Checkpoint, Skipped
from carclf.store import jobs, runs


@pytest.fixture
def queue(db):
    return [jobs.create(db, "import", f"Job {number}", {}) for number in range(4)]


def waiting(db) -> list[str]:
    return [job.title for job in jobs.unfinished(db) if job.status == "queued"]


def test_a_job_keeps_the_settings_it_was_queued_with(db):
    job = jobs.create(db, "train", "Größe", {"name": "ä", "nested": [1, None]})

    assert jobs.get(db, job.id) == job
    assert job.settings == {"name": "ä", "nested": [1, None]}
    assert (job.status, job.progress, job.pid, job.log_path) == (
        "queued",
        {},
        None,
        None,
    )


def test_jobs_are_claimed_in_order_and_one_at_a_time(db, queue):
    first = jobs.claim_next(db)
    assert first.title == "Job 0"
    assert first.started_at is not None
    assert jobs.claim_next(db) is None

    jobs.finish(db, first.id, "done")
    assert jobs.claim_next(db).title == "Job 1"


def test_a_failed_job_does_not_stop_those_behind_it(db, queue):
    jobs.finish(db, jobs.claim_next(db).id, "failed", reason="No space.", exit_code=1)

    assert jobs.claim_next(db).title == "Job 1"


def test_several_programs_never_claim_the_same_job(settings, db, queue):
    claimed: list[int] = []

    def claim() -> None:
        with store.connect(settings.db_path) as own:
            while any(job.status == "queued" for job in jobs.unfinished(own)):
                job = jobs.claim_next(own)
                if job is not None:
                    claimed.append(job.id)
                    jobs.finish(own, job.id, "done")

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(claimed) == Counter(job.id for job in queue)


def test_an_empty_queue_has_nothing_to_claim(db):
    assert jobs.claim_next(db) is None


def test_the_first_end_counts(db, queue):
    job = jobs.claim_next(db)

    assert jobs.finish(db, job.id, "stopped", reason="Stopped.", exit_code=0)
    assert not jobs.finish(db, job.id, "failed", reason="It died.", exit_code=-9)

    ended = jobs.get(db, job.id)
    assert (ended.status, ended.reason, ended.exit_code) == ("stopped", "Stopped.", 0)


def test_a_worker_beats_reports_and_learns_that_it_should_stop(db, queue):
    job = jobs.claim_next(db)
    jobs.started(db, job.id, 123, 4.5, Path("experiments/run-001/worker.log"))

    assert jobs.beat(db, job.id) is False
    jobs.report(
        db, job.id, 3, 10, "Epoch 3 of 10", seconds_left=7.0, waiting_share=0.01
    )
    jobs.request_stop(db, job.id)
    assert jobs.beat(db, job.id) is True

    now = jobs.get(db, job.id)
    assert (now.pid, now.pid_started) == (123, 4.5)
    assert now.log_path == Path("experiments/run-001/worker.log")
    assert now.progress == {
        "done": 3,
        "total": 10,
        "message": "Epoch 3 of 10",
        "seconds_left": 7.0,
        "waiting_share": 0.01,
    }


def test_a_worker_whose_job_has_ended_does_not_begin_it(db, queue):
    job = jobs.claim_next(db)
    jobs.finish(db, job.id, "stopped")

    begun = jobs.started(db, job.id, 123, 4.5, Path("worker.log"))

    assert not begun
    assert jobs.get(db, job.id).pid is None
    assert jobs.beat(db, job.id)
    assert jobs.beat(db, 99)


def test_a_stop_is_asked_of_running_jobs_only(db, queue):
    jobs.request_stop(db, queue[0].id)

    assert not jobs.get(db, queue[0].id).stop_requested


def test_the_job_that_ended_last_is_one_that_a_worker_did(db, queue):
    assert jobs.last_ended(db) is None
    jobs.finish(db, jobs.claim_next(db).id, "failed", reason="No space.")
    jobs.finish(db, queue[2].id, "stopped", reason="Removed from the queue.")

    assert jobs.last_ended(db).title == "Job 0"


def test_a_training_waits_for_the_one_whose_weights_it_needs(db):
    settings = TrainConfig().model_dump(mode="json")
    parent = runs.create(db, "parent", settings, version_id=None)
    child = runs.create(db, "child", settings, version_id=None, parent_id=parent.id)
    first = jobs.create(db, "train", "Train child", {}, child.id)
    second = jobs.create(db, "train", "Train parent", {}, parent.id)

    assert jobs.claim_next(db).id == second.id
    assert jobs.claim_next(db) is None
    jobs.finish(db, second.id, "done")
    assert jobs.claim_next(db).id == first.id


def test_a_training_whose_weights_are_there_waits_for_nobody(db):
    settings = TrainConfig().model_dump(mode="json")
    parent = runs.create(db, "parent", settings, version_id=None)
    runs.keep_checkpoint(db, Checkpoint(parent.id, 3, Path("3.weights.h5"), 1))
    child = runs.create(
        db, "child", settings, version_id=None, parent_id=parent.id, parent_epoch=3
    )
    first = jobs.create(db, "train", "Train child", {}, child.id)
    jobs.create(db, "train", "Resume parent", {}, parent.id)

    assert jobs.claim_next(db).id == first.id


@pytest.mark.parametrize(
    ("places", "order"),
    [
        (-1, ["Job 0", "Job 2", "Job 1", "Job 3"]),
        (-9, ["Job 2", "Job 0", "Job 1", "Job 3"]),
        (1, ["Job 0", "Job 1", "Job 3", "Job 2"]),
        (9, ["Job 0", "Job 1", "Job 3", "Job 2"]),
    ],
)
def test_a_waiting_job_moves_up_and_down(db, queue, places, order):
    jobs.move(db, queue[2].id, places)

    assert waiting(db) == order


def test_newcomers_stay_behind_those_that_were_moved(db, queue):
    jobs.move(db, queue[3].id, -3)
    jobs.move(db, queue[0].id, 2)
    jobs.create(db, "import", "Newcomer", {})

    assert waiting(db)[-1] == "Newcomer"


def test_a_job_that_runs_cannot_be_moved(db, queue):
    jobs.claim_next(db)

    with pytest.raises(StoreError, match="does not wait in the queue any more"):
        jobs.move(db, queue[0].id, 1)


def test_unfinished_jobs_show_the_running_one_first(db, queue):
    jobs.move(db, queue[3].id, -3)
    jobs.claim_next(db)
    jobs.finish(db, queue[3].id, "done")
    jobs.claim_next(db)

    assert [(job.title, job.status) for job in jobs.unfinished(db)] == [
        ("Job 0", "running"),
        ("Job 1", "queued"),
        ("Job 2", "queued"),
    ]


def test_the_newest_jobs_are_listed_first(db, queue):
    assert [job.title for job in jobs.every(db, limit=2)] == ["Job 3", "Job 2"]


def test_what_a_job_skipped_is_kept_with_it(db, queue):
    left_out = Skipped("0046.jpg", "is empty.")
    jobs.add_skipped(db, queue[0].id, left_out)

    assert jobs.skipped(db, queue[0].id) == [left_out]
    assert jobs.skipped(db, queue[1].id) == []


def test_an_unknown_job_is_named(db):
    with pytest.raises(StoreError, match="no job 5"):
        jobs.get(db, 5)
