"""A training is tried by a worker before it is queued."""

import pytest

from carclf import jobs, store
from carclf.errors import ConfigError, StoreError
from carclf.records import FINISHED
from carclf.store import jobs as store_jobs


def ended(job):
    return job.status in FINISHED


def test_a_trial_is_next_in_the_queue(settings, tiny):
    jobs.submit_training(settings, tiny(name="long"))
    jobs.submit_training(settings, tiny(name="longer"))

    probe = jobs.submit_probe(settings, tiny())

    with store.connect(settings.db_path) as db:
        waiting = store_jobs.unfinished(db)
    assert [job.kind for job in waiting] == ["probe", "train", "train"]
    assert probe.title == "Try one batch (tiny, 32 × 32)"


def test_a_queue_with_nothing_to_do_does_not_start_a_trial_before_it_stands(
    settings, tiny, monkeypatch
):
    create = store_jobs.create

    def create_and_be_looked_at(db, *asked):
        job = create(db, *asked)
        with pytest.raises(StoreError, match="locked"):
            claim_from_another_program()
        return job

    def claim_from_another_program():
        with store.connect(settings.db_path) as other:
            store_jobs.claim_next(other)

    monkeypatch.setattr(store, "BUSY_TIMEOUT_S", 0.01)

    monkeypatch.setattr(store_jobs, "create", create_and_be_looked_at)

    assert jobs.submit_probe(settings, tiny()).status == "queued"


def test_a_training_that_could_not_begin_is_not_tried(settings, tiny):
    with pytest.raises(ConfigError, match="no dataset version called “gone”"):
        jobs.submit_find_rate(settings, tiny(data={"version": "gone"}))

    with store.connect(settings.db_path) as db:
        assert store_jobs.unfinished(db) == []


@pytest.mark.slow
@pytest.mark.keras
def test_a_worker_tries_a_batch_and_writes_it_as_pictures(settings, tiny, until):
    old = settings.thumbnails / "batch-0"
    old.mkdir(parents=True)
    wanted = tiny(learning={"mode": "finetune", "mixup": 0.4})

    found = until(jobs.submit_probe(settings, wanted).id, ended)

    assert (found.status, found.run_id) == ("done", None)
    assert found.result["batch_size"] == found.result["asked"] == 32
    assert found.result["network"] == "tiny, fine-tuned, at 32 × 32"
    assert found.result["total_s"] > 0
    pictures = [settings.resolve(one["path"]) for one in found.result["preview"]]
    assert len(pictures) == 12
    assert {path.parent.parent for path in pictures} == {settings.thumbnails}
    assert all(path.is_file() for path in pictures)
    assert any(" %, " in one["caption"] for one in found.result["preview"])
    assert not old.exists()


@pytest.mark.slow
@pytest.mark.keras
def test_a_worker_finds_a_learning_rate(settings, tiny, until):
    wanted = tiny(learning={"mode": "finetune", "batch_norm": "update"})

    found = until(jobs.submit_find_rate(settings, wanted).id, ended)

    assert found.status == "done"
    assert 1e-5 < found.result["steepest"] < 1
    assert len(found.result["rates"]) == len(found.result["smoothed"])
