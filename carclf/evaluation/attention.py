"""How much of what spoke for an answer lay on the vehicle."""

import numpy as np
from numpy.typing import NDArray

from carclf.records import Area


def share_inside(evidence: NDArray[np.float32], area: Area) -> float | None:
    """Return the share 0-1 of the evidence that lies inside; None without evidence.

    A place of the feature map stands for its part of the input, so one that the
    area's edge crosses counts in part. Evidence that is the same everywhere gives
    `area.share`, which is what a network that looks everywhere alike would have.

    Args:
        evidence: Not below 0, shape (rows, columns), as `bundle.Answers` has it.
    """
    total = float(evidence.sum())
    # What would be divided by it is not a number.
    if not total > 0:
        return None
    rows = _covered(evidence.shape[0], area.top, area.bottom)
    columns = _covered(evidence.shape[1], area.left, area.right)
    return min(1.0, float(rows @ evidence @ columns) / total)


def _covered(count: int, start: float, end: float) -> NDArray[np.float64]:
    """Return how much of each of `count` equal parts lies from `start` to `end`."""
    edges = np.arange(count + 1) / count
    overlap = np.minimum(edges[1:], end) - np.maximum(edges[:-1], start)
    return np.asarray(np.clip(overlap * count, 0, 1), np.float64)
