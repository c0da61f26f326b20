"""The running mean of the weights, which is judged and kept in their place."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras

Logs = Mapping[str, Any] | None


@contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
    """Give a compiled network the mean of its weights while the block lasts.

    Without `learning.ema` nothing changes. Outside of the block the network holds the
    weights that go on learning, and its optimizer the mean: a state to resume from.
    """
    _swap(model)
    try:
        yield
    finally:
        _swap(model)


class JudgeMean(keras.callbacks.Callback):
    """Has the validation images judged by the mean of the weights."""

    def on_test_begin(self, logs: Logs = None) -> None:
        _swap(self.model)

    def on_test_end(self, logs: Logs = None) -> None:
        _swap(self.model)


def _swap(model: keras.Model) -> None:
    # Keras's SwapEMAWeights adds and subtracts on TensorFlow, and loses digits.
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    if not optimizer.use_ema or not optimizer.built:
        return
    pairs = zip(
        optimizer._trainable_variables,
        optimizer._model_variables_moving_average,
        strict=True,
    )
    for weight, mean in pairs:
        # Copies in memory, for a variable may lie on several devices.
        kept, taken = (keras.ops.convert_to_numpy(one).copy() for one in (weight, mean))
        weight.assign(taken)
        mean.assign(kept)
