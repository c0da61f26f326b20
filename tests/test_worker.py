"""The other process says in words how its work ended."""

import sqlite3
import threading

import pytest

from carclf import store, tasks, worker
from carclf.errors import Stopped
from carclf.store import jobs


def test_a_stop_promises_to_have_kept_only_what_can_be_gone_on_with():
    assert "what was done is kept" in worker.stopped("train")
    assert "what was done is kept" in worker.stopped("predict")
    assert "kept" not in worker.stopped("export")
    assert "what was done is kept" in worker.stopped("background")
    assert "Start it again" in worker.stopped("evaluate")


def test_a_hundred_thousand_steps_are_told_a_few_times_and_the_last_one_surely(
    settings, db
):
    job = jobs.create(db, "import", "Import cars", {})
    on_progress = tasks.Work(settings, db, job, lambda: False).paced("Reading")

    before = db.conn.total_changes
    for done in range(100_001):
        on_progress(done, 100_000)

    assert db.conn.total_changes - before < 100
    assert jobs.get(db, job.id).progress["done"] == 100_000


def test_a_stop_is_heard_though_the_store_was_locked_meanwhile(
    settings, db, monkeypatch
):
    monkeypatch.setattr(worker, "HEARTBEAT_S", 0.01)
    monkeypatch.setattr(store, "BUSY_TIMEOUT_S", 0.01)
    job = jobs.create(db, "import", "Import cars", {})
    jobs.claim_next(db)
    stop, ended, refused = threading.Event(), threading.Event(), threading.Event()
    monkeypatch.setattr(worker, "print", lambda *_, **__: refused.set(), raising=False)
    asked = (settings, job.id, stop, ended)
    beating = threading.Thread(target=worker._beat, args=asked)
    with db.atomic():
        beating.start()
        assert refused.wait(60)
    assert not stop.is_set()

    jobs.request_stop(db, job.id)

    assert stop.wait(60)
    ended.set()
    beating.join()


@pytest.mark.parametrize(
    ("ending", "status", "said"),
    [
        (Stopped(), "stopped", "Stopped as asked"),
        (sqlite3.OperationalError("database is locked"), "failed", "another program"),
        (MemoryError("much"), "failed", "A fault in carclf: MemoryError: much"),
    ],
)
def test_how_work_ends_is_recorded(settings, db, monkeypatch, ending, status, said):
    def task(work):
        raise ending

    monkeypatch.setattr(tasks, "of", lambda kind: task)
    job = jobs.create(db, "evaluate", "Judge", {})
    jobs.claim_next(db)

    worker.main(job.id, settings)

    found = jobs.get(db, job.id)
    assert found.status == status
    assert said in found.reason


def test_work_that_was_done_before_it_could_stop_is_done(settings, db, monkeypatch):
    monkeypatch.setattr(tasks, "of", lambda kind: lambda work: "done")
    job = jobs.create(db, "evaluate", "Judge", {})
    jobs.claim_next(db)
    jobs.request_stop(db, job.id)

    assert worker.main(job.id, settings) == 0

    assert (jobs.get(db, job.id).status, jobs.get(db, job.id).reason) == ("done", None)


def test_work_of_which_nothing_is_kept_stops_at_the_next_step(settings, db):
    job, asked = jobs.create(db, "evaluate", "Judge", {}), threading.Event()
    on_progress = tasks.Work(settings, db, job, asked.is_set).stoppable("Judging")

    on_progress(1, 3)
    asked.set()

    with pytest.raises(Stopped):
        on_progress(2, 3)
