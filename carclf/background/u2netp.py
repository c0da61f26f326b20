"""Cutting out the most striking object, by U²-Net's small network.

Source: Qin et al., U²-Net: Going Deeper with Nested U-Structure for Salient Object
Detection, Pattern Recognition 106 (2020); assets/models/README.md says whence the file.
"""

import hashlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from carclf.background import BackgroundRemover, salient
from carclf.background.cutting import cut
from carclf.config import Treatment
from carclf.errors import BackgroundError
from carclf.network import Network
from carclf.records import Box, Cutout, ImageRGB
from carclf.settings import PROJECT

MODEL = PROJECT / "assets" / "models" / "u2netp.onnx"
SHA256 = "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8"
SIDE = 320
_CERTAIN_ENOUGH = 0.5
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
_LANCZOS = Image.Resampling.LANCZOS
# The width of the soft edge: from nothing to all of a pixel, around one half.
_SOFT_FROM, _SOFT_TO = 0.25, 0.75


class CutOutSalient(BackgroundRemover):
    """Cuts the largest striking object out, or crops to its box."""

    def __init__(self, treatment: Treatment, model: Path = MODEL) -> None:
        self._treatment = treatment
        self._network = _load(model)

    def remove(self, image: ImageRGB, box: Box | None = None) -> Cutout:
        """Return the object, and where it was found; `box` is not looked at."""
        small = vehicle_alpha(self._saliency(image))
        if small is None:
            return Cutout(image)
        height, width = image.shape[:2]
        alpha = cv2.resize(small, (width, height)).astype(np.float32, copy=False)
        return cut(image, alpha, self._treatment) or Cutout(image)

    def _saliency(self, image: ImageRGB) -> NDArray[np.float32]:
        """Return how striking each of SIDE × SIDE pixels is, before normalising."""
        # OpenCV's areas suit what shrinks; in enlarged ones, vehicles are missed.
        small = np.asarray(Image.fromarray(image).resize((SIDE, SIDE), _LANCZOS))
        scaled = small.astype(np.float32) / max(1, int(small.max()))
        pixels = ((scaled - _MEAN) / _DEVIATION).transpose(2, 0, 1)[np.newaxis]
        (maps,) = self._network.run(pixels.astype(np.float32), [0])
        saliency: NDArray[np.float32] = maps[0, 0]
        return saliency


def vehicle_alpha(saliency: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return how much of each pixel is the largest object, 0-1; None without one.

    Args:
        saliency: Shape (height, width), as the network gives it; normalised here.
    """
    low, high = float(saliency.min()), float(saliency.max())
    # Normalising would make an object of the least stain on an empty picture.
    if high < _CERTAIN_ENOUGH:
        return None
    shares = (saliency - low) / (high - low)
    where = salient.largest(shares)
    if where is None:
        return None
    soft = np.clip((shares - _SOFT_FROM) / (_SOFT_TO - _SOFT_FROM), 0, 1)
    soft[~where] = 0
    alpha: NDArray[np.float32] = soft.astype(np.float32)
    return alpha


def _load(model: Path) -> Network:
    try:
        data = model.read_bytes()
    except OSError as error:
        raise BackgroundError(
            f"The network {model} cannot be read: {error.strerror}. Fetch carclf's "
            "assets folder again."
        ) from error
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise BackgroundError(
            f"{model} is not the U²-Net file that carclf knows (its hash differs), so "
            "it is not loaded. Fetch carclf's assets folder again."
        )
    return Network(model)
