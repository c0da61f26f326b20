"""Runs, and how they went."""

import sqlite3
from pathlib import Path

import pytest

from carclf.config import TrainConfig
from carclf.errors import StoreError
from carclf.records import Checkpoint, EpochEnded
from carclf.store import jobs, runs

SETTINGS = TrainConfig(seed=7).model_dump(mode="json")


@pytest.fixture
def run(db, version):
    return runs.create(db, "", SETTINGS, version_id=version.id)


def test_a_run_without_a_name_is_called_by_its_number(db, run):
    assert (run.id, run.name, run.folder) == (1, "run 1", Path("experiments/run-001"))
    assert run.seed == 7
    assert TrainConfig.model_validate(run.config) == TrainConfig(seed=7)
    assert runs.get(db, run.id) == run


def test_a_run_is_found_by_number_or_name(db, run):
    named = runs.create(db, "Größe 2", SETTINGS, version_id=None, parent_id=run.id)

    assert runs.find(db, "1") == run
    assert runs.find(db, "Größe 2") == named
    assert runs.every(db) == [named, run]
    with pytest.raises(StoreError, match=r"no run called “other”.*runs list"):
        runs.find(db, "other")
    with pytest.raises(StoreError, match="no run 99"):
        runs.find(db, "99")


def test_a_name_is_given_once(db):
    runs.create(db, "mine", SETTINGS, version_id=None)

    with pytest.raises(StoreError, match="“mine” exists already"):
        runs.create(db, "mine", SETTINGS, version_id=None)

    assert len(runs.every(db)) == 1


def test_an_epoch_is_recorded_whole_or_not_at_all(db, run):
    diverged = EpochEnded(1, {"accuracy": 0.5, "loss": float("nan")})

    with pytest.raises(sqlite3.IntegrityError):
        runs.add_epoch(db, run.id, diverged)

    assert runs.history(db, run.id) == []


def test_an_epoch_is_recorded_once(db, run):
    first = EpochEnded(1, {"loss": 2.0, "val_accuracy": 0.1})
    runs.add_epoch(db, run.id, first)

    with pytest.raises(sqlite3.IntegrityError):
        runs.add_epoch(db, run.id, EpochEnded(1, {"loss": 1.0}))

    assert runs.history(db, run.id) == [first]


def test_epochs_of_several_runs_come_in_order(db, run):
    other = runs.create(db, "other", SETTINGS, version_id=None)
    for epoch in (2, 1, 10):
        runs.add_epoch(db, run.id, EpochEnded(epoch, {"loss": 1 / epoch}))

    histories = runs.histories(db, [run.id, other.id])

    assert [event.epoch for event in histories[run.id]] == [1, 2, 10]
    assert histories[other.id] == []


def test_a_run_has_the_status_of_its_last_training(db, run):
    assert run.status == "imported"
    first = jobs.create(db, "train", "Train", {}, run.id)
    assert runs.get(db, run.id).status == "queued"
    jobs.claim_next(db)
    jobs.finish(db, first.id, "failed", reason="Out of memory.", exit_code=1)
    assert (runs.get(db, run.id).status, runs.get(db, run.id).reason) == (
        "failed",
        "Out of memory.",
    )

    jobs.create(db, "train", "Train again", {}, run.id)
    jobs.create(db, "evaluate", "Judge", {}, run.id)

    assert runs.get(db, run.id).status == "queued"


def test_the_beginning_and_the_end_are_recorded(db, run):
    runs.begin(db, run.id, "CPU, 2 cores", {"keras": "3.15"})
    begun = runs.get(db, run.id)
    runs.begin(db, run.id, "NVIDIA H200", {"keras": "3.15"})
    runs.end(db, run.id, best_epoch=4)

    ended = runs.get(db, run.id)
    assert begun.device == "CPU, 2 cores"
    assert ended.started_at == begun.started_at
    assert (ended.device, ended.best_epoch) == ("NVIDIA H200", 4)
    assert ended.environment == {"keras": "3.15"}
    assert ended.ended_at is not None


def test_checkpoints_are_kept_replaced_and_dropped(db, run):
    for epoch, size in ((2, 10), (1, 20), (2, 30)):
        path = Path(f"experiments/run-001/checkpoints/{epoch}.keras")
        runs.keep_checkpoint(db, Checkpoint(run.id, epoch, path, size))

    kept = runs.checkpoints(db, run.id)
    runs.drop_checkpoint(db, run.id, 1)

    assert [(one.epoch, one.size_bytes) for one in kept] == [(1, 20), (2, 30)]
    assert [one.epoch for one in runs.checkpoints(db, run.id)] == [2]


