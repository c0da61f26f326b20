"""Learning on two devices at once: processors that stand in for GPUs."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from carclf.ml import parallel

pytestmark = [pytest.mark.keras, pytest.mark.slow]

# Devices are decided before the first computation, so in a process of its own.
SCRIPT = """
import json, os, sys
from pathlib import Path

import keras

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    two = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(cpu, two)

from dataclasses import replace
from carclf.ml import fitting, train
from tests.ml.conftest import Watcher, make_plan

places = {}
fit = fitting.fit

def spy(plan, network, feed, *rest):
    value = network.trainable_weights[0].value
    if keras.backend.backend() == "tensorflow":
        places["weights"] = sorted({one.device for one in getattr(value, "values", ())})
    else:
        places["weights"] = sorted(str(one) for one in value.devices())
        layout = keras.distribution.distribution().get_data_layout((8, 32, 32, 3))
        places["images"] = layout.axes[0]
    return fit(plan, network, feed, *rest)

fitting.fit = spy
folder = Path(sys.argv[1])
plan = make_plan(
    folder,
    data={"batch_size": 7},
    fit={"epochs": 5},
    compile={"optimizer": {"adam": {"learning_rate": 0.01}}},
    model={"data_aug_layer": {"random_flip": {}}, "dropout_rate": 0.1},
    learning={"ema": 0.5, **json.loads(sys.argv[2])},
)
watcher = Watcher(stop_after=4)
watcher.run(plan)
watcher.stop_after = None
outcome = watcher.run(replace(plan, resume=True))
print(json.dumps({
    "places": places,
    "trouble": str(outcome.trouble),
    "notes": watcher.notes,
    "losses": [one.metrics["loss"] for one in watcher.epochs],
    "steps": [one.loss for one in watcher.told],
    "accuracy": [one.metrics["val_accuracy"] for one in watcher.epochs],
}))
"""


def run(folder, **learning):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), json.dumps(learning)],
        env={
            **os.environ,
            "KERAS_BACKEND": keras.backend.backend(),
            "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_both_devices_hold_work_and_the_loss_falls(tmp_path):
    is_jax = keras.backend.backend() == "jax"

    told = run(tmp_path, accumulation=2 if is_jax else 1)

    assert len(told["places"]["weights"]) == 2
    assert told["places"].get("images", "batch") == "batch"
    assert told["trouble"] == "None"
    losses, steps = np.array(told["losses"]), np.array(told["steps"])
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]
    assert len(steps) == 5 * 4
    assert (steps > 0).all()
    # Nine images were judged, each once, by however many devices.
    counts = np.array(told["accuracy"]) * 9
    assert counts == pytest.approx(counts.round(), abs=1e-4)


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX adds them up")
def test_gradients_are_added_up_on_one_device_and_a_note_says_so(tmp_path):
    told = run(tmp_path, accumulation=2)

    assert told["places"] == {"weights": []}
    assert "Uses one GPU" in told["notes"][0]


def test_one_device_is_given_batches_as_they_are():
    batches = object()

    assert parallel.filled(batches) is batches
    assert parallel.callbacks() == []


def test_one_device_judges_in_batches_as_they_were_wanted():
    assert parallel.even(7, images=3) == 7


@pytest.mark.parametrize(("size", "count", "full"), [(7, 2, 8), (8, 2, 8), (1, 4, 4)])
def test_a_batch_is_filled_up_until_it_can_be_divided(size, count, full):
    assert parallel.full(size, count) == full
