"""What happens while a network learns; knows neither the store nor the page."""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from carclf.config import ModelCheckpoint
from carclf.errors import TrainingError
from carclf.ml import ema, folders
from carclf.ml.input import Report
from carclf.records import EpochEnded

Logs = Mapping[str, Any] | None
REPORT_EVERY_S = 0.5


class RefuseDivergence(keras.callbacks.Callback):
    """Ends a training whose loss is no longer a number."""

    def __init__(self) -> None:
        super().__init__()
        self._finished = 0

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._check("loss", logs, f"step {batch + 1} of epoch {self._finished + 1}")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._check("val_loss", logs, f"the end of epoch {epoch + 1}")
        self._finished = epoch + 1

    def _check(self, name: str, logs: Logs, where: str) -> None:
        if math.isfinite(float((logs or {})[name])):
            return
        kept = (
            f"The last good epoch, {self._finished}, is kept"
            if self._finished
            else "No epoch was finished before"
        )
        raise TrainingError(
            f"Training diverged at {where}: the loss is no longer a number. {kept}. "
            f"Lower the learning rate (it was {_learning_rate(self.model):g}), or set "
            "clipnorm beside it."
        )


class KeepCheckpoints(keras.callbacks.Callback):
    """Keeps weights: the best epoch and the last, or every one.

    Attributes:
        best: The best epoch so far with its metrics; None before the first ends.
    """

    def __init__(
        self,
        network: keras.Model,
        folder: Path,
        wanted: ModelCheckpoint,
        keep: Callable[[int, Path], None],
        drop: Callable[[int], None],
    ) -> None:
        """Take the whole network: what is fitted may be its head alone."""
        super().__init__()
        self._network, self._folder, self._wanted = network, folder, wanted
        self._keep, self._drop = keep, drop
        self._kept: set[int] = set()
        self.best: EpochEnded | None = None

    def path(self, epoch: int) -> Path:
        return self._folder / f"epoch-{epoch:03d}.weights.h5"

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        ended = EpochEnded(epoch + 1, {k: float(v) for k, v in (logs or {}).items()})
        if self.best is None or self._rank(ended) > self._rank(self.best):
            self.best = ended
        self._save(ended.epoch)
        if self._wanted.save_best_only:
            for old in self._kept - {self.best.epoch, ended.epoch}:
                self._drop(old)
                self.path(old).unlink(missing_ok=True)
                self._kept.discard(old)

    def _save(self, epoch: int) -> None:
        path = self.path(epoch)
        part = path.with_name(f".{path.name}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with ema.averaged(self.model):
                self._network.save_weights(part)
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise folders.unwritable(path, error) from error
        self._kept.add(epoch)
        self._keep(epoch, path)

    def _rank(self, ended: EpochEnded) -> tuple[float, float]:
        """Return what is larger for a better epoch; val_loss decides between equals."""
        monitored = ended.metrics[self._wanted.monitor]
        sign = -1 if self._wanted.monitor.endswith("loss") else 1
        return sign * monitored, -ended.metrics["val_loss"]


class ReportProgress(keras.callbacks.Callback):
    """Tells how far a training is, and how each epoch went; stops it when asked.

    Attributes:
        stopped: Whether the user ended it before its last epoch.
    """

    def __init__(
        self,
        images: int,
        emit: Callable[[EpochEnded], None],
        report: Report,
        stop_requested: Callable[[], bool],
    ) -> None:
        """Take the number of training images in an epoch, and whom to tell."""
        super().__init__()
        self._images, self._emit, self._report = images, emit, report
        self._stop_requested = stop_requested
        self._reported = self._epoch_began = self._trained = 0.0
        self._epoch = 0
        self._last_seconds: float | None = None
        self.stopped = False

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch, self._epoch_began = epoch, time.monotonic()
        if epoch == 0:
            # The first step can take a minute, for it compiles the network.
            total = self.params["epochs"] * self.params["steps"]
            self._report(0, total, f"Epoch 1 of {self.params['epochs']}", None)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._trained = now = time.monotonic()
        if now - self._reported >= REPORT_EVERY_S:
            self._reported = now
            self._tell(batch + 1, now - self._epoch_began)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        seconds = time.monotonic() - self._epoch_began
        metrics = {name: float(value) for name, value in (logs or {}).items()}
        metrics["learning_rate"] = _learning_rate(self.model)
        metrics["images_per_second"] = self._images / (
            self._trained - self._epoch_began
        )
        metrics["seconds"] = seconds
        # Keras counts epochs from 0; the store, the plots and people count from 1.
        self._emit(EpochEnded(epoch + 1, metrics))
        self._last_seconds = seconds
        self._tell(self.params["steps"], seconds)
        if epoch + 1 < self.params["epochs"] and self._stop_requested():
            self.stopped = True
            self.model.stop_training = True

    def _tell(self, step: int, elapsed: float) -> None:
        steps, epochs = self.params["steps"], self.params["epochs"]
        # The first epoch has only itself to go by, compilation included.
        each = self._last_seconds or elapsed / step * steps
        left = each * (epochs - self._epoch) - each * step / steps
        message = f"Epoch {self._epoch + 1} of {epochs}"
        self._report(self._epoch * steps + step, epochs * steps, message, left)


class ScalarLog:
    """Writes the curves for TensorBoard, under the names that Keras gives them."""

    _TAGS = {  # noqa: RUF012
        "loss": ("train", "epoch_loss"),
        "accuracy": ("train", "epoch_accuracy"),
        "learning_rate": ("train", "epoch_learning_rate"),
        "images_per_second": ("train", "images_per_second"),
        "val_loss": ("validation", "epoch_loss"),
        "val_accuracy": ("validation", "epoch_accuracy"),
    }

    def __init__(self, folder: Path) -> None:
        """Take the folder that TensorBoard is to be given."""
        self._paths = {
            split: folder / split / f"events.out.tfevents.{int(time.time())}.carclf"
            for split in ("train", "validation")
        }
        for path in self._paths.values():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._append(
                path, Event(wall_time=time.time(), file_version="brain.Event:2")
            )

    def write(self, ended: EpochEnded) -> None:
        """Append an epoch; its file is whole again when this returns."""
        for split, path in self._paths.items():
            values = [
                Summary.Value(tag=tag, simple_value=ended.metrics[name])
                for name, (where, tag) in self._TAGS.items()
                if where == split and name in ended.metrics
            ]
            self._append(
                path,
                Event(
                    wall_time=time.time(),
                    step=ended.epoch,
                    summary=Summary(value=values),
                ),
            )

    @staticmethod
    def _append(path: Path, event: Event) -> None:
        with path.open("ab") as file:
            RecordWriter(file).write(event.SerializeToString())


def _learning_rate(model: keras.Model) -> float:
    return float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
