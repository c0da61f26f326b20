"""The other process says in words how its work ended."""

from carclf import tasks, worker
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
