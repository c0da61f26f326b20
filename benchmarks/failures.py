"""A picture of what a background remover found least well."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from carclf import images
from carclf.records import Box, ImageRGB
from carclf.ui import cutouts

ACROSS, DOWN = 4, 2
TILE = (288, 216)
GAP = 8


def draw(
    target: Path,
    paths: Sequence[Path],
    known: Sequence[Box],
    found: Sequence[Box | None],
    overlaps: Sequence[float],
) -> None:
    """Draw the pictures whose boxes agree least, the worst first."""
    worst = np.argsort(overlaps, kind="stable")[: ACROSS * DOWN]
    tiles = [_tile(paths[n], known[n], found[n], overlaps[n]) for n in worst]
    rows = [
        np.hstack(tiles[start : start + ACROSS])
        for start in range(0, len(tiles), ACROSS)
    ]
    target.parent.mkdir(exist_ok=True)
    images.write(target, np.vstack(rows))


def _tile(path: Path, known: Box, found: Box | None, overlap: float) -> ImageRGB:
    marked = cutouts.with_boxes(images.read_rgb(path), found=found, known=known)
    tile = cv2.resize(marked, TILE, interpolation=cv2.INTER_AREA)
    words = f"IoU {overlap:.2f}" if found else "nothing found"
    bar = np.full((28, TILE[0], 3), 255, np.uint8)
    cv2.putText(
        bar, words, (4, 19), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (40,) * 3, 1, cv2.LINE_AA
    )
    whole = np.vstack([tile, bar])
    return cv2.copyMakeBorder(
        whole, 0, 0, 0, GAP, cv2.BORDER_CONSTANT, value=(255, 255, 255)
    ).astype(np.uint8, copy=False)
