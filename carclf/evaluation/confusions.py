"""Which class is taken for which."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carclf.hierarchy import Hierarchy
from carclf.records import Judged


@dataclass(frozen=True)
class Pair:
    """`label` was called `predicted` in `count` of its `of` images."""

    label: str
    predicted: str
    count: int
    of: int


def pairs(judged: Sequence[Judged]) -> list[Pair]:
    """Return the confusions that happened, most frequent first."""
    images = Counter(one.label for one in judged)
    mistakes = Counter(
        (one.label, one.prediction.label) for one in judged if not one.is_correct
    )
    found = [
        Pair(label, predicted, count, images[label])
        for (label, predicted), count in mistakes.items()
    ]
    return sorted(found, key=lambda pair: (-pair.count, pair.label, pair.predicted))


def named(judged: Sequence[Judged], classes: Sequence[str]) -> tuple[str, ...]:
    """Return a network's classes, and behind them labels that it does not know."""
    strangers = {one.label for one in judged} - set(classes)
    return *classes, *sorted(strangers)


def matrix(judged: Sequence[Judged], classes: Sequence[str]) -> NDArray[np.int64]:
    """Return counts of shape (classes, classes): row the label, column the answer.

    What is of no class among `classes`, or was called by none, is left out.
    """
    place = {name: number for number, name in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), np.int64)
    for one in judged:
        row, column = place.get(one.label), place.get(one.prediction.label)
        if row is not None and column is not None:
            counts[row, column] += 1
    return counts


def by_make(classes: Sequence[str], hierarchy: Hierarchy) -> list[int]:
    """Return the places of classes so that those of a make, then of a body, meet."""

    def key(place: int) -> tuple[str, ...]:
        vehicle = hierarchy.of(classes[place])
        parts = vehicle.make, vehicle.body, vehicle.model, vehicle.year
        return tuple(part or "" for part in parts)

    return sorted(range(len(classes)), key=key)


def by_likeness(matrix: NDArray[np.int64]) -> list[int]:
    """Return the places of classes so that those taken for one another are neighbours.

    Source: average linkage over how rarely two classes are confused, its leaves in
    the order of Bar-Joseph et al. 2001, Fast optimal leaf ordering.
    """
    # Slow to import, and only this order needs it.
    from scipy.cluster import hierarchy as clustering  # noqa: PLC0415
    from scipy.spatial.distance import squareform  # noqa: PLC0415

    if len(matrix) < 3:
        return list(range(len(matrix)))
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    apart = 1 - np.clip(share + share.T, 0, 1)
    np.fill_diagonal(apart, 0)
    distances = squareform(apart, checks=False)
    tree = clustering.linkage(distances, "average", optimal_ordering=True)
    return [int(place) for place in clustering.leaves_list(tree)]
