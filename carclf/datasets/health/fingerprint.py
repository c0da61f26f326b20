"""What pictures that look the same have in common, in a few bytes each."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

# Upright, mirrored, and the same after each quarter turn: turn number 2k + m.
TURNS = 8
SIDE = 32
LOW = 8
# A mirrored picture has the same cosine transform, every other sign changed.
_SIGNS = np.where(np.arange(LOW) % 2, -1.0, 1.0)
# Gaussian blur as a matrix, which serves any number of pictures at once.
_BLUR = cv2.GaussianBlur(np.eye(SIDE, dtype=np.float32), (1, 17), 1, sigmaY=2)


def small(grey: NDArray[np.float32]) -> bytes:
    """Return a picture's grey levels at 32 × 32 pixels, a byte each."""
    return _shrunk(grey).tobytes()


def hashes(grey: NDArray[np.float32]) -> bytes:
    """Return the perceptual hash of a picture and of its seven other turns.

    It says of each of the 64 lowest frequencies whether it is above their median, as
    `imagehash.phash` does; one cosine transform serves all turns.

    Source: hackerfactor.com, “Looks Like It”; github.com/JohannesBuchner/imagehash
    """
    low = dctn(_shrunk(grey).astype(np.float64), type=2)[:LOW, :LOW]
    found = []
    for _ in range(TURNS // 2):
        found += [low, low * _SIGNS]
        # A quarter turn to the left: transposed, then upside down.
        low = low.T * _SIGNS[:, np.newaxis]
    return b"".join(np.packbits(one > np.median(one)).tobytes() for one in found)


def as_numbers(given: Sequence[bytes]) -> NDArray[np.uint64]:
    """Return hashes as numbers of 64 bits, shape (images, 8)."""
    joined = np.frombuffer(b"".join(given), np.dtype(">u8"))
    return joined.astype(np.uint64).reshape(-1, TURNS)


def likeness(one: bytes, other: bytes, turn: int) -> float:
    """Return how alike two pictures are in their details, from -1 to 1.

    The correlation of what is left of each when its large areas are taken away: two
    cars of one colour in one studio share those, and not their details.

    Args:
        one, other: As `small`; `other` is turned by `turn` first.
    """
    first, second = details(levels(one)), details(levels(other, turn))
    return float(correlation(first, second))


def levels(given: bytes, turn: int = 0) -> NDArray[np.uint8]:
    """Return the grey levels 0-255 that `small` gave, turned."""
    picture = np.frombuffer(given, np.uint8).reshape(SIDE, SIDE)
    turned = np.rot90(picture, turn // 2)
    return np.ascontiguousarray(turned[:, ::-1] if turn % 2 else turned)


def details(pictures: NDArray[np.float32 | np.uint8]) -> NDArray[np.float32]:
    """Return what is left of pictures when their large areas are taken away.

    Args:
        pictures: Shape (..., 32, 32).
    """
    left = pictures - _BLUR @ pictures @ _BLUR.T
    return np.asarray(left - left.mean(axis=(-2, -1), keepdims=True), np.float32)


def correlation(
    one: NDArray[np.float32], other: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return how well details of pictures agree, from -1 to 1; 0 where one has none.

    Args:
        one, other: As `details`, of equal shape.
    """
    product = (one * other).sum(axis=(-2, -1))
    lengths = np.sqrt((one**2).sum(axis=(-2, -1)) * (other**2).sum(axis=(-2, -1)))
    return np.asarray(product / np.maximum(lengths, 1e-6), np.float32)


def _shrunk(grey: NDArray[np.float32]) -> NDArray[np.uint8]:
    shrunk = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.rint(shrunk * 255).astype(np.uint8)
