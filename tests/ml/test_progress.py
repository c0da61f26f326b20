"""What a training tells while it goes on, without being held up by it."""

import os
import threading
import time
import types
from dataclasses import replace
from itertools import pairwise

import grain
import keras
import numpy as np
import pytest

from carclf.ml import gauges, progress, waiting
from carclf.ml.gauges import Gauges
from carclf.ml.progress import ReportProgress
from carclf.ml.scalar_log import ScalarLog
from carclf.ml.waiting import Waiting
from carclf.schedule import learning_rates
from tests.ml.conftest import CLASSES, Watcher, make_plan

pytestmark = pytest.mark.keras


def test_every_step_tells_the_loss_of_its_own_images(trained):
    told, epochs = trained.watcher.told, trained.watcher.epochs

    assert [one.step for one in told] == list(range(1, 19))
    assert [one.epoch for one in told] == [step // 3 + 1 for step in range(18)]
    for event in epochs:
        losses = [one.loss for one in told if one.epoch == event.epoch]
        assert np.mean(losses) == pytest.approx(event.metrics["loss"], rel=1e-4)
        assert len(set(losses)) == 3


def test_every_step_tells_its_learning_rate(tmp_path):
    cosine = {"schedule": {"name": "cosine", "warmup_epochs": 1}}
    plan = make_plan(tmp_path, learning=cosine, fit={"epochs": 2})
    watcher = Watcher()

    watcher.run(plan)

    rates = [one.learning_rate for one in watcher.told]
    assert rates == list(learning_rates(plan.config, 3))
    assert len(set(rates)) == 6


def test_epochs_and_reports_tell_what_the_training_takes(trained):
    metrics = [event.metrics for event in trained.watcher.epochs]
    facts = trained.watcher.facts[-1]

    peaks = [one["memory_bytes"] for one in metrics]
    assert peaks[0] > 50e6
    assert all(after >= before for before, after in pairwise(peaks))
    assert all(0 <= one["waiting_share"] <= 1 for one in metrics)
    assert facts["batch_size"] == 8
    assert facts["images_per_second"] > 0
    assert 0 <= facts["cpu_share"] <= 1
    # What is held now; the peak is the whole process's, other tests included.
    assert 50e6 < facts["memory_bytes"] <= 1.01 * peaks[-1]


def test_a_gap_that_is_too_large_ends_the_training_with_a_note(plan):
    asked = plan(fit={"epochs": 30}, learning={"max_gap": 0.5})
    # What is learnt is no use for images whose labels are wrong.
    follower = dict(zip(CLASSES, [*CLASSES[1:], CLASSES[0]], strict=True))
    wrong = [replace(one, label=follower[one.label]) for one in asked.validation]
    watcher = Watcher()

    outcome = watcher.run(replace(asked, validation=wrong))

    metrics = [one.metrics for one in watcher.epochs]
    gaps = [one["accuracy"] - one["val_accuracy"] for one in metrics]
    assert all(gap <= 0.5 for gap in gaps[:-1])
    assert gaps[-1] > 0.5
    assert f"after epoch {outcome.last_epoch}: train accuracy" in watcher.notes[0]
    assert not outcome.stopped


def test_only_a_batch_that_comes_late_is_waited_for(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(
        waiting, "time", types.SimpleNamespace(monotonic=lambda: clock[0])
    )
    watched = Waiting()
    handed = watched.restart()

    def hand_over(at):
        clock[0] = at
        thread = threading.Thread(target=watched.taken, args=(0.0, handed))
        thread.start()
        thread.join()

    watched.epoch_began()
    hand_over(0.25)
    hand_over(0.5)
    clock[0] = 1.0
    watched.step_ended()
    clock[0] = 2.0
    watched.step_ended()

    # The first came a quarter of a second late, the second while the first was used.
    assert watched.share == 0.125


def test_the_share_of_waiting_is_that_of_slow_images():
    def slow(index):
        time.sleep(0.1)
        return np.float32([index]), np.float32([index])

    batches = (
        grain.MapDataset.range(8)
        .map(slow)
        .batch(2)
        .repeat()
        .to_iter_dataset(grain.ReadOptions(num_threads=1, prefetch_buffer_size=1))
    )
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=False)
    watched, shares = Waiting(), []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            watched.epoch_began()

        def on_train_batch_end(self, batch, logs=None):
            watched.step_ended()

        def on_epoch_end(self, epoch, logs=None):
            shares.append(watched.share)

    model.fit(
        watched.watched(batches),
        steps_per_epoch=4,
        epochs=3,
        verbose=0,
        shuffle=False,
        callbacks=[Watch()],
    )

    # The first epoch waits for the network to be compiled, not for images.
    assert 0.5 <= shares[-1] <= 1


def test_quick_steps_are_told_together(tmp_path, monkeypatch):
    config = make_plan(tmp_path, fit={"epochs": 1}).config
    clock, sent = [100.0], []
    monkeypatch.setattr(
        progress, "time", types.SimpleNamespace(monotonic=lambda: clock[0])
    )
    watcher = Watcher()
    monkeypatch.setattr(watcher, "steps", lambda events: sent.append(len(events)))
    with Gauges() as readings:
        told = ReportProgress(
            config, 40_000, 5000, watcher, Waiting(), readings, ScalarLog(tmp_path)
        )
        told.on_epoch_begin(0)
        for batch in range(5000):
            clock[0] += 0.001
            told.on_train_batch_end(batch, {"loss": 1.0})

    # Five seconds of a step each millisecond: each is told, but not one by one.
    assert len(watcher.reports) <= 1 + 5 / progress.REPORT_EVERY_S
    assert len(sent) <= 5 / progress.SEND_STEPS_EVERY_S
    assert sum(sent) > 3900


def test_the_gauges_read_this_process(tmp_path):
    with Gauges() as readings:
        sum(range(3_000_000))
        found = readings.read()

    # The system counts the two in different ways, some pages apart.
    assert 10e6 < found["memory_bytes"] <= 1.01 * gauges.peak_memory_bytes()
    assert 0 <= found["cpu_share"] <= 1


def test_the_gauges_tell_of_a_gpu_where_there_is_one(tmp_path, monkeypatch):
    script = tmp_path / "nvidia-smi"
    script.write_text("#!/bin/sh\necho '25 %, 100 MiB, 400 MiB'\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    with Gauges() as readings:
        limit = time.monotonic() + 20
        while "gpu_share" not in readings.read() and time.monotonic() < limit:
            time.sleep(0.02)
        found = readings.read()

    assert found["gpu_share"] == 0.25
    assert found["gpu_memory_bytes"] / found["gpu_memory_total_bytes"] == 0.25
