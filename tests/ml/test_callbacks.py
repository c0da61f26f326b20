"""What is kept, told and refused while a network learns."""

import errno
import os

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from carclf.config import ModelCheckpoint, from_plain
from carclf.errors import TrainingError
from carclf.ml import callbacks, networks
from carclf.records import EpochEnded

pytestmark = pytest.mark.keras


@pytest.fixture
def network():
    settings = {
        "data": {"image_size": [32, 32]},
        "model": {"backbone": "tiny", "weights": "none"},
    }
    network = networks.build(from_plain(settings), 3)
    network.compile("sgd", "categorical_crossentropy", jit_compile=False)
    return network


@pytest.fixture
def kept(network, tmp_path):
    """Return a function that lets epochs end, and gives the epochs then kept."""

    def run(wanted, *epochs):
        listed = {}
        callback = callbacks.KeepCheckpoints(
            network, tmp_path, wanted, listed.__setitem__, listed.__delitem__
        )
        for epoch, (accuracy, loss) in enumerate(epochs):
            callback.on_epoch_end(epoch, {"val_accuracy": accuracy, "val_loss": loss})
        assert sorted(listed.values()) == sorted(tmp_path.iterdir())
        return callback.best.epoch, sorted(listed)

    return run


def test_the_best_epoch_and_the_last_are_kept(kept):
    assert kept(ModelCheckpoint(), (0.5, 1), (0.8, 1), (0.6, 1)) == (2, [2, 3])


def test_between_equal_accuracies_the_lower_loss_is_best(kept):
    assert kept(ModelCheckpoint(), (0.8, 0.7), (0.8, 0.5), (0.8, 0.6)) == (2, [2, 3])


def test_a_lower_loss_is_better_when_loss_is_watched(kept):
    wanted = ModelCheckpoint(monitor="val_loss")

    assert kept(wanted, (0.9, 0.5), (0.1, 0.4), (0.9, 0.6)) == (2, [2, 3])


def test_every_epoch_is_kept_when_that_is_asked_for(kept):
    wanted = ModelCheckpoint(save_best_only=False)

    assert kept(wanted, (0.5, 1), (0.8, 1), (0.6, 1)) == (2, [1, 2, 3])


def test_a_full_disk_is_told_and_leaves_no_half_written_weights(
    network, tmp_path, monkeypatch
):
    def full(path):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(network, "save_weights", full)
    nothing = callbacks.KeepCheckpoints(
        network, tmp_path, ModelCheckpoint(), lambda *_: None, lambda _: None
    )

    with pytest.raises(TrainingError, match="is full"):
        nothing.on_epoch_end(0, {"val_accuracy": 0.5, "val_loss": 1})

    assert list(tmp_path.iterdir()) == []


def test_a_loss_that_is_no_number_names_the_step_and_the_last_good_epoch(network):
    callback = callbacks.RefuseDivergence()
    callback.set_model(network)
    callback.on_train_batch_end(0, {"loss": 1.0})
    callback.on_epoch_end(0, {"val_loss": 1.0})

    with pytest.raises(TrainingError) as refused:
        callback.on_train_batch_end(11, {"loss": float("nan")})

    assert "diverged at step 12 of epoch 2" in str(refused.value)
    assert "The last good epoch, 1, is kept" in str(refused.value)
    assert "it was 0.01" in str(refused.value)


def test_curves_are_written_for_tensorboard_as_keras_names_them(tmp_path):
    log = callbacks.ScalarLog(tmp_path)

    for epoch, loss in enumerate((2.0, 1.5), 1):
        log.write(EpochEnded(epoch, {"loss": loss, "val_accuracy": 0.25}))

    training = EventAccumulator(str(tmp_path / "train")).Reload()
    validation = EventAccumulator(str(tmp_path / "validation")).Reload()
    curve = [(one.step, one.value) for one in training.Scalars("epoch_loss")]
    assert curve == [(1, 2.0), (2, 1.5)]
    assert [one.value for one in validation.Scalars("epoch_accuracy")] == [0.25, 0.25]
