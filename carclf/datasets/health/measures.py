"""What one image measures, and from where on that is a finding.

Every threshold was tried on 8,757 photographs of Stanford Cars (crops, and whole ones
of 128 × 96 pixels); the comments say what it found there.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from carclf.datasets.health import fingerprint
from carclf.images import Glance
from carclf.records import ImageRGB, Look

# Raised when a measure changes: what was measured by earlier rules is measured anew.
RULES = 1
# Pixels of the longest side. About what a network sees; what is not to be seen at this
# size (a slight blur of a large photograph) harms no training at 224 pixels.
LOOKED_AT = 256

# Mean brightness. Below lie cars at night of which a few lamps are to be seen, and
# black studios; a threshold on the brightest pixels (CleanVision's) found red cars.
DARK = 0.16
# The darkest hundredth of the pixels. Tyres and shadows are darker in any photograph
# of a car, white studios included, unless it is bleached or hazy, as eight are.
WASHED_OUT = 0.18
# Steepness of the sharpest edges. Photographs blurred here by 1.5 pixels had at most
# 0.19, by 1 pixel at most 0.32; sharp ones had at least 0.33.
BLURRED = 0.2
# Less than a hundredth of the levels between the darkest and the brightest pixels.
BLANK = 0.02
# Levels of 255 between red, green and blue, of the most colourful hundredth. Grey
# photographs saved in colour have 0-2; a silver car in a white studio has 3 and more.
GREY = 2.5 / 255


def measure(image_id: int, glance: Glance) -> Look:
    """Return what an image measures.

    Args:
        glance: At most `LOOKED_AT` pixels a side.
    """
    image = glance.image
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
    bright = _brightness(image)
    low, high = np.percentile(grey, (1, 99))
    return Look(
        image_id=image_id,
        brightness=float(bright.mean()),
        shade=float(np.percentile(bright, 1)),
        contrast=float(high - low),
        sharpness=_sharpness(grey, float(high - low)),
        colour=_colour(image),
        orientation=glance.orientation,
        hashes=fingerprint.hashes(grey),
        small=fingerprint.small(grey),
    )


def _brightness(image: ImageRGB) -> NDArray[np.float32]:
    """Return how bright people perceive each pixel, 0-1.

    Source: alienryderflex.com/hsp.html, which CleanVision uses, too
    """
    red, green, blue = (image[..., at].astype(np.float32) / 255 for at in range(3))
    return np.sqrt(0.241 * red**2 + 0.691 * green**2 + 0.068 * blue**2)


def _sharpness(grey: NDArray[np.float32], contrast: float) -> float:
    """Return the second derivative at the sharpest hundredth, against the contrast.

    The variance of the Laplacian (Pech-Pacheco et al., 2000) tells blur from sharpness,
    but also a busy picture from a white van in a white studio; this one does not.
    """
    if contrast < BLANK:
        return 0.0
    edges = np.abs(cv2.Laplacian(grey, cv2.CV_32F))
    return float(np.percentile(edges, 99)) / contrast


def _colour(image: ImageRGB) -> float:
    spread = image.max(axis=2).astype(np.int16) - image.min(axis=2)
    return float(np.percentile(spread, 99)) / 255
