"""The curves of a training for TensorBoard."""

import time
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from carclf.records import EpochEnded


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
        """Take the folder that TensorBoard is to be given.

        A training that is resumed gets files of its own beside the earlier ones.
        """
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
