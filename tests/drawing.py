"""Drawn cars: small pictures that are cheap to make and easy to tell apart."""

import csv
import shutil
from pathlib import Path

import cv2
import numpy as np

from carclf import images
from carclf.records import Box, ImageRGB

COLOURS = {
    "Red Van": (200, 40, 40),
    "Green Coupe": (40, 170, 60),
    "Blue Bus": (40, 70, 200),
}


def car(
    label: str = "Red Van", seed: int = 0, height: int = 96, width: int = 128
) -> tuple[ImageRGB, Box]:
    """Return a picture of a car of that class on noisy ground, and the car's box."""
    random = np.random.default_rng([seed, *label.encode()])
    picture = random.integers(90, 150, (height, width, 3)).astype(np.uint8)
    long, high = width // 2, height // 3
    left = int(random.integers(4, width - long - 4))
    top = int(random.integers(4, height - high - 4))
    colour = COLOURS.get(label, (220, 200, 40))
    cv2.rectangle(picture, (left, top), (left + long - 1, top + high - 1), colour, -1)
    for wheel in (left + long // 4, left + 3 * long // 4):
        cv2.circle(picture, (wheel, top + high - 4), 4, (10, 10, 10), -1)
    return picture, Box(left, top, left + long, top + high)


def draw(path: Path, label: str = "Red Van", seed: int = 0, **size: int) -> Path:
    """Write a drawn car and return the path."""
    images.write(path, car(label, seed, **size)[0])
    return path


def draw_classes(
    folder: Path, labels: tuple[str, ...] = tuple(COLOURS), each: int = 5
) -> Path:
    """Draw `<class>/<n>.jpg`, and return the folder."""
    for label in labels:
        for seed in range(each):
            draw(folder / label / f"{seed}.jpg", label, seed)
    return folder


def draw_table(folder: Path, train: int = 8, test: int = 4) -> Path:
    """Draw a data set with boxes in labels.csv, and return its folder."""
    rows = []
    for label in COLOURS:
        for seed in range(train + test):
            name = f"{label.split()[0].lower()}-{seed:02d}.jpg"
            picture, box = car(label, seed)
            images.write(folder / "images" / name, picture)
            subset = "train" if seed < train else "test"
            rows.append([label, name, subset, box.left, box.top, box.right, box.bottom])
    columns = ["class", "img_name", "subset", "x1", "y1", "x2", "y2"]
    write_table(folder / "labels.csv", columns, rows)
    return folder


def write_table(path: Path, header: list[str], rows: list[list[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return target


def scene(seed: int, height: int = 240, width: int = 320) -> ImageRGB:
    """Return a picture of large and small shapes, as different as photographs are."""
    random = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3), np.uint8)
    for size in (3, 6, 12, 24):
        rough = random.integers(0, 256, (size, size, 3)).astype(np.uint8)
        smooth = cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC)
        picture = cv2.addWeighted(picture, 0.5, smooth, 0.5, 0)
    for _ in range(12):
        corner = random.integers(0, (width, height))
        far = corner + random.integers(5, 60, 2)
        colour = tuple(int(one) for one in random.integers(0, 256, 3))
        cv2.rectangle(picture, corner.tolist(), far.tolist(), colour, -1)
    # The shade under a car.
    picture[-height // 10 :] //= 8
    stretched: ImageRGB = cv2.normalize(picture, None, 0, 255, cv2.NORM_MINMAX)
    return stretched


def draw_scenes(folder: Path, each: int = 10) -> Path:
    """Draw `<class>/<n>.png`, none like another, and return the folder."""
    for place, label in enumerate(COLOURS):
        for number in range(each):
            images.write(folder / label / f"{number}.png", scene(100 * place + number))
    return folder
