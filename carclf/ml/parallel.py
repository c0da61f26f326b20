"""Learning on all GPUs of one machine at once, each with a part of every batch."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

Logs = Mapping[str, Any] | None


def devices() -> list[str]:
    """Return what a training runs on: all GPUs, or else the processor."""
    found: list[str] = keras.distribution.list_devices()
    return found


@contextmanager
def everywhere() -> Iterator[None]:
    """Spread what is built and fitted in the block over all devices."""
    if len(devices()) < 2:
        yield
    elif keras.backend.backend() == "tensorflow":
        # Keras's own distribution is a prototype on this backend, and says so.
        import tensorflow as tf  # noqa: PLC0415

        with tf.distribute.MirroredStrategy(devices()).scope():
            yield
    else:
        keras.distribution.set_distribution(_distribution())
        try:
            yield
        finally:
            keras.distribution.set_distribution(None)


def is_possible(accumulation: int) -> bool:
    """Say whether several devices can share a training that adds up gradients."""
    # Keras's conditional update and TensorFlow's replicas exclude each other.
    return accumulation == 1 or keras.backend.backend() != "tensorflow"


def parts() -> int:
    """Return into how many parts of equal size a batch is divided here."""
    if keras.distribution.distribution() is not None or _is_mirrored():
        return len(devices())
    return 1


def filled(batches: Any) -> Any:
    """Return a Grain dataset whose batches can be divided among the devices.

    The first images of a batch are shown twice in it: with n devices n - 1 at most.
    """
    count = parts()
    if count == 1:
        return batches
    return batches.map(lambda batch: tuple(_fill(values, count) for values in batch))


def full(size: int, count: int) -> int:
    """Return how many images such a batch has once it can be divided."""
    return -(-size // count) * count


def even(size: int, images: int) -> int:
    """Return the size of batches to judge in, near the one that is wanted.

    Keras with TensorFlow wants the first one divided evenly, and minds no other.
    """
    count = parts()
    return max(count, min(size, images) // count * count) if count > 1 else size


def callbacks() -> list[keras.callbacks.Callback]:
    # TensorFlow judges parts of unequal size by itself.
    is_needed = keras.distribution.distribution() is not None
    return [_JudgeOnce()] if is_needed else []


class _JudgeOnce(keras.callbacks.Callback):
    """Has validation images judged by every device alike.

    None may be counted twice, and their number need not suit that of the devices.
    """

    def on_test_begin(self, logs: Logs = None) -> None:
        keras.distribution.set_distribution(None)

    def on_test_end(self, logs: Logs = None) -> None:
        keras.distribution.set_distribution(_distribution())


def _is_mirrored() -> bool:
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf  # noqa: PLC0415

    return bool(tf.distribute.has_strategy())


def _distribution() -> Any:
    return keras.distribution.DataParallel(devices=devices(), auto_shard_dataset=False)


def _fill(values: Any, count: int) -> Any:
    missing = full(len(values), count) - len(values)
    if missing == 0:
        return values
    again = np.resize(np.arange(len(values)), missing)
    return np.concatenate([values, values[again]])
