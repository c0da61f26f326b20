"""Real worker processes: how they end, and that the store tells the truth of it."""

import os
import signal
import time

import psutil
import pytest

from carclf import jobs, store
from carclf.bundle import Bundle
from carclf.config import Treatment
from carclf.datasets.sources import parse
from carclf.errors import DatasetError, JobError
from carclf.jobs import holding
from carclf.store import evaluations, runs, versions
from carclf.store import jobs as store_jobs
from tests import drawing
from tests.jobs.conftest import children
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.slow


def ended(job):
    return job.status in ("done", "failed", "stopped")


def history(settings, run_id):
    with store.connect(settings.db_path) as db:
        return runs.history(db, run_id)


def test_a_training_leaves_epochs_weights_a_bundle_and_an_evaluation(
    settings, tiny, until
):
    run, job = jobs.submit_training(settings, tiny(epochs=3))

    done = until(job.id, ended)

    assert (done.status, done.exit_code) == ("done", 0), done.reason
    with store.connect(settings.db_path) as db:
        run = runs.get(db, run.id)
        epochs, kept = runs.history(db, run.id), runs.checkpoints(db, run.id)
        judged = evaluations.of_run(db, run.id)
    assert [event.epoch for event in epochs] == [1, 2, 3]
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= epochs[0].metrics.keys()
    assert run.best_epoch in [one.epoch for one in kept]
    assert (judged[0].split, judged[0].image_count) == ("test", 12)
    assert "keras" in run.environment
    bundle = Bundle.load(settings.resolve(run.folder) / "bundle")
    assert bundle.classes == ("Blue Bus", "Green Coupe", "Red Van")


def test_a_killed_worker_is_failed_with_the_reason_and_the_next_job_runs(
    settings, tiny, until
):
    run, job = jobs.submit_training(settings, tiny(epochs=5000))
    _, behind = jobs.submit_training(settings, tiny(epochs=1))
    until(job.id, lambda job: len(history(settings, run.id)) > 1)

    with store.connect(settings.db_path) as db:
        pid = store_jobs.get(db, job.id).pid
    os.kill(pid, signal.SIGKILL)
    failed = until(job.id, ended)

    assert failed.status == "failed"
    assert "killed (signal 9)" in failed.reason
    assert "epoch" in failed.reason.split("last line of its log:")[1]
    assert until(behind.id, ended).status == "done"


def test_a_worker_that_dies_right_after_it_was_looked_at_still_tells_how(
    settings, tiny, dispatcher, monkeypatch
):
    _, job = jobs.submit_training(settings, tiny(epochs=5000))
    others = children()
    dispatcher.tick()
    (worker,) = children() - others
    claim_next = holding.claim_next

    def kill_first(db):
        worker.kill()
        # Dead, and left for the queue to ask how.
        os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
        return claim_next(db)

    with monkeypatch.context() as patched:
        patched.setattr(holding, "claim_next", kill_first)
        dispatcher.tick()
    dispatcher.tick()

    with store.connect(settings.db_path) as db:
        failed = store_jobs.get(db, job.id)
    assert (failed.status, failed.exit_code) == ("failed", -signal.SIGKILL)
    assert "killed (signal 9)" in failed.reason


def test_stopping_after_the_epoch_keeps_what_was_learnt(settings, tiny, until):
    run, job = jobs.submit_training(settings, tiny(epochs=5000))
    until(job.id, lambda job: len(history(settings, run.id)) > 1)

    jobs.stop_after_epoch(settings, job.id)
    stopped = until(job.id, ended)

    assert stopped.status == "stopped"
    with store.connect(settings.db_path) as db:
        assert runs.get(db, run.id).best_epoch is not None
        assert evaluations.of_run(db, run.id)


def test_stopping_now_ends_the_process_and_is_no_failure(settings, tiny, until):
    run, job = jobs.submit_training(settings, tiny(epochs=5000))
    running = until(job.id, lambda job: len(history(settings, run.id)) > 1)

    jobs.stop_now(settings, job.id)

    stopped = until(job.id, ended)
    assert (stopped.status, stopped.reason) == ("stopped", "Stopped at once.")
    assert not psutil.pid_exists(running.pid)
    with pytest.raises(JobError, match="has ended already"):
        jobs.stop_now(settings, job.id)


