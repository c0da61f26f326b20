"""What pictures that look the same have in common, in a few bytes each."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

# Upright, mirrored, and the same after each quarter turn: turn number 2k + m.
TURNS = 8
SIDE = 32
_LOW = 8
# A mirrored picture has the same cosine transform, every other sign changed.
_SIGNS = np.where(np.arange(_LOW) % 2, -1.0, 1.0)


def small(grey: NDArray[np.float32]) -> bytes:
    """Return a picture's grey levels at 32 × 32 pixels, a byte each."""
    return _shrunk(grey).tobytes()


def hashes(grey: NDArray[np.float32]) -> bytes:
    """Return the perceptual hash of a picture and of its seven other turns.

    It says of each of the 64 lowest frequencies whether it is above their median, as
    `imagehash.phash` does; one cosine transform serves all turns.

    Source: hackerfactor.com, “Looks Like It”; github.com/JohannesBuchner/imagehash
    """
    low = dctn(_shrunk(grey).astype(np.float64), type=2)[:_LOW, :_LOW]
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
    first, second = _details(_turned(one, 0)), _details(_turned(other, turn))
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float((first * second).sum()) / lengths if lengths else 0.0


def _shrunk(grey: NDArray[np.float32]) -> NDArray[np.uint8]:
    shrunk = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.rint(shrunk * 255).astype(np.uint8)


def _turned(levels: bytes, turn: int) -> NDArray[np.float32]:
    picture = np.frombuffer(levels, np.uint8).reshape(SIDE, SIDE).astype(np.float32)
    turned = np.rot90(picture, turn // 2)
    return np.ascontiguousarray(turned[:, ::-1] if turn % 2 else turned)


def _details(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    details = picture - cv2.GaussianBlur(picture, (0, 0), 2)
    centred: NDArray[np.float32] = details - details.mean()
    return centred
