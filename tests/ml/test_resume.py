"""A training that was interrupted goes on as if it had not been."""

from dataclasses import replace

import numpy as np
import pytest

from carclf import config as configuration
from carclf.errors import TrainingError
from carclf.ml import resume
from carclf.records import RESUME_FILE
from tests.ml.conftest import Watcher

pytestmark = pytest.mark.keras

VARIED = {
    "model": {
        "dropout_rate": 0.3,
        "data_aug_layer": {"random_flip": {}, "random_contrast": {}},
    },
    "fit": {
        "epochs": 4,
        "callbacks": {
            "early_stopping": {"patience": 5},
            "model_checkpoint": {"monitor": "val_loss"},
        },
    },
}
COSINE = {"schedule": {"name": "cosine", "warmup_epochs": 1}}
WAYS = {
    "the whole network": {"mode": "finetune", "batch_norm": "update"},
    "the head": {"mode": "freeze", "features": "cached", "views": 3},
    "what varies anew": {
        "mode": "freeze",
        "features": "streaming",
        "mixup": 0.2,
        "balanced": True,
    },
    "a running mean": {"mode": "finetune", "ema": 0.9, "accumulation": 2},
}


def weights(path):
    import h5py  # noqa: PLC0415

    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, one: (
                found.update({name: one[()]}) if isinstance(one, h5py.Dataset) else None
            )
        )
    return found


def figures(event):
    of_time = {"seconds", "images_per_second", "waiting_share", "memory_bytes"}
    return {k: v for k, v in event.metrics.items() if k not in of_time}


@pytest.mark.parametrize("way", WAYS)
def test_a_resumed_training_ends_as_an_uninterrupted_one(plan, tmp_path, way):
    asked = plan(**VARIED, learning={**WAYS[way], **COSINE})
    whole, parts = Watcher(), Watcher(stop_after=2)
    once = whole.run(asked)
    divided = replace(asked, folder=tmp_path / "divided")

    assert parts.run(divided).last_epoch == 2
    parts.stop_after = None
    twice = parts.run(replace(divided, resume=True))

    assert (once.last_epoch, once.best_epoch) == (twice.last_epoch, twice.best_epoch)
    assert [event.epoch for event in parts.epochs] == [1, 2, 3, 4]
    for one, other in zip(whole.epochs, parts.epochs, strict=True):
        assert figures(one) == pytest.approx(figures(other), rel=1e-5, abs=1e-6)
    for one, other in zip(whole.told, parts.told, strict=True):
        assert one.step == other.step
        assert one.loss == pytest.approx(other.loss, rel=1e-4)
        assert one.learning_rate == other.learning_rate
    expected, found = weights(whole.kept[4]), weights(parts.kept[4])
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6)


def test_a_training_goes_on_longer_than_was_first_asked(plan):
    watcher = Watcher()
    watcher.run(plan(fit={"epochs": 1}))
    longer = replace(plan(fit={"epochs": 2}), resume=True)

    outcome = watcher.run(longer)

    assert outcome.last_epoch == 2
    assert configuration.load(longer.folder / "config.yml") == longer.config
    assert [event.epoch for event in watcher.epochs] == [1, 2]


def test_early_stopping_counts_on_over_the_break(plan):
    waiting = {"early_stopping": {"patience": 2, "min_delta": 0.99}}
    asked = plan(fit={"epochs": 50, "callbacks": waiting})
    watcher = Watcher(stop_after=2)
    watcher.run(asked)
    watcher.stop_after = None

    outcome = watcher.run(replace(asked, resume=True))

    assert outcome.last_epoch == 3
    assert "has not got better for 2 epochs" in watcher.notes[-1]


def test_a_smaller_batch_is_gone_on_with(plan):
    asked = plan(fit={"epochs": 2})
    watcher = Watcher(stop_after=1)
    watcher.run(asked.with_batch(4, 2))
    watcher.stop_after = None

    watcher.run(replace(asked, resume=True))

    assert watcher.facts[-1]["batch_size"] == 4
    assert [one.step for one in watcher.told] == [*range(1, 13)]


def test_a_state_of_another_network_is_refused(plan):
    watcher = Watcher(stop_after=1)
    watcher.run(plan())
    watcher.stop_after = None
    other = plan(learning={"mode": "freeze"})

    with pytest.raises(TrainingError, match="is of another network"):
        raise watcher.run(replace(other, resume=True)).trouble


@pytest.mark.parametrize("left", [b"half a state", b"", b"PK\x03\x04 cut short"])
def test_a_damaged_state_is_told(tmp_path, left):
    (tmp_path / RESUME_FILE).write_bytes(left)

    with pytest.raises(TrainingError, match="is damaged"):
        resume.read(tmp_path)


def test_variables_that_are_damaged_are_told(plan):
    watcher = Watcher(stop_after=1)
    asked = plan()
    watcher.run(asked)
    watcher.stop_after = None
    with np.load(asked.folder / RESUME_FILE) as file:
        state = file["state"]
    np.savez(asked.folder / RESUME_FILE, state=state)

    with pytest.raises(TrainingError, match="another network"):
        raise watcher.run(replace(asked, resume=True)).trouble


def test_a_training_that_ended_before_its_network_was_exported_exports_it(plan):
    asked, watcher = plan(fit={"epochs": 2}), Watcher()
    first = watcher.run(asked)
    (asked.folder / "bundle").rename(asked.folder / "before")

    again = watcher.run(replace(asked, resume=True))

    assert again == first
    assert [one.epoch for one in watcher.epochs] == [1, 2]
    before, after = (
        (asked.folder / name / "bundle.json") for name in ("before", "bundle")
    )
    assert after.is_file()
    assert before.is_file()


def test_without_a_state_there_is_nothing_to_read(tmp_path):
    assert resume.read(tmp_path) is None
