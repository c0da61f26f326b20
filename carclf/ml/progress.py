"""Tells how a training goes, without holding it up."""

import time
from collections.abc import Mapping
from typing import Any

import keras

from carclf import schedule
from carclf.config import TrainConfig
from carclf.ml import gauges, parallel
from carclf.ml.endings import learning_rate
from carclf.ml.gauges import Gauges
from carclf.ml.listener import Listener
from carclf.ml.scalar_log import ScalarLog
from carclf.ml.waiting import Waiting
from carclf.records import EpochEnded, StepEnded

Logs = Mapping[str, Any] | None
REPORT_EVERY_S = 0.5
SEND_STEPS_EVERY_S = 1.0


class ReportProgress(keras.callbacks.Callback):
    """Tells how far a training is, and of each step and epoch; stops it when asked.

    Attributes:
        stopped: Whether the user ended it before its last epoch.
    """

    def __init__(
        self,
        config: TrainConfig,
        images: int,
        steps: int,
        listener: Listener,
        waiting: Waiting,
        readings: Gauges,
        log: ScalarLog,
    ) -> None:
        """Take the number of training images and of steps in an epoch."""
        super().__init__()
        self._epochs, self._steps = config.fit.epochs, steps
        self._listener, self._waiting, self._readings = listener, waiting, readings
        self._size, self._log = config.data.batch_size, log
        self._losses = _StepLosses(images, self._size)
        self._rates = schedule.learning_rates(config, steps)
        self._pending: list[StepEnded] = []
        self._images, self._epoch, self._batch = images, 0, -1
        self._reported = self._sent = self._epoch_began = self._trained = 0.0
        self._reported_images = 0
        self._last_seconds: float | None = None
        self._is_first = True
        self.stopped = False

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch, self._epoch_began = epoch, time.monotonic()
        self._reported_images = 0
        self._losses.epoch_began()
        self._waiting.epoch_began()
        if self._is_first:
            # The first step can take a minute, for it compiles the network.
            self._is_first = False
            self._reported = self._sent = self._epoch_began
            self._tell(0, None, {"batch_size": self._size, **self._readings.read()})

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._waiting.step_ended()
        self._trained = now = time.monotonic()
        step = self._epoch * self._steps + batch + 1
        loss = self._losses.of_step(float((logs or {})["loss"]))
        rate = float(self._rates[step - 1])
        self._pending.append(StepEnded(self._epoch + 1, step, loss, rate))
        if now - self._sent >= SEND_STEPS_EVERY_S:
            self._send()
        if now - self._reported >= REPORT_EVERY_S:
            facts = self._facts(now)
            self._reported, self._reported_images = now, self._losses.images
            elapsed = now - self._epoch_began
            self._tell(batch + 1, self._left(batch + 1, elapsed), facts)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._send()
        seconds = time.monotonic() - self._epoch_began
        trained = self._trained - self._epoch_began
        metrics = {name: float(value) for name, value in (logs or {}).items()}
        metrics["learning_rate"] = learning_rate(self.model)
        metrics["images_per_second"] = self._images / trained
        metrics["waiting_share"] = self._waiting.share
        metrics["memory_bytes"] = float(gauges.peak_memory_bytes())
        metrics["seconds"] = seconds
        # Keras counts epochs from 0; the store, the plots and people count from 1.
        ended = EpochEnded(epoch + 1, metrics)
        self._log.write(ended)
        self._listener.epoch(ended)
        self._last_seconds = seconds
        facts = {
            **self._readings.read(),
            "images_per_second": metrics["images_per_second"],
            "waiting_share": metrics["waiting_share"],
            "batch_size": self._size,
        }
        self._tell(self._steps, self._left(self._steps, seconds), facts)
        self._reported = time.monotonic()
        if epoch + 1 < self._epochs and self._listener.stop_requested():
            self.stopped = True
            self.model.stop_training = True

    def _facts(self, now: float) -> dict[str, float]:
        """Return what is true of the moment."""
        shown = self._losses.images - self._reported_images
        since = max(self._reported, self._epoch_began)
        return {
            "images_per_second": shown / max(now - since, 1e-9),
            "waiting_share": self._waiting.share,
            "batch_size": self._size,
            **self._readings.read(),
        }

    def _left(self, step: int, elapsed: float) -> float:
        # The first epoch has only itself to go by, compilation included.
        each = self._last_seconds or elapsed / step * self._steps
        return each * (self._epochs - self._epoch) - each * step / self._steps

    def _tell(self, step: int, left: float | None, facts: Mapping[str, float]) -> None:
        done = self._epoch * self._steps + step
        message = f"Epoch {self._epoch + 1} of {self._epochs}"
        self._listener.progress(
            done, self._epochs * self._steps, message, left, **facts
        )

    def _send(self) -> None:
        self._sent = time.monotonic()
        if self._pending:
            self._listener.steps(self._pending)
            self._pending = []


class _StepLosses:
    """The loss of each step's images, from Keras's mean over the epoch so far.

    Attributes:
        images: Shown in this epoch so far.
    """

    def __init__(self, images: int, batch_size: int) -> None:
        self._all, self._size, self._parts = images, batch_size, parallel.parts()
        self.epoch_began()

    def epoch_began(self) -> None:
        self._sum, self._counted, self.images = 0.0, 0, 0

    def of_step(self, mean: float) -> float:
        """Return the loss of the step after which the mean is this."""
        size = min(self._size, self._all - self.images)
        counted = parallel.full(size, self._parts)
        self.images, self._counted = self.images + size, self._counted + counted
        before, self._sum = self._sum, mean * self._counted
        return (self._sum - before) / counted
