"""From a photograph to the input of a network: the same for training and prediction."""

from dataclasses import dataclass

import cv2
import numpy as np

from carclf.background import BackgroundRemover, fill_colour
from carclf.config import Preparation
from carclf.records import Area, Box, Cutout, ImageRGB


@dataclass(frozen=True)
class Prepared:
    """A network's input, and how it came about.

    Attributes:
        image: Shape (how.height, how.width, 3).
        warning: In plain words, where the treatment could not be followed.
        was_treated: It came treated already, so only its size was changed.
    """

    image: ImageRGB
    cutout: Cutout
    warning: str | None = None
    was_treated: bool = False


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
    scaled = _scaled(image, *_scaled_size(image.shape[0], image.shape[1], how))
    if how.resize == "squash":
        return scaled
    return _pad(scaled, how) if how.resize == "pad" else _crop(scaled, how)


def place(box: Box, height: int, width: int, how: Preparation) -> Area | None:
    """Return where `resize` puts a box of an image; None if it is cropped away.

    Args:
        height: Of the image, in pixels, as its width.
    """
    high, wide = _scaled_size(height, width, how)
    # Above zero where bars are added, below where sides are cropped away.
    top, left = _offset(how.height, high), _offset(how.width, wide)
    edges = [
        (box.left * wide / width + left) / how.width,
        (box.top * high / height + top) / how.height,
        (box.right * wide / width + left) / how.width,
        (box.bottom * high / height + top) / how.height,
    ]
    area = Area(*(min(max(edge, 0.0), 1.0) for edge in edges))
    return area if area.right > area.left and area.bottom > area.top else None


def _scaled_size(height: int, width: int, how: Preparation) -> tuple[int, int]:
    """Return the height and width of an image before it is padded or cropped."""
    if how.resize == "squash":
        return how.height, how.width
    across, down = how.width / width, how.height / height
    scale = min(across, down) if how.resize == "pad" else max(across, down)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _offset(room: int, size: int) -> int:
    return (room - size) // 2 if room >= size else -((size - room) // 2)


def _scaled(image: ImageRGB, height: int, width: int) -> ImageRGB:
    is_shrinking = height * width < image.shape[0] * image.shape[1]
    # Averaging the area keeps fine grilles from turning into false patterns.
    method = cv2.INTER_AREA if is_shrinking else cv2.INTER_LINEAR
    scaled = cv2.resize(image, (width, height), interpolation=method)
    return scaled.astype(np.uint8, copy=False)


def _pad(image: ImageRGB, how: Preparation) -> ImageRGB:
    height, width = image.shape[:2]
    top, left = _offset(how.height, height), _offset(how.width, width)
    padded = np.full(
        (how.height, how.width, 3), fill_colour(how.treatment), dtype=np.uint8
    )
    padded[top : top + height, left : left + width] = image
    return padded


def _crop(image: ImageRGB, how: Preparation) -> ImageRGB:
    height, width = image.shape[:2]
    top, left = -_offset(how.height, height), -_offset(how.width, width)
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
