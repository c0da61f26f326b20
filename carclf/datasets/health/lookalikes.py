"""Pictures that look the same, found without comparing each with each.

Two hashes of 64 bits that differ in at most seven differ in at most one bit of one of
their four quarters. So each image is looked up, under each quarter and under the 16
others that are one bit away, among the images that have exactly this quarter: 68 lists
that hold a 65,536th of the images each, where hashes are spread evenly. Images of one
and the same hash stand there once.

Source: Norouzi, Punjani and Fleet, “Fast Search in Hamming Space with Multi-Index
Hashing”, 2012
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from carclf.datasets.health import fingerprint
from carclf.records import Look

# Bits of 64. Of 380 photographs saved again at half the size, 379 differed from the
# original in 0 or 2 bits, and one in 4.
FARTHEST = 7
# Of 4,269 crops, all five pairs above are one photograph twice, mirrored or retouched;
# from 0.80 down pairs are two cars that stand alike. Whole photographs of 128 × 96
# pixels are harder: the one pair found is two silver cars in one white studio.
ALIKE = 0.84
_QUARTERS = 4
_QUARTER_BITS = 16
# Pairs that are compared at a time, so that memory does not grow with the images.
_AT_ONCE = 2_000_000

Pairs = NDArray[np.int64]


def groups(seen: Sequence[Look]) -> list[tuple[int, ...]]:
    """Return the ids of images that look the same, a tuple each; singles left out.

    Mirrored and turned pictures count as the same.

    Args:
        seen: None of them blank: those would all be the same.
    """
    if not seen:
        return []
    numbers = fingerprint.as_numbers([one.hashes for one in seen])
    leaders, links = _same_hash(seen, numbers[:, 0])
    for first, second, turn in near(numbers[leaders]):
        one, other = leaders[first], leaders[second]
        if fingerprint.likeness(seen[one].small, seen[other].small, turn) >= ALIKE:
            links.append((one, other))
    return [
        tuple(seen[place].image_id for place in group)
        for group in _connected(len(seen), links)
    ]


def near(numbers: NDArray[np.uint64]) -> Iterator[tuple[int, int, int]]:
    """Yield (place, other place, turn) of hashes at most `FARTHEST` bits apart.

    Args:
        numbers: Shape (images, turns), upright first.
    """
    upright = np.ascontiguousarray(numbers[:, 0])
    lists = [_Lists(_quarter(upright, at)) for at in range(_QUARTERS)]
    for turn in range(numbers.shape[1]):
        asked = np.ascontiguousarray(numbers[:, turn])
        found = [
            pairs
            for at, one in enumerate(lists)
            for key in _one_bit_away(_quarter(asked, at))
            for pairs in _close(upright, asked, one, key)
        ]
        for first, second in np.unique(np.concatenate(found), axis=0):
            yield int(first), int(second), turn


class _Lists:
    """The places of hashes, in a list for each value that a quarter can have."""

    def __init__(self, keys: NDArray[np.int64]) -> None:
        self.places = np.argsort(keys, kind="stable")
        counts = np.bincount(keys, minlength=1 << _QUARTER_BITS)
        self.starts = np.concatenate([[0], np.cumsum(counts)])

    def pairs(self, keys: NDArray[np.int64]) -> Iterator[Pairs]:
        """Yield (place in the list, place of the key), a few lists at a time."""
        starts = self.starts[keys]
        lengths = self.starts[keys + 1] - starts
        ends = np.cumsum(lengths)
        begin = 0
        while begin < len(keys):
            before = ends[begin - 1] if begin else 0
            end = max(begin + 1, int(np.searchsorted(ends, before + _AT_ONCE, "right")))
            part = lengths[begin:end]
            asking = np.repeat(np.arange(begin, end), part)
            within = np.arange(len(asking)) - np.repeat(np.cumsum(part) - part, part)
            yield np.stack(
                [self.places[np.repeat(starts[begin:end], part) + within], asking], 1
            )
            begin = end


def _quarter(numbers: NDArray[np.uint64], at: int) -> NDArray[np.int64]:
    shifted = numbers >> np.uint64(_QUARTER_BITS * at)
    return (shifted & np.uint64(0xFFFF)).astype(np.int64)


def _one_bit_away(keys: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    yield keys
    for bit in range(_QUARTER_BITS):
        yield keys ^ (1 << bit)


def _close(
    upright: NDArray[np.uint64],
    asked: NDArray[np.uint64],
    lists: _Lists,
    keys: NDArray[np.int64],
) -> Iterator[Pairs]:
    """Yield the pairs of some lists that are as near as wanted, each once."""
    for pairs in lists.pairs(keys):
        once = pairs[pairs[:, 0] < pairs[:, 1]]
        far = np.bitwise_count(upright[once[:, 0]] ^ asked[once[:, 1]])
        yield once[far <= FARTHEST]


def _same_hash(
    seen: Sequence[Look], upright: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], list[tuple[int, int]]]:
    """Return one place for each picture among those of one hash, and who is like it."""
    leaders: dict[int, list[int]] = defaultdict(list)
    links = []
    for place, number in enumerate(upright.tolist()):
        own = leaders[number]
        like = next((one for one in own if _is_alike(seen[one], seen[place])), None)
        if like is None:
            own.append(place)
        else:
            links.append((like, place))
    return np.array([one for own in leaders.values() for one in own]), links


def _is_alike(one: Look, other: Look) -> bool:
    return fingerprint.likeness(one.small, other.small, 0) >= ALIKE


def _connected(count: int, links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Return the places that links join, in the order of each group's first."""
    if not links:
        return []
    ones, others = np.array(links).T
    graph = coo_array((np.ones(len(links), bool), (ones, others)), (count, count))
    _, names = connected_components(graph, directed=False)
    joined: dict[int, list[int]] = defaultdict(list)
    for place in np.unique(np.concatenate([ones, others])).tolist():
        joined[int(names[place])].append(place)
    return list(joined.values())
