"""The files that a training learns from, however many."""

import os
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload


@dataclass(frozen=True)
class TrainImage:
    """A file to learn from.

    Attributes:
        path: Absolute.
    """

    path: Path
    sha256: str
    label: str


class Listing(Sequence[TrainImage]):
    """Files to learn from, in about a hundred bytes each; as objects they take 1 kB."""

    def __init__(self, images: Iterable[TrainImage]) -> None:
        self._paths, self._ends = bytearray(), array("Q", [0])
        self._digests, self._labels = bytearray(), array("L")
        positions: dict[str, int] = {}
        for one in images:
            self._paths += os.fsencode(one.path)
            self._ends.append(len(self._paths))
            self._digests += bytes.fromhex(one.sha256)
            self._labels.append(positions.setdefault(one.label, len(positions)))
        self._names = tuple(positions)

    def __len__(self) -> int:
        return len(self._labels)

    @overload
    def __getitem__(self, index: int) -> TrainImage: ...
    @overload
    def __getitem__(self, index: slice) -> list[TrainImage]: ...
    def __getitem__(self, index: int | slice) -> TrainImage | list[TrainImage]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        position = range(len(self))[index]
        path = self._paths[self._ends[position] : self._ends[position + 1]]
        size = len(self._digests) // len(self)
        digest = self._digests[position * size : (position + 1) * size]
        label = self._names[self._labels[position]]
        return TrainImage(Path(os.fsdecode(bytes(path))), digest.hex(), label)
