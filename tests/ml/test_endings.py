"""What ends a training before its last epoch, and what it says of it."""

import keras
import pytest

from carclf.config import EarlyStopping
from carclf.errors import TrainingError
from carclf.ml import endings
from tests.ml.conftest import Watcher

pytestmark = pytest.mark.keras


@pytest.fixture
def network():
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    network.compile("sgd", "mse", jit_compile=False)
    network.stop_training = False
    return network


def test_a_loss_that_is_no_number_names_the_step_of_the_whole_training(network):
    callback = endings.RefuseDivergence(steps=20, finished=4)
    callback.set_model(network)
    callback.on_train_batch_end(0, {"loss": 1.0})
    callback.on_epoch_end(4, {"val_loss": 1.0})

    with pytest.raises(TrainingError) as refused:
        callback.on_train_batch_end(11, {"loss": float("nan")})

    assert "Diverged at step 112, in epoch 6" in str(refused.value)
    assert "The epochs up to 5 are good" in str(refused.value)
    assert "it was 0.01" in str(refused.value)


def test_a_validation_loss_that_is_no_number_ends_the_training_too(network):
    callback = endings.RefuseDivergence(steps=20, finished=0)
    callback.set_model(network)

    with pytest.raises(TrainingError, match="step 20, in epoch 1: the validation"):
        callback.on_epoch_end(0, {"val_loss": float("inf")})


@pytest.mark.parametrize(("accuracy", "ends"), [(0.8, False), (0.96, True)])
def test_too_large_a_gap_ends_the_training_with_a_word(network, accuracy, ends):
    watcher = Watcher()
    callback = endings.EndAtGap(0.25, watcher)
    callback.set_model(network)

    callback.on_epoch_end(6, {"accuracy": accuracy, "val_accuracy": 0.6})

    assert network.stop_training is ends
    assert len(watcher.notes) == ends
    assert all("after epoch 7" in one and "25.0 %" in one for one in watcher.notes)


def test_patience_goes_on_where_another_training_left_it(network):
    watcher, wanted = Watcher(), EarlyStopping(patience=3)
    first = endings.Patience(wanted, watcher, None)
    first.set_model(network)
    first.on_train_begin()
    for epoch, loss in enumerate((0.5, 0.6, 0.7)):
        first.on_epoch_end(epoch, {"val_loss": loss})

    second = endings.Patience(wanted, watcher, first.state)
    second.set_model(network)
    second.on_train_begin()
    second.on_epoch_end(3, {"val_loss": 0.55})

    assert network.stop_training
    assert watcher.notes == [
        "Ended after epoch 4: val_loss has not got better for 3 epochs."
    ]
