"""What a remover made of a photograph, as pictures to look at."""

import hashlib
import time

import cv2
import numpy as np
from numpy.typing import NDArray

from carclf import images, preparation, words
from carclf.background import fill_colour
from carclf.background.box import within
from carclf.config import Preparation, Treatment
from carclf.records import Box, Cutout, ImageRGB
from carclf.settings import Settings

LARGE = 960
_FOUND_COLOUR = (255, 122, 69)
_KNOWN_COLOUR = (56, 132, 255)
_TINT = 0.45
_KEPT_S = 86_400.0


def before_and_after(
    image: ImageRGB, cutout: Cutout, treatment: Treatment
) -> tuple[ImageRGB, ImageRGB]:
    """Return two pictures of equal size, at most `LARGE` pixels a side.

    What was cropped away is shown as the fill colour, so that the vehicle stays in
    its place under the slider.
    """
    after, window = cutout.image, cutout.window
    inside = within(window, image) if window else None
    if window is not None and inside is not None:
        after = np.full_like(image, fill_colour(treatment))
        after[inside.top : inside.bottom, inside.left : inside.right] = cutout.image[
            inside.top - window.top : inside.bottom - window.top,
            inside.left - window.left : inside.right - window.left,
        ]
    return fitted(image), fitted(after)


def with_mask(image: ImageRGB, cutout: Cutout) -> ImageRGB:
    """Return the photograph with the vehicle in colour: its mask, or else its box."""
    shown = fitted(image)
    mask = _mask(image, cutout).astype(np.uint8)
    small = cv2.resize(
        mask, (shown.shape[1], shown.shape[0]), interpolation=cv2.INTER_NEAREST
    )
    tinted = shown * (1 - _TINT) + np.array(_FOUND_COLOUR) * _TINT
    over = np.where(small[..., np.newaxis] > 0, tinted, shown).astype(np.uint8)
    outlines, _ = cv2.findContours(small, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(over, outlines, -1, _FOUND_COLOUR, _line(over))
    drawn: ImageRGB = over
    return drawn


def with_boxes(
    image: ImageRGB,
    *,
    found: Box | None,
    known: Box | None,
    score: float | None = None,
    longest: int = 640,
) -> ImageRGB:
    """Return a picture with the box that was found, and the one that is known.

    Args:
        score: How sure a detector is of what it found; written on its box.
    """
    drawn = fitted(image, longest).copy()
    scale = drawn.shape[1] / image.shape[1], drawn.shape[0] / image.shape[0]
    for box, colour in ((known, _KNOWN_COLOUR), (found, _FOUND_COLOUR)):
        if box is not None:
            start = round(box.left * scale[0]), round(box.top * scale[1])
            end = round(box.right * scale[0]) - 1, round(box.bottom * scale[1]) - 1
            cv2.rectangle(drawn, start, end, colour, _line(drawn))
    if found is not None and score is not None:
        corner = round(found.left * scale[0]), round(found.top * scale[1])
        _write(drawn, words.percent(score), corner)
    return drawn


def fitted(image: ImageRGB, longest: int = LARGE) -> ImageRGB:
    """Return the image, made smaller if a side is longer than that."""
    height, width = image.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return image
    size = Preparation(
        height=max(32, round(height * scale)), width=max(32, round(width * scale))
    )
    return preparation.resize(image, size)


def address(settings: Settings, picture: ImageRGB) -> str:
    """Return where the browser finds a picture that was made to be looked at.

    It lies among the thumbnails, for only those are served, and for a day.
    """
    folder = settings.thumbnails / "cutouts"
    path = folder / f"{hashlib.sha256(picture.tobytes()).hexdigest()}.jpg"
    if not path.exists():
        for old in folder.glob("*.jpg"):
            if time.time() - old.stat().st_mtime > _KEPT_S:
                old.unlink(missing_ok=True)
        images.write(path, picture)
    return str(path)


def _mask(image: ImageRGB, cutout: Cutout) -> NDArray[np.bool_]:
    if cutout.mask is not None:
        return cutout.mask
    mask = np.zeros(image.shape[:2], np.bool_)
    if cutout.box is not None:
        box = cutout.box
        mask[box.top : box.bottom, box.left : box.right] = True
    return mask


def _line(image: ImageRGB) -> int:
    """Return how thick a line is to be, in pixels."""
    longest: int = max(image.shape[:2])
    return max(1, round(longest / 240))


def _write(image: ImageRGB, text: str, corner: tuple[int, int]) -> None:
    """Write on the picture, inside the corner of a box."""
    font, size = cv2.FONT_HERSHEY_SIMPLEX, max(0.35, max(image.shape[:2]) / 900)
    thick = _line(image)
    (width, height), below = cv2.getTextSize(text, font, size, thick)
    left, top = max(0, corner[0]), max(0, corner[1])
    end = left + width + 2 * thick, top + height + below + 2 * thick
    cv2.rectangle(image, (left, top), end, _FOUND_COLOUR, -1)
    at = left + thick, top + height + thick
    cv2.putText(image, text, at, font, size, (20, 20, 20), thick, cv2.LINE_AA)
