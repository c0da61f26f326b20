"""Read the tensors of a PyTorch file of the old form, without PyTorch.

Such a file is a row of pickles, so a careless reader would run whatever code it
names. This one knows four names and refuses all others.
"""

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from carclf.errors import TrainingError

# Source: torch/serialization.py, _legacy_save.
MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001


class _Storage(NamedTuple):
    """A row of numbers that follows the pickles, under its key."""

    key: str
    dtype: DTypeLike
    length: int


class _Tensor(NamedTuple):
    """A view into a storage; offset and strides count elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _tensor(
    storage: _Storage, offset: int, shape: Any, strides: Any, *_gradients: Any
) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


_KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch", "FloatStorage"): np.dtype("<f4"),
    ("torch", "LongStorage"): np.dtype("<i8"),
}


class _Reader(pickle.Unpickler):
    """An unpickler that makes tensors' descriptions and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise TrainingError(
                f"The weights file asks for {module}.{name}, which weights do not "
                "need and which could run code. It was not read further; get the "
                "file again from its source."
            ) from None

    def persistent_load(self, pid: Any) -> _Storage:
        _, dtype, key, _, length, _ = pid
        return _Storage(key, dtype, length)


def read(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a state dict by their names, in the file's order.

    Raises:
        TrainingError: The file names anything but tensors, is of another form, or
            is cut short.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path)
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error.strerror}.") from error
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError) as error:
        raise TrainingError(
            f"{path} is not a whole PyTorch weights file of the old form. Get it again "
            "from its source."
        ) from error


def _read(file: BinaryIO, path: Path) -> dict[str, NDArray[Any]]:
    magic, protocol = (_Reader(file).load() for _ in range(2))
    if (magic, protocol) != (MAGIC, PROTOCOL):
        raise ValueError(f"{path} starts like no PyTorch file of the old form")
    _Reader(file).load()  # What kind of machine wrote it.
    tensors = {
        name: value
        for name, value in _Reader(file).load().items()
        if isinstance(value, _Tensor)
    }
    dtypes = {one.storage.key: one.storage.dtype for one in tensors.values()}
    storages = {
        key: _numbers(file, np.dtype(dtypes[key])) for key in _Reader(file).load()
    }
    return {
        name: _view(one, storages[one.storage.key]) for name, one in tensors.items()
    }


def _numbers(file: BinaryIO, dtype: np.dtype[Any]) -> NDArray[Any]:
    length = int.from_bytes(file.read(8), "little")
    return np.frombuffer(file.read(length * dtype.itemsize), dtype, count=length)


def _view(tensor: _Tensor, storage: NDArray[Any]) -> NDArray[Any]:
    last = tensor.offset + sum(
        (size - 1) * stride
        for size, stride in zip(tensor.shape, tensor.strides, strict=True)
    )
    if last >= len(storage) or tensor.offset < 0 or min(tensor.strides, default=0) < 0:
        raise ValueError("a tensor reaches outside its storage")
    view = np.lib.stride_tricks.as_strided(
        storage[tensor.offset :],
        tensor.shape,
        [stride * storage.itemsize for stride in tensor.strides],
        writeable=False,
    )
    return np.ascontiguousarray(view)
