"""The largest of the objects that a network finds striking, and its soft edge."""

import cv2
import numpy as np
from numpy.typing import NDArray

SMALLEST_SHARE = 0.01
_EDGE = np.ones((9, 9), np.uint8)


def largest(shares: NDArray[np.float32]) -> NDArray[np.bool_] | None:
    """Return where the largest object and its edge lie; None without an object.

    Args:
        shares: How striking each pixel is, 0-1, shape (height, width), of an image a
            few hundred pixels wide.
    """
    striking = (shares >= 0.5).astype(np.uint8)
    _, parts, facts, _ = cv2.connectedComponentsWithStats(striking)
    areas = facts[1:, cv2.CC_STAT_AREA]
    if areas.max(initial=0) < SMALLEST_SHARE * shares.size:
        return None
    object_ = (parts == 1 + int(areas.argmax())).astype(np.uint8)
    # Grown a little, so that the object's soft edge stays and other objects do not.
    near = cv2.dilate(object_, _EDGE)
    where: NDArray[np.bool_] = (near == 1) & (striking <= object_)
    return where
