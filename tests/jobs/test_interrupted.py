"""Real workers that die, diverge or wait for one another, and what comes of it."""

import os
import signal

import pytest

from carclf import jobs, store
from carclf.bundle import Bundle
from carclf.store import evaluations, notes, runs, steps
from carclf.store import jobs as store_jobs

pytestmark = pytest.mark.slow

VARIED = {
    "backbone": "tiny",
    "weights": "none",
    "dropout_rate": 0.3,
    "data_aug_layer": {"random_flip": {}, "random_contrast": {}},
}
FINETUNE = {"mode": "finetune", "schedule": {"name": "cosine", "warmup_epochs": 2}}
OF_TIME = {"seconds", "images_per_second", "waiting_share", "memory_bytes"}


def ended(job):
    return job.status in ("done", "failed", "stopped")


def at(settings, run):
    with store.connect(settings.db_path) as db:
        return runs.get(db, run.id)


def figures(settings, run):
    with store.connect(settings.db_path) as db:
        return [
            {k: v for k, v in event.metrics.items() if k not in OF_TIME}
            for event in runs.history(db, run.id)
        ]


def said(settings, run):
    with store.connect(settings.db_path) as db:
        return [one.text for one in notes.of_run(db, run.id)]


def test_a_killed_training_goes_on_as_if_nothing_had_happened(settings, tiny, until):
    asked = {"epochs": 60, "model": VARIED, "learning": FINETUNE}
    whole, job = jobs.submit_training(settings, tiny(**asked))
    assert until(job.id, ended).status == "done"
    killed, job = jobs.submit_training(settings, tiny(**asked))
    running = until(job.id, lambda _: len(figures(settings, killed)) > 3)
    os.kill(running.pid, signal.SIGSTOP)
    before = len(figures(settings, killed))
    os.kill(running.pid, signal.SIGKILL)
    assert until(job.id, ended).status == "failed"
    assert 3 < before < 60

    resumed = jobs.resume(settings, killed.id)
    done = until(resumed.id, ended)

    assert done.status == "done", done.reason
    expected, found = figures(settings, whole), figures(settings, killed)
    assert len(found) == 60
    for one, other in zip(expected, found, strict=True):
        assert one == pytest.approx(other, rel=1e-4, abs=1e-5)
    assert at(settings, whole).best_epoch == at(settings, killed).best_epoch
    with store.connect(settings.db_path) as db:
        told = [steps.of_run(db, run.id) for run in (whole, killed)]
    assert [one.step for one in told[0]] == [one.step for one in told[1]]


def test_a_training_that_diverges_leaves_its_best_epoch_usable(settings, tiny, until):
    absurd = {"optimizer": {"sgd": {"learning_rate": 10, "momentum": 0.99}}}
    # The first epochs of a warm-up from nothing are good ones; what follows is not.
    learning = {"mode": "finetune", "schedule": {"warmup_epochs": 20}}
    run, job = jobs.submit_training(
        settings, tiny(epochs=200, compile=absurd, learning=learning)
    )

    failed = until(job.id, ended)

    run = at(settings, run)
    assert (failed.status, run.status) == ("failed", "failed")
    assert failed.reason.startswith("Diverged at step ")
    assert run.best_epoch is not None
    bundle = Bundle.load(settings.resolve(run.folder) / "bundle")
    assert bundle.facts["epoch"] == run.best_epoch
    with store.connect(settings.db_path) as db:
        judged = evaluations.of_run(db, run.id)
    assert judged[0].epoch == run.best_epoch
    child = {"backbone": "tiny", "weights": f"run:{run.id}"}
    _, job = jobs.submit_training(settings, tiny(epochs=1, model=child))
    assert until(job.id, ended).status == "done"


def test_a_run_waits_for_its_parent_and_starts_from_what_came_of_it(
    settings, tiny, until
):
    parent, _ = jobs.submit_training(settings, tiny(epochs=3, name="parent"))

    def from_parent(weights):
        model = {"backbone": "tiny", "weights": weights}
        return jobs.submit_training(settings, tiny(epochs=1, model=model))

    best, of_best = from_parent("run:parent")
    first, of_first = from_parent("run:parent@1")
    with store.connect(settings.db_path) as db:
        store_jobs.move(db, of_best.id, -2)

    assert until(of_best.id, ended).status == "done"
    assert until(of_first.id, ended).status == "done"

    parent, best, first = (at(settings, one) for one in (parent, best, first))
    assert (best.parent_epoch, first.parent_epoch) == (parent.best_epoch, 1)
    weights = f"run:{parent.id}@{parent.best_epoch}"
    assert best.config["model"]["weights"] == weights
    assert best.started_at > parent.ended_at


def test_a_run_whose_parent_ended_earlier_starts_from_its_best(settings, tiny, until):
    parent, job = jobs.submit_training(settings, tiny(epochs=5000, name="parent"))
    model = {"backbone": "tiny", "weights": "run:parent@4999"}
    child, of_child = jobs.submit_training(settings, tiny(epochs=1, model=model))
    until(job.id, lambda _: len(figures(settings, parent)) > 1)

    jobs.stop_after_epoch(settings, job.id)
    done = until(of_child.id, ended)

    assert done.status == "done", done.reason
    parent = at(settings, parent)
    assert at(settings, child).parent_epoch == parent.best_epoch
    assert "never came to epoch 4999" in said(settings, child)[0]


def test_a_run_fails_with_the_parent_it_waited_for(settings, tiny, until):
    wrong = {"backbone": "ResNet5", "weights": "none"}
    _, of_parent = jobs.submit_training(settings, tiny(name="parent", model=wrong))
    model = {"backbone": "ResNet5", "weights": "run:parent"}
    _, job = jobs.submit_training(settings, tiny(model=model))
    until(of_parent.id, ended)

    failed = until(job.id, ended)

    assert failed.status == "failed"
    assert failed.reason.startswith(
        "“parent”, which this run was to start from, failed"
    )
