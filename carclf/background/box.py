"""Boxes that are known: cropping to them, and growing them by a margin."""

import numpy as np

from carclf.config import Treatment
from carclf.records import Box, Cutout, ImageRGB


class CropToBox:
    """Crops to the box that the dataset brings, with a margin; never guesses one."""

    def __init__(self, treatment: Treatment) -> None:
        self._margin = treatment.margin

    def remove(self, image: ImageRGB, box: Box | None = None) -> Cutout:
        inside = within(box, image) if box else None
        if inside is None:
            return Cutout(image)
        return Cutout(crop(image, inside, self._margin), inside)


def crop(image: ImageRGB, box: Box, margin: float) -> ImageRGB:
    """Return what lies in the box, grown on each side by a share of that side."""
    across = round((box.right - box.left) * margin)
    down = round((box.bottom - box.top) * margin)
    rows = slice(max(0, box.top - down), box.bottom + down)
    columns = slice(max(0, box.left - across), box.right + across)
    return np.ascontiguousarray(image[rows, columns])


def within(box: Box, image: ImageRGB) -> Box | None:
    """Return the part of the box inside the image; None if there is none."""
    height, width = image.shape[:2]
    left, right = np.clip([box.left, box.right], 0, width)
    top, bottom = np.clip([box.top, box.bottom], 0, height)
    if right <= left or bottom <= top:
        return None
    return Box(int(left), int(top), int(right), int(bottom))
