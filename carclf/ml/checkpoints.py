"""The weights that a training keeps: the best epoch, the last, and every n-th."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import keras

from carclf.config import TrainConfig
from carclf.errors import TrainingError
from carclf.ml import ema, folders
from carclf.ml.listener import Listener
from carclf.records import EpochEnded

Logs = Mapping[str, Any] | None


def path_of(folder: Path, epoch: int) -> Path:
    """Return where the weights of an epoch are kept in a run's folder."""
    return folder / "checkpoints" / f"epoch-{epoch:03d}.weights.h5"


def on_disk(folder: Path) -> dict[int, Path]:
    """Return the epochs whose weights a run's folder holds, in order."""
    found = (folder / "checkpoints").glob("epoch-*.weights.h5")
    by_epoch = {
        int(one.name.split(".")[0].removeprefix("epoch-")): one for one in found
    }
    return dict(sorted(by_epoch.items()))


def any_of(folder: Path) -> Path:
    """Return weights that a run has kept, whichever.

    Raises:
        TrainingError: There are none.
    """
    kept = list(on_disk(folder).values())
    if not kept:
        raise TrainingError(
            f"{folder.name} has none of its weights left, so it cannot go on. Queue "
            "a new training with the same settings."
        )
    return kept[-1]


class KeepCheckpoints(keras.callbacks.Callback):
    """Writes the weights of each epoch, and knows which of them may go.

    Attributes:
        best: The best epoch so far with its metrics; None before the first ends.
        kept: The epochs whose weights are on the disk.
    """

    def __init__(
        self,
        network: keras.Model,
        folder: Path,
        config: TrainConfig,
        listener: Listener,
        best: EpochEnded | None = None,
        finished: int = 0,
    ) -> None:
        """Take the whole network: what is fitted may be its head alone.

        Args:
            folder: The run's own.
            best: Of the epochs that were finished before.
        """
        super().__init__()
        self._network, self._folder, self._listener = network, folder, listener
        self._wanted = config.fit.callbacks.model_checkpoint
        self._every = config.learning.keep_every
        self.best = best
        self.kept = {one for one in on_disk(folder) if one <= finished}

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        ended = EpochEnded(epoch + 1, {k: float(v) for k, v in (logs or {}).items()})
        if self.best is None or self._rank(ended) > self._rank(self.best):
            self.best = ended
        self._save(ended.epoch)

    def sweep(self, last: int) -> None:
        """Remove weights that nobody wants, once the state to resume from is safe."""
        assert self.best is not None
        if not self._wanted.save_best_only:
            return
        for old in sorted(self.kept - {self.best.epoch, last}):
            if self._every is not None and old % self._every == 0:
                continue
            if self._listener.drop(old):
                path_of(self._folder, old).unlink(missing_ok=True)
                self.kept.discard(old)

    def _save(self, epoch: int) -> None:
        path = path_of(self._folder, epoch)
        part = path.with_name(f".{path.name}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with ema.averaged(self.model):
                self._write(part)
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise folders.unwritable(path, error) from error
        self.kept.add(epoch)
        self._listener.keep(epoch, path)

    def _write(self, part: Path) -> None:
        """Write all weights; of a frozen backbone, as they stand in an older file."""
        older = max(self.kept, default=None)
        if self.model is self._network or older is None:
            self._network.save_weights(part)
            return
        shutil.copyfile(path_of(self._folder, older), part)
        head = part.with_name(f".head-{path_of(self._folder, older).name}")
        try:
            self.model.save_weights(head)
            _copy_values(head, part)
        finally:
            head.unlink(missing_ok=True)

    def _rank(self, ended: EpochEnded) -> tuple[float, float]:
        """Return what is larger for a better epoch; val_loss decides between equals."""
        monitored = ended.metrics[self._wanted.monitor]
        sign = -1 if self._wanted.monitor.endswith("loss") else 1
        return sign * monitored, -ended.metrics["val_loss"]


def _copy_values(source: Path, target: Path) -> None:
    """Put the layers of one weights file in the places they have in another."""
    with h5py.File(source) as given, h5py.File(target, "r+") as taken:

        def put(name: str, item: Any) -> None:
            # Beside them stands the optimizer, if there is one.
            if isinstance(item, h5py.Dataset) and name.startswith("layers/"):
                taken[name][...] = item[...]

        given.visititems(put)
