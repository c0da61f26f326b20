"""Scenes with one red car to find, beside a blue one of the same shape to leave."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from carclf.records import Box, ImageRGB

HEIGHT, WIDTH = 96, 128


def scene(seed: int) -> tuple[ImageRGB, Box, NDArray[np.bool_]]:
    """Return a picture, and box and mask of the red car in it."""
    random = np.random.default_rng(seed)
    picture = random.integers(90, 150, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    sides = [(0, WIDTH // 2), (WIDTH // 2, WIDTH)]
    random.shuffle(sides)
    shade = random.integers(-30, 30)
    _car(picture, random, sides[0], (40, 70, 200 + shade))
    mask = _car(picture, random, sides[1], (200 + shade, 40, 40))
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    return picture, box, mask


def write(path: Path, count: int) -> Path:
    """Write scenes for `train_small`."""
    images, boxes, masks = zip(*(scene(seed) for seed in range(count)), strict=True)
    edges = [(box.left, box.top, box.right, box.bottom) for box in boxes]
    np.savez(path, images=np.stack(images), boxes=edges, masks=np.stack(masks))
    return path


def _car(
    picture: ImageRGB,
    random: np.random.Generator,
    side: tuple[int, int],
    colour: tuple[int, ...],
) -> NDArray[np.bool_]:
    """Draw a body with a cabin on it and two wheels under it; return its mask."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    long, high = int(random.integers(34, 56)), int(random.integers(14, 22))
    left = int(random.integers(side[0] + 2, side[1] - long - 1))
    top = int(random.integers(high + 2, HEIGHT - high - 8))
    cv2.rectangle(mask, (left, top), (left + long, top + high), 1, -1)
    cabin = (left + long // 5, top - high // 2), (left + 4 * long // 5, top)
    cv2.rectangle(mask, *cabin, 1, -1)
    for wheel in (left + long // 4, left + 3 * long // 4):
        cv2.circle(mask, (wheel, top + high), 4, 1, -1)
    picture[mask == 1] = np.clip(colour, 0, 255)
    return mask == 1
