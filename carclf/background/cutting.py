"""From a mask to a picture: cut out on a colour, before a blur, or cropped."""

import cv2
import numpy as np
from numpy.typing import NDArray

from carclf.background import fill_colour
from carclf.background.box import crop
from carclf.config import Treatment
from carclf.records import Box, Cutout, ImageRGB

# As a share of the longer side: no lamp and no letter behind a car stays readable.
_BLUR = 0.02


def cut(image: ImageRGB, alpha: NDArray[np.float32], how: Treatment) -> Cutout | None:
    """Return what the mask shows, as the treatment wants it; None if it is empty.

    Args:
        alpha: How much of each pixel is the vehicle, 0-1, shape (height, width).
    """
    mask = alpha >= 0.5
    box = box_around(mask)
    if box is None:
        return None
    if how.output == "crop":
        cropped = crop(image, box, how)
        return Cutout(cropped.image, box, mask, cropped.window)
    if how.output == "blur":
        return Cutout(on(blurred(image, alpha), image, alpha), box, mask)
    fill = np.full_like(image, fill_colour(how))
    return Cutout(on(fill, image, alpha), box, mask)


def box_around(mask: NDArray[np.bool_]) -> Box | None:
    """Return the smallest box around what is True; None if nothing is."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if len(columns) == 0:
        return None
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def on(ground: ImageRGB, image: ImageRGB, alpha: NDArray[np.float32]) -> ImageRGB:
    """Return the image over another one, as much of it as `alpha` says."""
    share = alpha[:, :, np.newaxis]
    blended = image * share + ground * (1 - share)
    return (blended + 0.5).astype(np.uint8)


def blurred(image: ImageRGB, alpha: NDArray[np.float32]) -> ImageRGB:
    """Return the background blurred, with nothing of the vehicle mixed into it."""
    sigma = max(1.0, _BLUR * max(image.shape[:2]))
    weight = (1 - alpha)[:, :, np.newaxis]
    colours = cv2.GaussianBlur(image * weight, (0, 0), sigma)
    weights = cv2.GaussianBlur(weight, (0, 0), sigma)[:, :, np.newaxis]
    # Amid a large vehicle no background is near; what stands there is covered.
    mixed: ImageRGB = (
        (colours / np.maximum(weights, 1e-3)).clip(0, 255).astype(np.uint8)
    )
    return mixed
