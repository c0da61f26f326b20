"""Curves that TensorBoard reads."""

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from carclf.ml.scalar_log import ScalarLog
from carclf.records import EpochEnded

pytestmark = pytest.mark.keras


def test_curves_are_written_for_tensorboard_as_keras_names_them(tmp_path):
    log = ScalarLog(tmp_path)

    for epoch, loss in enumerate((2.0, 1.5), 1):
        log.write(EpochEnded(epoch, {"loss": loss, "val_accuracy": 0.25}))

    training = EventAccumulator(str(tmp_path / "train")).Reload()
    validation = EventAccumulator(str(tmp_path / "validation")).Reload()
    curve = [(one.step, one.value) for one in training.Scalars("epoch_loss")]
    assert curve == [(1, 2.0), (2, 1.5)]
    assert [one.value for one in validation.Scalars("epoch_accuracy")] == [0.25, 0.25]
