"""Going on with trainings, starting from them, and what they leave on the disk."""

import pytest

from carclf import jobs, store
from carclf.errors import ConfigError, JobError, StoreError
from carclf.records import RESUME_FILE, Checkpoint, EpochEnded
from carclf.store import jobs as store_jobs
from carclf.store import notes, runs


@pytest.fixture
def trained(settings, tiny):
    """Return a function that leaves a run as a worker would: epochs, files, an end."""

    def make(name, status="stopped", epochs=3, planned=5, kept=(2, 3)):
        run, job = jobs.submit_training(settings, tiny(name=name, epochs=planned))
        folder = settings.resolve(run.folder)
        (folder / "checkpoints").mkdir(parents=True)
        (folder / RESUME_FILE).write_bytes(b"-" * 7)
        with store.connect(settings.db_path) as db:
            for epoch in range(1, epochs + 1):
                metrics = {"val_accuracy": 1 / epoch, "val_loss": 1.0}
                runs.add_epoch(db, run.id, EpochEnded(epoch, metrics))
            for epoch in kept:
                path = run.folder / "checkpoints" / f"epoch-{epoch:03d}.weights.h5"
                settings.resolve(path).write_bytes(b"-" * 100)
                runs.keep_checkpoint(db, Checkpoint(run.id, epoch, path, 100))
            store_jobs.claim_next(db)
            if status != "running":
                store_jobs.finish(db, job.id, status, reason="As the test wants.")
            return runs.get(db, run.id)

    return make


def from_run(words):
    return {"backbone": "tiny", "weights": f"run:{words}"}


def on_disk(settings, run):
    with store.connect(settings.db_path) as db:
        return jobs.checkpoint_bytes(settings, db, runs.get(db, run.id))


def again(settings, run):
    with store.connect(settings.db_path) as db:
        return runs.get(db, run.id)


@pytest.mark.parametrize("status", ["stopped", "failed"])
def test_the_rest_of_a_training_waits_as_a_job_of_the_same_run(
    settings, trained, status
):
    run = trained("first", status)
    assert jobs.can_resume(settings, run)

    job = jobs.resume(settings, run.id)

    assert (job.kind, job.run_id, job.settings) == ("train", run.id, {"resume": True})
    assert again(settings, run).status == "queued"
    assert not jobs.can_resume(settings, again(settings, run))
    with pytest.raises(JobError, match="“first” is queued"):
        jobs.resume(settings, run.id)


def test_a_finished_training_goes_on_only_for_longer(settings, trained):
    run = trained("first", "done", epochs=5)

    with pytest.raises(JobError, match="has trained 5 epochs of 5, so nothing is left"):
        jobs.resume(settings, run.id)
    jobs.resume(settings, run.id, epochs=8)

    assert again(settings, run).config["fit"]["epochs"] == 8
    with store.connect(settings.db_path) as db:
        said = [one.text for one in notes.of_run(db, run.id)]
    assert said == ["To train 8 epochs instead of 5.", "Resumed after epoch 5."]


def test_a_training_that_ended_after_its_last_epoch_can_still_get_its_network(
    settings, trained
):
    run = trained("first", "failed", epochs=5)

    jobs.resume(settings, run.id)

    assert again(settings, run).status == "queued"


def test_as_many_epochs_as_there_were_are_refused_and_nothing_changes(
    settings, trained
):
    run = trained("first")

    with pytest.raises(JobError, match="nothing is left"):
        jobs.resume(settings, run.id, epochs=3)
    with pytest.raises(ConfigError, match=r"fit\.epochs"):
        jobs.resume(settings, run.id, epochs=1_000_000)

    assert again(settings, run) == run


def test_a_run_whose_state_is_gone_cannot_be_resumed(settings, trained):
    run = trained("first")
    (settings.resolve(run.folder) / RESUME_FILE).unlink()

    assert not jobs.can_resume(settings, run)
    with pytest.raises(JobError, match="cannot go on where it ended"):
        jobs.resume(settings, run.id)


def test_a_run_may_start_from_one_that_has_not_ended(settings, tiny, trained):
    parent = trained("parent", "running")

    best, _ = jobs.submit_training(settings, tiny(model=from_run("parent")))
    fifth, _ = jobs.submit_training(settings, tiny(model=from_run("parent@5")))

    assert (best.parent_id, best.parent_epoch) == (parent.id, None)
    assert best.config["model"]["weights"] == f"run:{parent.id}"
    assert (fifth.parent_id, fifth.parent_epoch) == (parent.id, 5)


def test_an_epoch_that_will_never_be_is_refused(settings, tiny, trained):
    trained("parent", "running")

    with pytest.raises(StoreError, match="is to train 5 epochs, so there will be no"):
        jobs.submit_training(settings, tiny(model=from_run("parent@6")))
    with pytest.raises(StoreError, match="has not kept the weights of epoch 1"):
        jobs.submit_training(settings, tiny(model=from_run("parent@1")))


def test_a_run_that_a_waiting_one_needs_is_not_deleted(settings, tiny, trained):
    parent = trained("parent", "running")
    jobs.submit_training(settings, tiny(name="child", model=from_run("parent")))
    with store.connect(settings.db_path) as db:
        job = store_jobs.of_run(db, parent.id)
        store_jobs.finish(db, job.id, "done")

    with pytest.raises(StoreError, match="“child” is to start from it"):
        jobs.delete_run(settings, parent.id)


def test_cleaning_keeps_the_best_epoch_and_those_that_others_start_from(
    settings, tiny, trained
):
    run = trained("first", kept=(1, 2, 3, 4), epochs=4)
    jobs.submit_training(settings, tiny(model=from_run("first@3")))
    folder = settings.resolve(run.folder)
    (folder / "bundle").mkdir()
    assert on_disk(settings, run) == 407

    freed = jobs.clean_checkpoints(settings, run.id)

    assert freed == 207
    assert on_disk(settings, run) == 200
    left = sorted(one.name[:9] for one in (folder / "checkpoints").iterdir())
    assert left == ["epoch-001", "epoch-003"]
    assert (folder / "bundle").is_dir()
    assert not jobs.can_resume(settings, run)
    assert jobs.clean_checkpoints(settings, run.id) == 0


def test_cleaning_takes_what_a_killed_worker_left_half_written(settings, trained):
    run = trained("first")
    folder = settings.resolve(run.folder)
    half = [
        folder / "checkpoints" / ".epoch-004.weights.h5",
        folder / "checkpoints" / ".head-.epoch-004.weights.h5",
        folder / f".{RESUME_FILE}",
    ]
    for path in half:
        path.write_bytes(b"-" * 1000)
    assert on_disk(settings, run) == 3207

    assert jobs.clean_checkpoints(settings, run.id) == 3107

    assert not any(path.exists() for path in half)


def test_a_run_at_work_is_not_cleaned(settings, trained):
    run = trained("first", "running")

    with pytest.raises(JobError, match="“first” is running"):
        jobs.clean_checkpoints(settings, run.id)

    assert on_disk(settings, run) == 207
