"""Event files as TensorFlow writes them, drawn by a test."""

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

NOON = 1_668_000_000.0
EPOCH_S = 60.0
HOST = "box"

Curves = Mapping[str, Sequence[float]]


def write(path: Path, events: Iterable[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(framed(one.SerializeToString()) for one in events))
    return path


def framed(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return b"".join(
        [
            length,
            struct.pack("<I", masked_crc32c(length)),
            content,
            struct.pack("<I", masked_crc32c(content)),
        ]
    )


def figure(
    tag: str, step: int, value: float, at: float, *, simple: bool = False
) -> Any:
    """Return an event of one figure, as TensorFlow 2 or, simply, as PyTorch has it."""
    event = event_pb2.Event(wall_time=at, step=step)
    one = event.summary.value.add(tag=tag)
    if simple:
        one.simple_value = value
        return event
    one.metadata.plugin_data.plugin_name = "scalars"
    one.tensor.CopyFrom(
        tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT, float_val=[value])
    )
    return event


def version(at: float) -> Any:
    return event_pb2.Event(wall_time=at, file_version="brain.Event:2")


def graph(at: float, optimizer: str = "Adam") -> Any:
    return event_pb2.Event(
        wall_time=at, graph_def=b"..ResourceApply%b.." % optimizer.encode()
    )


def network(at: float, model: dict[str, Any]) -> Any:
    event = event_pb2.Event(wall_time=at)
    one = event.summary.value.add(tag="keras")
    one.metadata.plugin_data.plugin_name = "graph_keras_model"
    one.tensor.CopyFrom(
        tensor_pb2.TensorProto(
            dtype=types_pb2.DT_STRING, string_val=[json.dumps(model).encode()]
        )
    )
    return event


def histogram(at: float, tag: str = "weights") -> Any:
    event = event_pb2.Event(wall_time=at)
    event.summary.value.add(tag=tag, histo=summary_pb2.HistogramProto(min=0, max=1))
    return event


def start(
    folder: Path,
    *,
    began: float = NOON,
    process: int = 9,
    first: int = 0,
    train: Curves | None = None,
    validation: Curves | None = None,
    more: Sequence[Any] = (),
) -> list[Path]:
    """Write the two files of a training by Keras; return their paths."""
    paths = []
    for number, (split, curves) in enumerate(
        {"train": train, "validation": validation}.items()
    ):
        if curves is None:
            continue
        at = began + number
        name = f"events.out.tfevents.{at:.0f}.{HOST}.{process}.{number}.v2"
        events = [version(at), *(more if split == "train" else ())]
        events += [
            figure(tag, first + place, value, at + EPOCH_S * (place + 1))
            for tag, values in curves.items()
            for place, value in enumerate(values)
        ]
        paths.append(write(folder / "logs" / split / name, events))
    return paths


def epochs(count: int) -> tuple[Curves, Curves]:
    """Return the curves of a training that gets better, of train and validation."""
    falling = [2.0 / (place + 1) for place in range(count)]
    rising = [1 - 1 / (place + 2) for place in range(count)]
    return (
        {"epoch_loss": falling, "epoch_accuracy": rising},
        {
            "epoch_loss": [value + 0.5 for value in falling],
            "epoch_accuracy": [value - 0.1 for value in rising],
        },
    )
