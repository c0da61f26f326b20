"""Everything that a training needs to go on as if it had never ended.

The file is written after every epoch and replaces the one before. Grain's order and
draws follow from the position in the training alone, so they need no state.
"""

import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from carclf.errors import TrainingError
from carclf.ml import folders
from carclf.records import RESUME_FILE, EpochEnded

FORMAT = 1


@dataclass(frozen=True)
class State:
    """How far a training came; its variables lie in the file.

    Attributes:
        best: None in a phase of images of another size, until its first epoch ends.
        batch_size: May be smaller than was asked for, if memory ran out.
        patience: Of early stopping, if there is any.
    """

    epoch: int
    best: EpochEnded | None
    batch_size: int
    accumulation: int
    patience: dict[str, float] | None


def read(folder: Path) -> State | None:
    """Return how far the training of a run's folder came; None if not to an end.

    Raises:
        TrainingError: The file is damaged, or a newer carclf wrote it.
    """
    path = folder / RESUME_FILE
    if not path.is_file():
        return None
    with _readable(path) as file:
        plain = json.loads(str(file["state"]))
    if plain.pop("format") != FORMAT:
        raise TrainingError(f"{path} was written by another carclf. Update carclf.")
    best = EpochEnded(**plain.pop("best"))
    return State(best=best, **plain)


def write(folder: Path, state: State, model: keras.Model) -> None:
    """Replace a folder's state, with the variables of a compiled model.

    Raises:
        TrainingError: The disk is full.
    """
    assert state.best is not None
    plain = {
        "format": FORMAT,
        "epoch": state.epoch,
        "best": {"epoch": state.best.epoch, "metrics": state.best.metrics},
        "batch_size": state.batch_size,
        "accumulation": state.accumulation,
        "patience": state.patience,
    }
    arrays = {
        f"{group}/{position:05d}": keras.ops.convert_to_numpy(variable)
        for group, variables in _groups(model).items()
        for position, variable in enumerate(variables)
    }
    path = folder / RESUME_FILE
    part = path.with_name(f".{path.name}")
    try:
        with part.open("wb") as file:
            np.savez(file, state=np.array(json.dumps(plain)), **arrays)
            file.flush()
            # On the disk before it takes the other's place, should the power fail.
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise folders.unwritable(path, error) from error


def restore(folder: Path, state: State, model: keras.Model, steps: int) -> None:
    """Give a compiled model the variables that `write` took down.

    Args:
        steps: Of an epoch as it is now; the schedule goes on at the epoch's place.

    Raises:
        TrainingError: They are of another network, or the file is damaged.
    """
    optimizer = model.optimizer
    optimizer.build(model.trainable_variables)
    path = folder / RESUME_FILE
    with _readable(path) as file:
        for group, variables in _groups(model).items():
            names = sorted(one for one in file.files if one.startswith(f"{group}/"))
            if group == "accumulators" and len(names) != len(variables):
                # The batch was halved in between, and its parts are added anew.
                continue
            arrays = [file[name] for name in names]
            if [one.shape for one in arrays] != [tuple(v.shape) for v in variables]:
                raise TrainingError(
                    f"{path} is of another network than the run's settings describe. "
                    "Queue a new training with them."
                )
            for variable, value in zip(variables, arrays, strict=True):
                variable.assign(value)
    # Keras's own counter, for `iterations` may count updates instead of steps.
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    inner._iterations.assign(state.epoch * steps)


def forget(folder: Path) -> None:
    """Remove the state of an earlier training."""
    (folder / RESUME_FILE).unlink(missing_ok=True)


def _groups(model: keras.Model) -> dict[str, list[Any]]:
    """Return all that changes while a model learns, seeds included."""
    measured = {id(one) for one in model.metrics_variables}
    accumulators: list[Any] = []
    others: list[Any] = []
    for one in model.optimizer.variables:
        is_sum = "gradient_accumulator" in one.path
        (accumulators if is_sum else others).append(one)
    return {
        "model": [one for one in model.variables if id(one) not in measured],
        "optimizer": others,
        "accumulators": accumulators,
    }


@contextmanager
def _readable(path: Path) -> Iterator[Any]:
    try:
        # Opened here, for NumPy leaves a file open that is no archive.
        with path.open("rb") as opened, np.load(opened) as file:
            yield file
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise TrainingError(
            f"{path} is damaged, so the training cannot go on where it ended. Start a "
            "new run from its best epoch instead."
        ) from error