def test_a_restarted_app_adopts_a_worker_that_still_runs(settings, tiny, until):
    run, job = jobs.submit_training(settings, tiny(epochs=5000))
    running = until(job.id, lambda job: len(history(settings, run.id)) > 1)

    another = jobs.Dispatcher(settings)
    another.tick()
    with store.connect(settings.db_path) as db:
        adopted = store_jobs.get(db, job.id)
    seen = len(history(settings, run.id))
    limit = time.monotonic() + PATIENCE_S
    while len(history(settings, run.id)) <= seen:
        assert time.monotonic() < limit
        time.sleep(0.1)
        another.tick()

    assert (adopted.status, adopted.pid) == ("running", running.pid)


def test_a_worker_that_died_while_nobody_watched_is_failed(settings, tiny, until):
    run, job = jobs.submit_training(settings, tiny(epochs=5000))
    running = until(job.id, lambda job: len(history(settings, run.id)) > 1)
    worker = psutil.Process(running.pid)
    worker.kill()
    # Seen from a process that did not start it, a dead worker has no exit code.
    while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.05)

    jobs.Dispatcher(settings).tick()

    with store.connect(settings.db_path) as db:
        found = store_jobs.get(db, job.id)
    assert found.status == "failed"
    assert "ended without a word" in found.reason


def test_an_error_that_a_user_can_mend_is_the_reason(settings, tiny, until):
    wanted = tiny(model={"backbone": "ResNet5", "weights": "none"})
    _, job = jobs.submit_training(settings, wanted)

    failed = until(job.id, ended)

    assert (failed.status, failed.exit_code) == ("failed", 1)
    assert "ResNet50" in failed.reason


def test_any_kept_epoch_can_be_judged_and_started_from(settings, tiny, until, version):
    every = {"callbacks": {"model_checkpoint": {"save_best_only": False}}}
    first = tiny(fit={"epochs": 3, **every})
    parent, job = jobs.submit_training(settings, first)
    until(job.id, ended)

    judging = jobs.submit_evaluation(
        settings, parent.id, version.id, "validation", epoch=2
    )
    child_of = {"backbone": "tiny", "weights": f"run:{parent.id}@2"}
    child, training = jobs.submit_training(settings, tiny(epochs=1, model=child_of))
    assert until(judging.id, ended).status == "done"
    assert until(training.id, ended).status == "done"

    with store.connect(settings.db_path) as db:
        made = evaluations.of_run(db, parent.id)[0]
        judged = evaluations.judged(db, made.id)
        assert runs.get(db, child.id).parent_epoch == 2
    assert (made.epoch, made.split, made.image_count) == (2, "validation", 6)
    # There are three classes, and all of them are kept; of more, five.
    assert all(len(one.prediction.top) == 3 for one in judged)


def test_a_treated_version_is_made_and_judged_alike_only(
    settings, tiny, until, version
):
    treatment = Treatment(remover="box", output="crop")
    making = jobs.submit_background(settings, version.id, treatment, "cropped")
    run, training = jobs.submit_training(settings, tiny(epochs=1))
    assert until(making.id, ended).status == "done"
    until(training.id, ended)

    with store.connect(settings.db_path) as db:
        cropped = versions.by_name(db, "cropped")
    with pytest.raises(DatasetError, match="would mean nothing"):
        jobs.submit_evaluation(settings, run.id, cropped.id, "test")

    assert cropped.parent_id == version.id
    assert cropped.treatment["remover"] == "box"


def test_a_folder_is_imported_by_a_worker(settings, tmp_path, until):
    folder = drawing.draw_classes(tmp_path / "more")
    (folder / "Red Van" / "broken.jpg").write_bytes(b"not a picture")
    job = jobs.submit_import(settings, [parse(str(folder))], "more")

    assert until(job.id, ended).status == "done"

    with store.connect(settings.db_path) as db:
        made = versions.by_name(db, "more")
        skipped = versions.skipped(db, made.id)
    assert sum(made.counts.values()) == 15
    assert [one.path for one in skipped] == ["Red Van/broken.jpg"]
    assert "cannot be read as an image" in skipped[0].reason
