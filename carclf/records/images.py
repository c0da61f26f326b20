"""Photographs, and what is found in them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# uint8, (height, width, 3), red first.
ImageRGB = NDArray[np.uint8]


@dataclass(frozen=True)
class Box:
    """Edges in pixels; right and bottom are the first column and row outside."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Area:
    """Edges in shares 0-1 of a picture's width and height."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def share(self) -> float:
        """How much of the picture it covers, 0-1."""
        return (self.right - self.left) * (self.bottom - self.top)


@dataclass(frozen=True)
class Cutout:
    """A vehicle apart from its background.

    Attributes:
        image: What goes on to be resized.
        box: Where the vehicle was found in the given image; None if nowhere.
        mask: True on the vehicle, shape (height, width) of the given image.
        window: The part of the given image that was cropped to; beyond its edges
            there is fill. None if it was not cropped.
        score: How sure a detector is, 0-1; None of what is not one.
        vehicles: How many it found, this one among them.
    """

    image: ImageRGB
    box: Box | None = None
    mask: NDArray[np.bool_] | None = None
    window: Box | None = None
    score: float | None = None
    vehicles: int | None = None


@dataclass(frozen=True)
class Removal:
    """What a background remover found in a photograph.

    Attributes:
        box: Where the vehicle was found in the photograph; None if nowhere.
        covered: How much of the photograph its mask, or its box, covers, 0-1.
        touches_border: It reaches the photograph's border, and may go on beyond.
        score: How sure a detector was, 0-1; None of what is not one.
        vehicles: How many it found; None of what does not count them.
    """

    box: Box | None = None
    covered: float = 0.0
    touches_border: bool = False
    score: float | None = None
    vehicles: int | None = None


@dataclass(frozen=True)
class Removed:
    """An image of a treated version: what it was made from, and what was found.

    Attributes:
        photograph_id: The image before its background was taken away.
    """

    image_id: int
    photograph_id: int
    removal: Removal


@dataclass(frozen=True)
class Image:
    """A photograph the store knows, by its content.

    Attributes:
        path: Relative to the home folder.
        parent_id: The image this one was cut out of, if any.
    """

    id: int
    sha256: str
    path: Path
    width: int
    height: int
    size_bytes: int
    parent_id: int | None = None


@dataclass(frozen=True)
class Look:
    """What looking at an image measured; levels and shares are 0-1.

    Attributes:
        brightness: Of the average pixel.
        shade: Brightness of the darkest hundredth of the pixels.
        contrast: Between the darkest and the brightest hundredth.
        sharpness: Steepness of the sharpest edges, against the contrast.
        colour: How far the most colourful hundredth is from grey.
        orientation: As the camera noted it, 1-8; 1 is upright.
        hashes: Perceptual hashes of its eight turns and mirrorings, 8 bytes each.
        small: Its grey levels at 32 × 32 pixels.
    """

    image_id: int
    brightness: float
    shade: float
    contrast: float
    sharpness: float
    colour: float
    orientation: int
    hashes: bytes
    small: bytes
