"""A training may begin with small images, and goes on with larger ones."""

import json

import numpy as np
import pytest

from carclf.bundle import Bundle
from carclf.config import from_plain
from carclf.ml import phases
from tests.ml.conftest import Watcher

pytestmark = pytest.mark.keras


def settings(epochs, *sizes):
    return from_plain(
        {"fit": {"epochs": epochs}, "learning": {"progressive": list(sizes)}}
    )


def spans(config):
    return [(one.size[0], one.first, one.last) for one in phases.of(config)]


def test_without_sizes_to_begin_with_there_is_one_phase():
    assert spans(settings(30)) == [(224, 0, 30)]


def test_sizes_share_the_epochs_and_the_networks_own_comes_last():
    assert spans(settings(10, 128, 160)) == [(128, 0, 3), (160, 3, 6), (224, 6, 10)]


def test_with_fewer_epochs_than_sizes_the_largest_remain():
    assert spans(settings(1, 128, 160)) == [(224, 0, 1)]


@pytest.mark.parametrize(("epochs", "size"), [(0, 128), (4, 128), (5, 224), (10, 224)])
def test_the_phase_of_the_next_epoch_is_known(epochs, size):
    assert phases.after(settings(10, 128), epochs).size[0] == size


def test_weights_and_optimizer_go_on_when_images_grow(plan):
    asked = plan(
        data={"image_size": [48, 48]},
        learning={"progressive": [32], "schedule": {"name": "cosine"}},
        fit={"epochs": 4, "callbacks": {"model_checkpoint": {"save_best_only": False}}},
    )
    watcher = Watcher()

    outcome = watcher.run(asked)

    assert [one.epoch for one in watcher.epochs] == [1, 2, 3, 4]
    losses = [one.metrics["loss"] for one in watcher.epochs]
    assert losses[2] < losses[0]
    rates = [one.metrics["learning_rate"] for one in watcher.epochs]
    assert rates == sorted(rates, reverse=True)
    assert outcome.best_epoch in (3, 4)
    bundle = Bundle.load(asked.folder / "bundle")
    assert (bundle.preparation.height, bundle.preparation.width) == (48, 48)
    assert bundle.predict([np.zeros((48, 48, 3), np.uint8)])


def test_patience_begins_with_the_last_size(plan):
    never_better = {"monitor": "loss", "patience": 0, "min_delta": 1000}
    asked = plan(
        data={"image_size": [48, 48]},
        learning={"progressive": [32]},
        fit={"epochs": 6, "callbacks": {"early_stopping": never_better}},
    )
    watcher = Watcher()

    watcher.run(asked)

    assert [one.epoch for one in watcher.epochs] == [1, 2, 3, 4, 5]
    assert "Ended after epoch 5" in watcher.notes[-1]


def test_an_epoch_of_small_images_predicts_on_small_images(plan):
    asked = plan(
        data={"image_size": [48, 48]}, learning={"progressive": [32]}, fit={"epochs": 2}
    )

    outcome = Watcher(stop_after=1).run(asked)

    assert outcome.best_epoch == 1
    plain = json.loads((asked.folder / "bundle" / "bundle.json").read_text())
    assert plain["preparation"]["height"] == 32
    assert "image_size:\n  - 48" in (asked.folder / "config.yml").read_text()
