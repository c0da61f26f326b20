"""Pictures that look the same, found without comparing each with each.

Two hashes of 64 bits that differ in at most seven differ in at most one bit of one of
their four quarters. So each image is looked up, under each quarter and under the 16
others that are one bit away, among the images that have exactly this quarter: 68 lists
that hold a 65,536th of the images each, where hashes are spread evenly. Of a long list,
as thousands of pictures of one scene make, only those are compared whose whole hashes
come nearest in order; so the work for an image is bounded, however many there are.

Source: Norouzi, Punjani and Fleet, “Fast Search in Hamming Space with Multi-Index
Hashing”, 2012
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

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
# Of a list, so many are compared: far more than lists hold of 100,000 photographs.
_LONGEST = 200
# Pairs that are compared at a time, so that memory does not grow with the images.
_AT_ONCE = 2_000_000

Places = NDArray[np.int64]
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
    joined = _Joined(len(seen))
    leaders = _join_same(seen, numbers[:, 0], joined)
    for first, second, turn in near(numbers[leaders]):
        one, other = int(leaders[first]), int(leaders[second])
        if joined.find(one) != joined.find(other) and _alike(seen, one, other, turn):
            joined.join(one, other)
    return [tuple(seen[at].image_id for at in group) for group in joined.groups()]


def near(numbers: NDArray[np.uint64]) -> Iterator[tuple[int, int, int]]:
    """Yield (place, other place, turn) of hashes at most `FARTHEST` bits apart.

    Args:
        numbers: Shape (images, turns), upright first.
    """
    upright = np.ascontiguousarray(numbers[:, 0])
    lists = [_Lists(_quarter_first(upright, at)) for at in range(_QUARTERS)]
    for turn in range(numbers.shape[1]):
        asked = np.ascontiguousarray(numbers[:, turn])
        found = [
            pairs
            for at, one in enumerate(lists)
            for wanted in _one_bit_away(_quarter_first(asked, at))
            for pairs in _close(upright, asked, one, wanted)
        ]
        for first, second in np.unique(np.concatenate(found), axis=0):
            yield int(first), int(second), turn


class _Lists:
    """The places of hashes, in a list for each value that their first quarter has.

    Each list is in the order of the hashes.
    """

    def __init__(self, numbers: NDArray[np.uint64]) -> None:
        self.places = np.argsort(numbers, kind="stable")
        self.numbers = numbers[self.places]
        counts = np.bincount(_first_quarter(numbers), minlength=1 << _QUARTER_BITS)
        self.starts = np.concatenate([[0], np.cumsum(counts)])

    def pairs(self, asked: NDArray[np.uint64]) -> Iterator[Pairs]:
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

    def _windows(self, asked: NDArray[np.uint64]) -> tuple[Places, Places]:
        """Return where the list of each begins and its length, cut if it is long."""
        keys = _first_quarter(asked)
        starts, ends = self.starts[keys], self.starts[keys + 1]
        is_long = ends - starts > _LONGEST
        own = np.searchsorted(self.numbers, asked[is_long]) - _LONGEST // 2
        starts[is_long] = np.clip(own, starts[is_long], ends[is_long] - _LONGEST)
        return starts, np.minimum(ends - starts, _LONGEST)


class _Joined:
    """Which places belong together.

    Source: the union-find structure with path halving (Tarjan and van Leeuwen, 1984)
    """

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def find(self, place: int) -> int:
        """Return the place that stands for all that belong together with this one."""
        parents = self._parents
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    def join(self, one: int, other: int) -> None:
        first, second = sorted((self.find(one), self.find(other)))
        self._parents[second] = first

    def groups(self) -> list[list[int]]:
        """Return those that are joined with others, in the order of each first."""
        found: dict[int, list[int]] = defaultdict(list)
        for place in range(len(self._parents)):
            found[self.find(place)].append(place)
        return [group for group in found.values() if len(group) > 1]


def _quarter_first(numbers: NDArray[np.uint64], at: int) -> NDArray[np.uint64]:
    """Return the numbers with their bits turned round, so that a quarter leads."""
    if at == 0:
        return numbers
    left = np.uint64(_QUARTER_BITS * at)
    return (numbers << left) | (numbers >> (np.uint64(64) - left))


def _first_quarter(numbers: NDArray[np.uint64]) -> Places:
    return (numbers >> np.uint64(64 - _QUARTER_BITS)).astype(np.int64)


def _one_bit_away(numbers: NDArray[np.uint64]) -> Iterator[NDArray[np.uint64]]:
    """Yield the numbers, and then with each bit of their first quarter changed."""
    yield numbers
    for bit in range(64 - _QUARTER_BITS, 64):
        yield numbers ^ (np.uint64(1) << np.uint64(bit))


def _close(
    upright: NDArray[np.uint64],
    asked: NDArray[np.uint64],
    lists: _Lists,
    wanted: NDArray[np.uint64],
) -> Iterator[Pairs]:
    """Yield the pairs of some lists that are as near as wanted, each once."""
    for pairs in lists.pairs(wanted):
        once = pairs[pairs[:, 0] < pairs[:, 1]]
        far = np.bitwise_count(upright[once[:, 0]] ^ asked[once[:, 1]])
        yield once[far <= FARTHEST]


def _join_same(
    seen: Sequence[Look], upright: NDArray[np.uint64], joined: _Joined
) -> Places:
    """Join pictures of one and the same hash; return a place for each that differs."""
    leaders: dict[int, list[int]] = defaultdict(list)
    for place, number in enumerate(upright.tolist()):
        own = leaders[number]
        like = next((one for one in own if _alike(seen, one, place, 0)), None)
        if like is None:
            own.append(place)
        else:
            joined.join(like, place)
    return np.array([one for own in leaders.values() for one in own])


def _alike(seen: Sequence[Look], one: int, other: int, turn: int) -> bool:
    first, second = seen[one].small, seen[other].small
    return fingerprint.likeness(first, second, turn) >= ALIKE
