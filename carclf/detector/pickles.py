"""The model zoo's weights are pickles; this reads them and runs nothing in them."""

import io
import pickle
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


class UnsafePickleError(Exception):
    """A pickle asks for more than arrays; it may be an attack."""


def read(path: Path) -> Any:
    """Return what a pickle of arrays holds.

    Raises:
        UnsafePickleError: It names anything but NumPy's arrays, and is not read.
        pickle.UnpicklingError: It is damaged.
    """
    # The zoo's were written by Python 2, so their strings are bytes: latin-1 keeps
    # those of the arrays as they are.
    data = io.BytesIO(path.read_bytes())
    return _Unpickler(data, encoding="latin1").load()


def _encoded(text: str, encoding: str) -> bytes:
    """Stand for codecs.encode, by which bytes are written in old pickles."""
    if encoding != "latin1":
        raise UnsafePickleError(f"asks for the codec {encoding!r}")
    return text.encode("latin1")


def _empty(kind: type, shape: tuple[int, ...], code: bytes) -> Any:
    """Stand for NumPy's _reconstruct: an array that is given its content next."""
    if kind is not np.ndarray:
        raise UnsafePickleError(f"asks for an array of the kind {kind!r}")
    return np.ndarray((0,), np.int8)


_SCALAR: Any = np.float32(0).__reduce__()[0]
_KNOWN: dict[tuple[str, str], Callable[..., Any]] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("_codecs", "encode"): _encoded,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): _empty,
    ("numpy._core.multiarray", "_reconstruct"): _empty,
    ("numpy.core.multiarray", "scalar"): _SCALAR,
    ("numpy._core.multiarray", "scalar"): _SCALAR,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _KNOWN:
            raise UnsafePickleError(f"names {module}.{name}")
        return _KNOWN[module, name]

    def persistent_load(self, pid: Any) -> Any:
        raise UnsafePickleError("refers to something outside the file")
