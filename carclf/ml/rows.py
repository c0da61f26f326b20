"""Equally large arrays in one file, read and written one by one."""

import os
import weakref
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Rows:
    """A .npy file whose first axis is picked from; any thread may.

    It is not mapped: pages of a mapped file count as the memory of its process, which
    would then grow with the number of images.

    Attributes:
        shape: Of the whole file, its first axis counting the rows.
    """

    def __init__(self, path: Path, *, writable: bool = False) -> None:
        """Open a file that `create` made."""
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            header = np.lib.format.read_array_header_1_0(file)
            self._start = file.tell()
        self.shape: tuple[int, ...] = header[0]
        self.dtype: np.dtype[Any] = header[2]
        self._size = self.dtype.itemsize * int(np.prod(self.shape[1:]))
        self._handle = os.open(path, os.O_RDWR if writable else os.O_RDONLY)
        weakref.finalize(self, os.close, self._handle)

    @classmethod
    def create(cls, path: Path, dtype: Any, shape: tuple[int, ...]) -> "Rows":
        """Return a new file to be written to, its room taken from the disk now."""
        plain = {
            "descr": np.lib.format.dtype_to_descr(np.dtype(dtype)),
            "fortran_order": False,
            "shape": shape,
        }
        with path.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, plain)
            begun = file.tell()
            size = begun + np.dtype(dtype).itemsize * int(np.prod(shape))
            file.truncate(size)
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
        return cls(path, writable=True)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, row: int) -> NDArray[Any]:
        """Return one row, a copy of one's own."""
        return self.read(row, 1)[0]

    def read(self, start: int, count: int) -> NDArray[Any]:
        """Return rows that follow each other."""
        found = np.empty((count, *self.shape[1:]), self.dtype)
        place, left = self._start + start * self._size, _bytes(found)
        while left:
            size = os.preadv(self._handle, [left], place)
            if size == 0:
                raise IndexError(f"rows {start} to {start + count} of {len(self)}")
            place, left = place + size, left[size:]
        return found

    def write(self, start: int, values: NDArray[Any]) -> None:
        """Write rows that follow each other."""
        data = np.ascontiguousarray(values, self.dtype)
        place, left = self._start + start * self._size, _bytes(data)
        while left:
            size = os.pwrite(self._handle, left, place)
            place, left = place + size, left[size:]


def _bytes(values: NDArray[Any]) -> memoryview:
    return values.reshape(-1).view(np.uint8).data
