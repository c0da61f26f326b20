"""Which weights are kept while a network learns, and that they are whole."""

import errno
import os

import numpy as np
import pytest

from carclf.config import from_plain
from carclf.errors import TrainingError
from carclf.ml import checkpoints, features, networks
from tests.ml.conftest import Watcher

pytestmark = pytest.mark.keras

PLAIN = {
    "data": {"image_size": [32, 32]},
    "model": {"backbone": "tiny", "weights": "none"},
}


def settings_of(every=None, **wanted):
    fit = {"callbacks": {"model_checkpoint": {"monitor": "val_accuracy", **wanted}}}
    return from_plain({**PLAIN, "fit": fit, "learning": {"keep_every": every}})


@pytest.fixture
def network():
    network = networks.build(from_plain(PLAIN), 3)
    network.compile("sgd", "categorical_crossentropy", jit_compile=False)
    return network


@pytest.fixture
def watcher():
    return Watcher()


@pytest.fixture
def kept(network, tmp_path, watcher):
    """Return a function that lets epochs end, and gives the epochs then kept."""

    def run(settings, *epochs):
        callback = checkpoints.KeepCheckpoints(network, tmp_path, settings, watcher)
        callback.set_model(network)
        for epoch, (accuracy, loss) in enumerate(epochs):
            callback.on_epoch_end(epoch, {"val_accuracy": accuracy, "val_loss": loss})
            callback.sweep(epoch + 1)
        on_disk = sorted((tmp_path / "checkpoints").iterdir())
        assert sorted(watcher.kept.values()) == on_disk
        return callback.best.epoch, sorted(watcher.kept)

    return run


def test_the_best_epoch_and_the_last_are_kept(kept):
    assert kept(settings_of(), (0.5, 1), (0.8, 1), (0.6, 1)) == (2, [2, 3])


def test_between_equal_accuracies_the_lower_loss_is_best(kept):
    assert kept(settings_of(), (0.8, 0.7), (0.8, 0.5), (0.8, 0.6)) == (2, [2, 3])


def test_a_lower_loss_is_better_when_loss_is_watched(kept):
    wanted = settings_of(monitor="val_loss")

    assert kept(wanted, (0.9, 0.5), (0.1, 0.4), (0.9, 0.6)) == (2, [2, 3])


def test_every_epoch_is_kept_when_that_is_asked_for(kept):
    wanted = settings_of(save_best_only=False)

    assert kept(wanted, (0.5, 1), (0.8, 1), (0.6, 1)) == (2, [1, 2, 3])


def test_every_nth_epoch_is_kept_besides_the_best_and_the_last(kept):
    epochs = [(0.9, 1), *[(0.5, 1)] * 6]

    assert kept(settings_of(every=3), *epochs) == (1, [1, 3, 6, 7])


def test_an_epoch_that_another_run_waits_for_is_not_dropped(kept, watcher):
    watcher.wanted = {2}

    assert kept(settings_of(), *[(0.9, 1), *[(0.5, 1)] * 3]) == (1, [1, 2, 4])


def test_a_full_disk_is_told_and_leaves_no_half_written_weights(
    network, tmp_path, monkeypatch, watcher
):
    def full(path):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(network, "save_weights", full)
    nothing = checkpoints.KeepCheckpoints(network, tmp_path, settings_of(), watcher)
    nothing.set_model(network)

    with pytest.raises(TrainingError, match="is full"):
        nothing.on_epoch_end(0, {"val_accuracy": 0.5, "val_loss": 1})

    assert list((tmp_path / "checkpoints").iterdir()) == []


def test_a_run_without_weights_is_named(tmp_path):
    with pytest.raises(TrainingError, match="run-003 has none of its weights left"):
        checkpoints.any_of(tmp_path / "run-003")


def test_weights_of_a_head_are_kept_with_the_whole_network(network, tmp_path, watcher):
    head = features.head_of(network)
    head.compile("adam", "categorical_crossentropy", jit_compile=False)
    head.train_on_batch(np.ones((3, 32)), np.eye(3))
    callback = checkpoints.KeepCheckpoints(network, tmp_path, settings_of(), watcher)
    callback.set_model(head)
    for epoch in range(3):
        kernel, offset = head.layers[-1].get_weights()
        head.layers[-1].set_weights([kernel + 1, offset + epoch])
        callback.on_epoch_end(epoch, {"val_accuracy": 0.5, "val_loss": 1.0})
    wanted = [one.copy() for one in network.get_weights()]

    again = networks.restore(settings_of(), 3, watcher.kept[3])

    for one, other in zip(again.get_weights(), wanted, strict=True):
        assert one == pytest.approx(other)
    assert len(list((tmp_path / "checkpoints").iterdir())) == 3
