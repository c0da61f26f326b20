"""TensorBoard's event files, read without TensorFlow.

TensorBoard's own reader loads TensorFlow where it is installed, which takes seconds;
the framing of the records is a few lines.
"""

import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from google.protobuf.message import DecodeError
from tensorboard.compat.proto import event_pb2
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
from tensorboard.util import tensor_util

# As TensorFlow, TensorBoardX and PyTorch all call them.
FILES = "*tfevents*"

_MODEL = "keras"
_APPLY = re.compile(rb"Resource(?:Sparse)?Apply(?:Keras)?([A-Z]\w*)")
_OPTIMIZERS = {
    "Adam": "adam",
    "AdaMax": "adamax",
    "GradientDescent": "sgd",
    "Momentum": "sgd",
    "RMSProp": "rmsprop",
}
_WHY_LEFT = {
    "graph_def": "a drawing of the network; only its optimizer was read",
    "tagged_run_metadata": "a profile of the machine",
    "meta_graph_def": "a drawing of the network",
    "session_log": "a mark of TensorFlow's",
    "log_message": "a line of a log",
    "source_metadata": "what wrote the file",
}
_KINDS = {
    "histograms": "a histogram",
    "images": "pictures",
    "audio": "sounds",
    "text": "text",
    "hparams": "a table of settings",
    "graph_run_metadata": "a profile of the machine",
    "graph_run_metadata_graph": "a profile of the machine",
    "graph_keras_model": "a model that is not JSON",
}


@dataclass(frozen=True)
class Point:
    """A figure of a log, and when it was written, in seconds since 1970."""

    step: int
    at: float
    value: float


@dataclass
class EventFile:
    """What one file holds.

    Attributes:
        events: How many records were read.
        scalars: Figures by tag, in the order of the file.
        left: Why a tag, or a kind of record, was not taken.
        not_finite: Steps by tag at which a figure was NaN or infinite.
        model: The network as Keras wrote it down, if it did.
        optimizer: Its name, as far as the graph tells.
        began: When the first record was written, in seconds since 1970.
        damage: Where reading stopped and why; empty if the end was reached.
    """

    path: Path
    events: int = 0
    scalars: dict[str, list[Point]] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    not_finite: dict[str, list[int]] = field(default_factory=dict)
    model: dict[str, Any] | None = None
    optimizer: str | None = None
    began: float | None = None
    ended: float | None = None
    damage: str = ""


class _DamagedError(Exception):
    """A record that cannot be read, nor anything after it."""


def read(path: Path) -> EventFile:
    """Return what a file holds; of a damaged one, what comes before the damage."""
    found = EventFile(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        place = 0
        try:
            for record in _records(file):
                _take(found, _parsed(record))
                place = file.tell()
        except _DamagedError as error:
            found.damage = (
                f"{path.name} {error} at byte {place:,} of {size:,}; what came before "
                "was read"
            )
    if not size:
        found.damage = f"{path.name} is empty"
    return found


def _records(file: BinaryIO) -> Iterator[bytes]:
    """Yield the records: length, its checksum, content, its checksum.

    Source: tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
    """
    while header := file.read(12):
        if len(header) < 12:
            raise _DamagedError("is cut short")
        if not _agrees(header[:8], header[8:]):
            raise _DamagedError("is damaged, or is no event file,")
        (length,) = struct.unpack("<Q", header[:8])
        content, checksum = file.read(length), file.read(4)
        if len(content) < length or len(checksum) < 4:
            raise _DamagedError("is cut short")
        if not _agrees(content, checksum):
            raise _DamagedError("is damaged")
        yield content


def _agrees(content: bytes, checksum: bytes) -> bool:
    return bool(masked_crc32c(content) == struct.unpack("<I", checksum)[0])


def _parsed(record: bytes) -> Any:
    try:
        return event_pb2.Event.FromString(record)
    except DecodeError as error:
        raise _DamagedError("holds a record that is no event") from error


def _take(found: EventFile, event: Any) -> None:
    found.events += 1
    found.began = event.wall_time if found.began is None else found.began
    found.ended = event.wall_time
    kind = event.WhichOneof("what")
    if kind == "summary":
        for value in event.summary.value:
            _take_value(found, event, value)
    elif kind == "graph_def":
        found.optimizer = _optimizer(event.graph_def) or found.optimizer
    if kind in _WHY_LEFT:
        found.left[kind] = _WHY_LEFT[kind]


def _take_value(found: EventFile, event: Any, value: Any) -> None:
    number = _number(value)
    if number is not None and np.isfinite(number):
        point = Point(event.step, event.wall_time, number)
        found.scalars.setdefault(value.tag, []).append(point)
    elif number is not None:
        found.not_finite.setdefault(value.tag, []).append(event.step)
    elif value.tag == _MODEL and (model := _json(value)) is not None:
        found.model = model
    else:
        kind = value.metadata.plugin_data.plugin_name or value.WhichOneof("value")
        found.left[value.tag] = _KINDS.get(kind, f"no curve but {kind or 'nothing'}")


def _number(value: Any) -> float | None:
    """Return a single figure, however the writer packed it; None for anything else."""
    if value.HasField("simple_value"):
        return float(value.simple_value)
    if not value.HasField("tensor"):
        return None
    try:
        array = tensor_util.make_ndarray(value.tensor)
    except (TypeError, ValueError):
        return None
    return (
        float(array.item()) if array.size == 1 and array.dtype.kind in "fiu" else None
    )


def _json(value: Any) -> dict[str, Any] | None:
    if not value.HasField("tensor") or not value.tensor.string_val:
        return None
    try:
        found = json.loads(value.tensor.string_val[0])
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _optimizer(graph: bytes) -> str | None:
    """Return the optimizer whose step stands in a graph."""
    # The step's name stands in it as plain bytes; parsing the graph would tell no more.
    match = _APPLY.search(graph)
    if match is None:
        return None
    word = match[1].decode()
    return next((ours for name, ours in _OPTIMIZERS.items() if name in word), None)