def test_deleting_a_run_takes_its_epochs_jobs_and_checkpoints_along(db, run):
    runs.add_epoch(db, run.id, EpochEnded(1, {"loss": 1.0}))
    job = jobs.create(db, "train", "Train", {}, run.id)
    jobs.finish(db, job.id, "done")

    assert runs.delete(db, run.id).id == run.id

    assert runs.every(db) == []
    assert db["metrics"].count == 0
    assert db["jobs"].count == 0


@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_run_that_waits_or_runs_is_not_deleted(db, run, status):
    jobs.create(db, "train", "Train", {}, run.id)
    if status == "running":
        jobs.claim_next(db)

    with pytest.raises(StoreError, match=f"“run 1” is {status}. Stop it"):
        runs.delete(db, run.id)


@pytest.mark.parametrize(
    ("kind", "wanted", "has_run"),
    [
        ("export", {}, True),
        ("predict", {"run_ids": [1]}, False),
        ("probe", {"parent_id": 1}, False),
    ],
)
def test_a_run_that_a_job_is_to_use_is_not_deleted(db, run, kind, wanted, has_run):
    job = jobs.create(db, kind, "Use it", wanted, run.id if has_run else None)

    with pytest.raises(StoreError, match="“run 1” stays, because “Use it” waits"):
        runs.delete(db, run.id)

    jobs.finish(db, job.id, "stopped")
    assert runs.delete(db, run.id) == run


def test_a_run_that_others_started_from_is_not_deleted(db, run):
    runs.create(
        db, "child", SETTINGS, version_id=None, parent_id=run.id, parent_epoch=3
    )

    with pytest.raises(StoreError, match="“child” started from it"):
        runs.delete(db, run.id)

    assert len(runs.every(db)) == 2


def test_a_run_that_another_waits_for_is_not_deleted(db, run):
    child = runs.create(db, "child", SETTINGS, version_id=None, parent_id=run.id)
    jobs.create(db, "train", "Train", {}, child.id)

    with pytest.raises(StoreError, match="“child” is to start from it"):
        runs.delete(db, run.id)


def kept_with(db, run, accuracies):
    for epoch, accuracy in accuracies.items():
        metrics = {"val_accuracy": accuracy, "val_loss": 1.0}
        runs.add_epoch(db, run.id, EpochEnded(epoch, metrics))
        runs.keep_checkpoint(db, Checkpoint(run.id, epoch, Path(f"{epoch}.h5"), 1))


def test_the_best_epoch_is_found_for_a_run_that_died(db, run):
    assert runs.best_kept(db, run) is None
    kept_with(db, run, {1: 0.5, 2: 0.9, 3: 0.7, 4: 0.9})

    assert runs.best_kept(db, run) == 2
    runs.drop_checkpoint(db, run.id, 2)
    assert runs.best_kept(db, run) == 4


def test_the_best_epoch_on_record_counts_while_its_weights_are_there(db, run):
    kept_with(db, run, {1: 0.5, 2: 0.9})
    runs.end(db, run.id, best_epoch=1)

    assert runs.best_kept(db, runs.get(db, run.id)) == 1


def test_weights_that_a_waiting_run_wants_are_not_dropped(db, run):
    kept_with(db, run, {1: 0.5, 2: 0.9})
    child = runs.create(
        db, "child", SETTINGS, version_id=None, parent_id=run.id, parent_epoch=2
    )
    job = jobs.create(db, "train", "Train", {}, child.id)

    assert runs.drop_checkpoint(db, run.id, 1)
    assert not runs.drop_checkpoint(db, run.id, 2)
    jobs.finish(db, job.id, "stopped")
    assert runs.drop_checkpoint(db, run.id, 2)


def test_epochs_are_forgotten_with_their_weights(db, run):
    kept_with(db, run, {1: 0.5, 2: 0.9, 3: 0.7})

    runs.forget_after(db, run.id, 1)

    assert [one.epoch for one in runs.history(db, run.id)] == [1]
    assert [one.epoch for one in runs.checkpoints(db, run.id)] == [1]
    assert runs.last_epoch(db, run.id) == 1
