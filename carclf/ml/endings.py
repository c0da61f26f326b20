"""What ends a training before its last epoch."""

import math
from collections.abc import Mapping
from typing import Any

import keras

from carclf import words
from carclf.config import EarlyStopping
from carclf.errors import TrainingError
from carclf.ml.listener import Listener

Logs = Mapping[str, Any] | None


class RefuseDivergence(keras.callbacks.Callback):
    """Ends a training whose loss is no longer a number."""

    def __init__(self, steps: int, finished: int) -> None:
        """Take the steps of an epoch, and how many epochs were finished before."""
        super().__init__()
        self._steps, self._finished = steps, finished

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._check("loss", logs, self._finished * self._steps + batch + 1)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._check("val_loss", logs, (epoch + 1) * self._steps)
        self._finished = epoch + 1

    def _check(self, name: str, logs: Logs, step: int) -> None:
        if math.isfinite(float((logs or {})[name])):
            return
        kept = (
            f"The epochs up to {self._finished} are good, and the best of them is kept"
            if self._finished
            else "No epoch was finished before"
        )
        raise TrainingError(
            f"Diverged at step {step}, in epoch {self._finished + 1}: the "
            f"{'validation ' * (name == 'val_loss')}loss is no longer a number. {kept}."
            f" Lower the learning rate (it was {learning_rate(self.model):g}), or set "
            "clipnorm beside it."
        )


class EndAtGap(keras.callbacks.Callback):
    """Ends a training that learns its images by heart, with a word about it."""

    def __init__(self, most: float, listener: Listener) -> None:
        """Take the largest gap between train and validation accuracy, a share."""
        super().__init__()
        self._most, self._listener = most, listener

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        metrics = logs or {}
        gap = float(metrics["accuracy"]) - float(metrics["val_accuracy"])
        if gap <= self._most:
            return
        self.model.stop_training = True
        self._listener.note(
            f"Ended after epoch {epoch + 1}: train accuracy "
            f"({words.percent(metrics['accuracy'], 1)}) exceeds validation accuracy "
            f"({words.percent(metrics['val_accuracy'], 1)}) by more than "
            f"learning.max_gap ({words.percent(self._most, 1)})."
        )


class Patience(keras.callbacks.EarlyStopping):
    """Keras's early stopping, which can go on where another training left it."""

    def __init__(
        self,
        wanted: EarlyStopping,
        listener: Listener,
        before: Mapping[str, float] | None,
    ) -> None:
        """Take what `state` gave in the training that this one continues."""
        # Nothing is restored in memory: the bundle takes the best epoch from its file.
        super().__init__(**wanted.model_dump(exclude={"restore_best_weights"}))
        self._listener, self._before = listener, before

    @property
    def state(self) -> dict[str, float]:
        return {"wait": self.wait, "best": float(self.best)}

    def on_train_begin(self, logs: Logs = None) -> None:
        super().on_train_begin(logs)
        if self._before is not None:
            self.wait, self.best = int(self._before["wait"]), self._before["best"]

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        super().on_epoch_end(epoch, logs)
        if self.stopped_epoch:
            self._listener.note(
                f"Ended after epoch {epoch + 1}: {self.monitor} has not got better for "
                f"{words.count(self.wait, 'epoch')}."
            )


def learning_rate(model: keras.Model) -> float:
    return float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
