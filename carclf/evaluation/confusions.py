"""Which class is taken for which."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

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


def matrix(judged: Sequence[Judged], classes: Sequence[str]) -> NDArray[np.int64]:
    """Return counts of shape (classes, classes): row the label, column the answer."""
    if not judged:
        return np.zeros((len(classes), len(classes)), np.int64)
    counts: NDArray[np.int64] = confusion_matrix(
        [one.label for one in judged],
        [one.prediction.label for one in judged],
        labels=list(classes),
    )
    return counts
