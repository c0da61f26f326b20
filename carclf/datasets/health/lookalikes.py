"""Pictures that look the same, found without comparing each with each.

Two hashes of 64 bits that differ in at most seven differ in at most one bit of one of
their four quarters. So each image is looked up, under each quarter and under the 16
others that are one bit away, among the images that have exactly this quarter.

Source: Norouzi, Punjani and Fleet, “Fast Search in Hamming Space with Multi-Index
Hashing”, 2012
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from carclf.datasets.health import cropped, fingerprint, quarters
from carclf.datasets.health.quarters import Pairs, Places
from carclf.records import Look

# Bits of 64. Of 380 photographs saved again at half the size, 379 differed from the
# original in 0 or 2 bits, and one in 4.
FARTHEST = 7
# Of 4,269 crops, all five pairs above are one photograph twice, mirrored or retouched;
# from 0.80 down pairs are two cars that stand alike. Whole photographs of 128 × 96
# pixels are harder: the one pair found is two silver cars in one white studio.
ALIKE = 0.84


def groups(seen: Sequence[Look]) -> list[tuple[int, ...]]:
    """Return the ids of images that look the same, a tuple each; singles left out.

    Mirrored, turned and cropped pictures count as the same.

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
    same = np.array([joined.find(place) for place in range(len(seen))])
    for whole, part in cropped.pairs(seen, same):
        joined.join(whole, part)
    return [tuple(seen[at].image_id for at in group) for group in joined.groups()]


def near(numbers: NDArray[np.uint64]) -> Iterator[tuple[int, int, int]]:
    """Yield (place, other place, turn) of hashes at most `FARTHEST` bits apart.

    Args:
        numbers: Shape (images, turns), upright first.
    """
    upright = np.ascontiguousarray(numbers[:, 0])
    lists = quarters.of(upright)
    for turn in range(numbers.shape[1]):
        asked = np.ascontiguousarray(numbers[:, turn])
        found = [
            pairs
            for at, one in enumerate(lists)
            for wanted in quarters.one_bit_away(quarters.leading(asked, at))
            for pairs in _close(upright, asked, one, wanted)
        ]
        for first, second in np.unique(np.concatenate(found), axis=0):
            yield int(first), int(second), turn


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


def _close(
    upright: NDArray[np.uint64],
    asked: NDArray[np.uint64],
    lists: quarters.Lists,
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
