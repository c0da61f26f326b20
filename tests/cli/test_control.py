"""The queue, resuming and cleaning on the command line, without a worker."""

import pytest
from typer.testing import CliRunner

from carclf import config, jobs, store
from carclf.cli import app
from carclf.errors import JobError
from carclf.records import RESUME_FILE, Checkpoint, EpochEnded
from carclf.store import jobs as store_jobs
from carclf.store import runs
from tests.jobs.test_resuming import on_disk


@pytest.fixture
def call(settings, monkeypatch):
    """Return a function that runs `carclf ...` in this process."""
    monkeypatch.setenv("CARCLF_HOME", str(settings.home))

    def run(*words, error=None):
        found = CliRunner().invoke(app, [*words])
        if error is None:
            assert found.exit_code == 0, found.output
        else:
            assert isinstance(found.exception, error), found.output
        return found.output

    return run


@pytest.fixture
def stopped(settings, version):
    """A run that was stopped after three of its five epochs."""
    asked = {
        "name": "first",
        "data": {"version": version.name, "image_size": [32, 32]},
        "model": {"backbone": "tiny", "weights": "none"},
        "fit": {"epochs": 5},
    }
    run, job = jobs.submit_training(settings, config.from_plain(asked))
    folder = settings.resolve(run.folder)
    (folder / "checkpoints").mkdir(parents=True)
    (folder / RESUME_FILE).write_bytes(b"-" * 1000)
    with store.connect(settings.db_path) as db:
        for epoch in (1, 2, 3):
            runs.add_epoch(db, run.id, EpochEnded(epoch, {"val_accuracy": 1 / epoch}))
            path = run.folder / "checkpoints" / f"epoch-{epoch:03d}.weights.h5"
            settings.resolve(path).write_bytes(b"-" * 500)
            runs.keep_checkpoint(db, Checkpoint(run.id, epoch, path, 500))
        store_jobs.claim_next(db)
        store_jobs.finish(db, job.id, "stopped")
    return run


def test_a_stopped_run_is_queued_to_go_on(call, stopped):
    assert "“first” waits in the queue" in call("runs", "resume", "first", "--queue")

    assert "queued\tResume first" in call("runs", "queue")
    call("runs", "resume", "first", error=JobError)


def test_more_epochs_are_asked_for_in_the_same_breath(call, settings, stopped):
    call("runs", "resume", "first", "--epochs", "9", "--queue")

    with store.connect(settings.db_path) as db:
        assert runs.get(db, stopped.id).config["fit"]["epochs"] == 9


def test_a_failure_holds_the_queue_if_asked_to_until_it_is_released(
    call, settings, stopped
):
    call("runs", "queue", "--hold-on-failure")
    call("runs", "resume", "first", "--queue")
    with store.connect(settings.db_path) as db:
        failed = store_jobs.claim_next(db)
        store_jobs.finish(db, failed.id, "failed", reason="No space.")

    assert "holds the queue" in call("runs", "queue")
    assert "holds the queue" not in call("runs", "queue", "--release")
    call("runs", "queue", "--continue")
    assert jobs.continues_after_failure(settings)


def test_spare_weights_are_cleaned_away(call, settings, stopped):
    assert "freed" in call("runs", "clean", "first", "--yes")

    with store.connect(settings.db_path) as db:
        assert [one.epoch for one in runs.checkpoints(db, stopped.id)] == [1]
    assert on_disk(settings, stopped) == 500


def test_all_runs_are_cleaned_but_those_at_work(call, settings, stopped):
    jobs.resume(settings, stopped.id)

    call("runs", "clean", "--all", "--yes")

    assert on_disk(settings, stopped) == 2500
    call("runs", "clean", "first", "--yes", error=JobError)
    call("runs", "clean", error=JobError)
