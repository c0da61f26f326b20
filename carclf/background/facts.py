"""What can be told of a removal without knowing whether it is right."""

import numpy as np

from carclf.background.box import area
from carclf.records import Box, Cutout, ImageRGB, Removal


def of(image: ImageRGB, cutout: Cutout) -> Removal:
    """Return the facts of what was made of an image."""
    box, mask = cutout.box, cutout.mask
    if box is None:
        return Removal(None, score=cutout.score, vehicles=cutout.vehicles)
    height, width = image.shape[:2]
    if mask is None:
        covered = area(box) / (height * width)
        touches = _touches(box, height, width)
    else:
        covered = float(mask.mean())
        edges = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
        touches = any(bool(np.any(edge)) for edge in edges)
    return Removal(box, covered, touches, cutout.score, cutout.vehicles)


def _touches(box: Box, height: int, width: int) -> bool:
    return box.left <= 0 or box.top <= 0 or box.right >= width or box.bottom >= height
