"""Hashes of 64 bits, looked up by one of their quarters.

Where hashes are spread evenly, a list holds a 65,536th of them. Of a long list, as
thousands of pictures of one scene make, only those are compared whose whole hashes come
nearest in order; so the work for an image is bounded, however many there are.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_COUNT = 4
_BITS = 16
# Of a list, so many are compared: far more than lists hold of 100,000 photographs.
_LONGEST = 200
# Pairs that are compared at a time, so that memory does not grow with the images.
_AT_ONCE = 2_000_000

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]
Pairs = NDArray[np.int64]


class Lists:
    """The places of hashes, in a list for each value that their first quarter has.

    Each list is in the order of the hashes.
    """

    def __init__(self, numbers: Hashes) -> None:
        self.places = np.argsort(numbers, kind="stable")
        self.numbers = numbers[self.places]
        counts = np.bincount(_first(numbers), minlength=1 << _BITS)
        self.starts = np.concatenate([[0], np.cumsum(counts)])

    def pairs(self, asked: Hashes) -> Iterator[Pairs]:
        """Yield (place in the list, place of who asks), some lists at a time."""
        starts, lengths = self._windows(asked)
        ends = np.cumsum(lengths)
        begin = 0
        while begin < len(asked):
            before = ends[begin - 1] if begin else 0
            end = max(begin + 1, int(np.searchsorted(ends, before + _AT_ONCE, "right")))
            part = lengths[begin:end]
            asking = np.repeat(np.arange(begin, end), part)
            within = np.arange(len(asking)) - np.repeat(np.cumsum(part) - part, part)
            listed = self.places[np.repeat(starts[begin:end], part) + within]
            yield np.stack([listed, asking], 1)
            begin = end

    def _windows(self, asked: Hashes) -> tuple[Places, Places]:
        """Return where the list of each begins and its length, cut if it is long."""
        keys = _first(asked)
        starts, ends = self.starts[keys], self.starts[keys + 1]
        is_long = ends - starts > _LONGEST
        own = np.searchsorted(self.numbers, asked[is_long]) - _LONGEST // 2
        starts[is_long] = np.clip(own, starts[is_long], ends[is_long] - _LONGEST)
        return starts, np.minimum(ends - starts, _LONGEST)


def of(numbers: Hashes) -> list[Lists]:
    """Return the lists of each quarter, the first first."""
    return [Lists(leading(numbers, at)) for at in range(_COUNT)]


def leading(numbers: Hashes, at: int) -> Hashes:
    """Return the numbers with their bits turned round, so that a quarter leads."""
    if at == 0:
        return numbers
    left = np.uint64(_BITS * at)
    return (numbers << left) | (numbers >> (np.uint64(64) - left))


def one_bit_away(numbers: Hashes) -> Iterator[Hashes]:
    """Yield the numbers, and then with each bit of their first quarter changed."""
    yield numbers
    for bit in range(64 - _BITS, 64):
        yield numbers ^ (np.uint64(1) << np.uint64(bit))


def _first(numbers: Hashes) -> Places:
    return (numbers >> np.uint64(64 - _BITS)).astype(np.int64)
