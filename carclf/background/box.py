"""Boxes that are known: cropping to them, grown by a margin, or to a square."""

import cv2
import numpy as np

from carclf.background import BackgroundRemover, fill_colour
from carclf.config import Treatment
from carclf.records import Box, Cutout, ImageRGB


class CropToBox(BackgroundRemover):
    """Crops to the box that the dataset or a person gives; never guesses one."""

    def __init__(self, treatment: Treatment) -> None:
        self._treatment = treatment

    def remove(self, image: ImageRGB, box: Box | None = None) -> Cutout:
        inside = within(box, image) if box else None
        if inside is None:
            return Cutout(image)
        return crop(image, inside, self._treatment)


def crop(image: ImageRGB, box: Box, how: Treatment) -> Cutout:
    """Return what lies in the box, with the treatment's margin.

    A square reaches beyond the photograph where that is too narrow for it, and is
    filled there; else what is outside is left out.
    """
    window = grown(box, how.margin)
    if how.keep_aspect:
        window = squared(window)
        return Cutout(_look(image, window, how), box, window=window)
    inside = within(window, image)
    assert inside is not None  # The box itself lies inside.
    return Cutout(_look(image, inside, how), box, window=inside)


def grown(box: Box, margin: float) -> Box:
    """Return the box larger on each side by a share of that side."""
    across = round((box.right - box.left) * margin)
    down = round((box.bottom - box.top) * margin)
    return Box(box.left - across, box.top - down, box.right + across, box.bottom + down)


def squared(box: Box) -> Box:
    """Return the smallest square around the box, with the same middle."""
    width, height = box.right - box.left, box.bottom - box.top
    side = max(width, height)
    left = box.left - (side - width) // 2
    top = box.top - (side - height) // 2
    return Box(left, top, left + side, top + side)


def within(box: Box, image: ImageRGB) -> Box | None:
    """Return the part of the box inside the image; None if there is none."""
    height, width = image.shape[:2]
    left, right = np.clip([box.left, box.right], 0, width)
    top, bottom = np.clip([box.top, box.bottom], 0, height)
    if right <= left or bottom <= top:
        return None
    return Box(int(left), int(top), int(right), int(bottom))


def area(box: Box) -> int:
    return (box.right - box.left) * (box.bottom - box.top)


def overlap(one: Box, other: Box) -> float:
    """Return the area that two boxes share, as a share of what they cover: IoU."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    shared = max(0, width) * max(0, height)
    return shared / max(1, area(one) + area(other) - shared)


def _look(image: ImageRGB, window: Box, how: Treatment) -> ImageRGB:
    inside = within(window, image)
    assert inside is not None
    seen = image[inside.top : inside.bottom, inside.left : inside.right]
    if inside == window:
        return np.ascontiguousarray(seen)
    sides = (
        inside.top - window.top,
        window.bottom - inside.bottom,
        inside.left - window.left,
        window.right - inside.right,
    )
    return cv2.copyMakeBorder(
        seen, *sides, cv2.BORDER_CONSTANT, value=fill_colour(how)
    ).astype(np.uint8, copy=False)
