"""From a photograph to the input of a network: the same for training and prediction."""

from dataclasses import dataclass

import cv2
import numpy as np

from carclf.background import BackgroundRemover, fill_colour
from carclf.config import Preparation
from carclf.records import Box, Cutout, ImageRGB


@dataclass(frozen=True)
class Prepared:
    """A network's input, and how it came about.

    Attributes:
        image: Shape (how.height, how.width, 3).
        warning: In plain words, where the treatment could not be followed.
    """

    image: ImageRGB
    cutout: Cutout
    warning: str | None = None


def prepare(
    image: ImageRGB,
    how: Preparation,
    remover: BackgroundRemover,
    box: Box | None = None,
) -> Prepared:
    """Return the vehicle as the network is to see it.

    Args:
        how: As stored with the run, so a prediction sees what training saw.
        remover: Made once by the caller from `how.treatment`; loading one takes time.
        box: Where the vehicle is known to be, for the remover `box`.
    """
    cutout = remover.remove(image, box)
    return Prepared(resize(cutout.image, how), cutout, _warning(how, cutout, box))


def resize(image: ImageRGB, how: Preparation) -> ImageRGB:
    """Return the image at (how.height, how.width, 3), by the rule `how.resize`.

    `squash` gives up the aspect, `pad` fills the sides with the treatment's colour,
    `crop` keeps the middle.
    """
    height, width = image.shape[:2]
    if how.resize == "squash":
        return _scaled(image, how.height, how.width)
    across, down = how.width / width, how.height / height
    scale = min(across, down) if how.resize == "pad" else max(across, down)
    scaled = _scaled(image, max(1, round(height * scale)), max(1, round(width * scale)))
    return _pad(scaled, how) if how.resize == "pad" else _crop(scaled, how)


def _scaled(image: ImageRGB, height: int, width: int) -> ImageRGB:
    is_shrinking = height * width < image.shape[0] * image.shape[1]
    # Averaging the area keeps fine grilles from turning into false patterns.
    method = cv2.INTER_AREA if is_shrinking else cv2.INTER_LINEAR
    scaled = cv2.resize(image, (width, height), interpolation=method)
    return scaled.astype(np.uint8, copy=False)


def _pad(image: ImageRGB, how: Preparation) -> ImageRGB:
    height, width = image.shape[:2]
    top, left = (how.height - height) // 2, (how.width - width) // 2
    padded = np.full(
        (how.height, how.width, 3), fill_colour(how.treatment), dtype=np.uint8
    )
    padded[top : top + height, left : left + width] = image
    return padded


def _crop(image: ImageRGB, how: Preparation) -> ImageRGB:
    height, width = image.shape[:2]
    top, left = (height - how.height) // 2, (width - how.width) // 2
    return np.ascontiguousarray(image[top : top + how.height, left : left + how.width])


def _warning(how: Preparation, cutout: Cutout, box: Box | None) -> str | None:
    if how.treatment.remover == "none" or cutout.box is not None:
        return None
    if how.treatment.remover == "box" and box is None:
        return (
            "This network learnt from vehicles cropped to their boxes, and no box is "
            "known for this image, so all of it was used. Crop it to the vehicle for a "
            "better answer."
        )
    return (
        "No vehicle was found to take out of its background, so the whole image was "
        "used. The answer may be worse than on other images."
    )
