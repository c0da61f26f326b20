"""The images most like another, as a network sees them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carclf.evaluation.features import Features


@dataclass(frozen=True)
class Neighbour:
    """An image near another.

    Attributes:
        distance: 1 - cosine of the angle between the two: 0 if alike, 1 if they have
            nothing in common.
    """

    image_id: int
    distance: float


def nearest(
    vector: NDArray[np.float32], among: Features, count: int, but: int | None = None
) -> list[Neighbour]:
    """Return the nearest images, nearest first.

    Args:
        but: An image to leave out, for none is its own neighbour.
    """
    lengths = np.linalg.norm(among.vectors, axis=1) * np.linalg.norm(vector)
    # A vector of zeros has no direction, and so nothing in common with any.
    alike = among.vectors @ vector / np.where(lengths > 0, lengths, np.inf)
    order = np.argsort(-alike, kind="stable")[: count + 1]
    found = [
        Neighbour(int(among.image_ids[place]), max(0.0, 1 - float(alike[place])))
        for place in order
        if among.image_ids[place] != but
    ]
    return found[:count]
