"""A network in the formats of elsewhere: each written, opened again and checked.

A format is a module with two functions: `write(source, part)` puts it into a folder and
returns where it lies, and `opened(path)` returns how its own runtime computes it.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from carclf.ml.formats.source import Logits, Source

__all__ = ["Logits", "Source", "of"]

# Import paths, not modules: a runtime is imported only where its format is wanted.
_FORMATS = {
    "keras": "carclf.ml.formats.keras_file",
    "onnx": "carclf.ml.formats.onnx_float",
    "int8": "carclf.ml.formats.onnx_int8",
    "openvino": "carclf.ml.formats.openvino_ir",
    "savedmodel": "carclf.ml.formats.saved_model",
    "litert": "carclf.ml.formats.litert",
}


class Way(Protocol):
    """What each of the modules holds."""

    write: Callable[[Source, Path], Path]
    opened: Callable[[Path], Logits]
    runtime: Callable[[], str]


def of(name: str) -> Way:
    """Return the way to write and to compute a format of `exports.formats`."""
    way: Way = importlib.import_module(_FORMATS[name])
    return way
