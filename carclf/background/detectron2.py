"""Finding the vehicle with Detectron2, which runs in a process of its own."""

import os
from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from carclf.background import BackgroundRemover, weights
from carclf.background.box import crop, within
from carclf.background.cutting import cut
from carclf.config import Treatment
from carclf.config.images import Vehicle
from carclf.detector import process
from carclf.detector.process import Found, Wish
from carclf.errors import BackgroundError
from carclf.records import Box, Cutout, ImageRGB
from carclf.settings import Settings

# Positions among COCO's 80 classes.
COCO: dict[Vehicle, int] = {"car": 2, "bus": 5, "truck": 7}


class _FindVehicle(BackgroundRemover):
    """Asks the process of this program that has the treatment's network."""

    def __init__(self, treatment: Treatment, settings: Settings) -> None:
        self._treatment = treatment
        log = settings.cache / "logs" / f"detectron2-{os.getpid()}.log"
        python = weights.python_of(settings)
        self._detector = process.shared(python, weights.of(settings, treatment), log)
        self._wish = Wish(
            treatment.size,
            treatment.score,
            tuple(COCO[name] for name in treatment.classes),
        )

    @property
    def batch(self) -> int:
        return int(self._detector.facts()["batch"])

    def remove(self, image: ImageRGB, box: Box | None = None) -> Cutout:
        return self.remove_all([image], [box])[0]

    def remove_all(
        self, images: Sequence[ImageRGB], boxes: Sequence[Box | None]
    ) -> list[Cutout]:
        found = self._detector.detect(images, self._wish)
        return [self._apart(*one) for one in zip(images, found, strict=True)]

    def _apart(self, image: ImageRGB, found: Found) -> Cutout:
        position = largest(found.boxes)
        if position is None:
            return Cutout(image, vehicles=0)
        cutout = self._cut(image, found, position)
        return Cutout(
            cutout.image,
            cutout.box,
            cutout.mask,
            cutout.window,
            score=float(found.scores[position]),
            vehicles=len(found.boxes),
        )

    @abstractmethod
    def _cut(self, image: ImageRGB, found: Found, position: int) -> Cutout:
        """Return the vehicle that was found at a position, apart."""


class CropToVehicle(_FindVehicle):
    """Crops to the box of the largest vehicle."""

    def _cut(self, image: ImageRGB, found: Found, position: int) -> Cutout:
        box = _inside(found.boxes[position], image)
        return crop(image, box, self._treatment) if box else Cutout(image)


class CutOutVehicle(_FindVehicle):
    """Takes the largest vehicle out of its background by its mask."""

    def _cut(self, image: ImageRGB, found: Found, position: int) -> Cutout:
        if found.masks is None:
            raise BackgroundError(
                "These weights find boxes and no masks. Choose detectron2-box, or "
                "weights of a Mask R-CNN."
            )
        alpha = found.masks[position].astype(np.float32)
        return cut(image, alpha, self._treatment) or Cutout(image)


def largest(boxes: NDArray[np.float32]) -> int | None:
    """Return the position of the box of largest area; None if there is no box.

    Args:
        boxes: Shape (n, 4): left, top, right, bottom, in pixels.
    """
    if len(boxes) == 0:
        return None
    left, top, right, bottom = boxes.T
    return int(np.argmax((right - left) * (bottom - top)))


def _inside(edges: NDArray[np.float32], image: ImageRGB) -> Box | None:
    return within(Box(*(round(float(edge)) for edge in edges)), image)
