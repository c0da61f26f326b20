"""Cutting out the most striking object, by any network that rembg runs.

Source: github.com/danielgatis/rembg, version 2.0.86.
"""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

from carclf.background import BackgroundRemover, salient, weights
from carclf.background.cutting import cut
from carclf.config import Treatment
from carclf.errors import BackgroundError
from carclf.records import Box, Cutout, ImageRGB
from carclf.settings import Settings

# Of what is looked at for objects; edges come from the whole mask.
_SIDE = 320
# They want a point to be shown what is meant, or find clothes.
_OTHERS = ("sam", "u2net_cloth_seg")


class CutOutByRembg(BackgroundRemover):
    """Cuts the largest striking object out, or crops to its box."""

    def __init__(self, treatment: Treatment, settings: Settings) -> None:
        weights.require(settings, treatment)
        self._treatment = treatment
        path = weights.of(settings, treatment)
        self._session = _open(treatment.network, path)

    def remove(self, image: ImageRGB, box: Box | None = None) -> Cutout:
        """Return the object, and where it was found; `box` is not looked at."""
        try:
            (mask, *_) = self._session.predict(Image.fromarray(image))
        except Exception as error:
            # ONNX Runtime and NumPy tell a wrong network in many ways.
            raise BackgroundError(
                f"rembg cannot use these weights as {self._treatment.network}: {error}"
            ) from error
        alpha = np.asarray(mask, np.float32) / np.float32(255)
        where = salient.largest(_small(alpha))
        if where is None:
            return Cutout(image)
        height, width = image.shape[:2]
        there = cv2.resize(
            where.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST
        )
        alpha = np.where(there > 0, alpha, np.float32(0))
        return cut(image, alpha, self._treatment) or Cutout(image)


def _small(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    return cv2.resize(alpha, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(
        np.float32, copy=False
    )


def _open(network: str, path: Path) -> Any:
    """Return rembg's session of a kind of network, on a file that is here."""
    # Slow the first time: it compiles what it does not need here.
    from rembg.sessions import sessions  # noqa: PLC0415

    kinds = [
        name
        for name, kind in sessions.items()
        if kind.is_local() and name not in _OTHERS
    ]
    if network not in kinds:
        raise BackgroundError(
            f"rembg has no network called “{network}” that finds objects. Known: "
            f"{', '.join(kinds)}."
        )

    class Session(sessions[network]):  # type: ignore[misc]
        """Takes the file that is here, and asks the internet for none."""

        @classmethod
        def download_models(cls, *arguments: Any, **options: Any) -> str:
            return str(path)

    try:
        return Session(network, onnxruntime.SessionOptions())
    except Exception as error:
        # ONNX Runtime raises kinds of its own that share no parent.
        raise BackgroundError(
            f"{path} cannot be read as a network: {error} Give another file."
        ) from error
