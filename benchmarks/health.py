"""How long it takes to look at images, to find the same ones, and to open the page."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
from page import Finding, milliseconds
from prediction import seconds_of

from carclf import images, store, words
from carclf.datasets import health
from carclf.datasets.health import cropped, fingerprint, lookalikes
from carclf.records import Example, Look
from carclf.settings import Settings
from carclf.store import Database, checkups, labels, versions
from carclf.store import images as stored_images
from carclf.ui.tabs import datasets_health, datasets_health_counts

# As many as Stanford Cars has, and as many as a version should be able to have.
CARS, LARGE = 16_185, 100_000
LOOKED_AT = 1000
CLASSES = 196
REPEATS = 5


def measure(settings: Settings) -> Finding:
    """Look at drawn photographs, group made-up hashes, open a large version's page."""
    home = Settings(home=settings.home / "health")
    store.prepare(home.db_path)
    with store.connect(home.db_path) as db:
        drawn = record(db, "drawn", LOOKED_AT, partial(draw, home))
        record(db, "large", LARGE, named)
        large = versions.by_name(db, "large")
        found = findings_of([one.image_id for one in versions.examples(db, large.id)])
        checkups.set(db, large.id, health.RULES, found)
    looking = seconds_of(lambda: health.look(home, drawn))
    again = seconds_of(lambda: health.look(home, drawn))
    rows = [
        (f"looking at {LOOKED_AT:,} images", words.duration(looking)),
        (f"at that pace, {CARS:,}", words.duration(looking / LOOKED_AT * CARS)),
        ("looking again: measured before", words.duration(again)),
        *((f"near pairs among {n:,} hashes", grouping(n)) for n in (LARGE // 2, LARGE)),
        (f"what was cut out of others among {CARS:,} pictures", cutting(CARS)),
        *((what, opening(act)) for what, act in pages(home, large.id).items()),
    ]
    return Finding(
        "Health of a version",
        f"{LOOKED_AT:,} drawn photographs of 1024 × 768 pixels are opened, decoded and "
        "measured; hashes are drawn evenly, one in fifty near another, all eight turns "
        f"compared; the page is that of {LARGE:,} images, {CLASSES} classes and three "
        f"findings, median of {REPEATS} after the first.",
        ("what", "time"),
        tuple(rows),
    )


def record(
    db: Database, name: str, count: int, of: Callable[[int], tuple[Path, images.Facts]]
) -> int:
    """Record a version of `count` images; return its id."""
    with db.atomic():
        examples = [_example(db, number, *of(number)) for number in range(count)]
        return versions.create(
            db,
            name,
            name,
            examples,
            treatment={"remover": "none"},
            source="drawn",
            split_rule="every fifth tests",
        )


def draw(settings: Settings, number: int) -> tuple[Path, images.Facts]:
    """Write a picture of as many edges and as many bytes as a photograph."""
    random = np.random.default_rng(number)
    small = random.integers(0, 256, (96, 128, 3)).astype(np.uint8)
    picture = cv2.resize(small, (1024, 768), interpolation=cv2.INTER_CUBIC)
    path = Path("data/images") / f"{number:05d}.jpg"
    images.write(settings.resolve(path), picture)
    return path, images.describe(settings.resolve(path))


def named(number: int) -> tuple[Path, images.Facts]:
    """Return an image of which nothing but its row exists."""
    facts = images.Facts(f"large {number}", 640 + number % 97, 480, 1, ".jpg")
    return Path("data/images") / f"large-{number}.jpg", facts


def _example(db: Database, number: int, path: Path, facts: images.Facts) -> Example:
    label = f"Make {number % 49} Model {number % CLASSES} 2012"
    image_id = stored_images.add(
        db, facts.sha256, path, facts.width, facts.height, facts.size_bytes
    )
    labels.set(db, image_id, label, "import")
    split = "train" if number % 5 else "test"
    return Example(image_id, path, label, split, path.name, facts.sha256)


def findings_of(ids: list[int]) -> list[dict[str, Any]]:
    groups = [ids[place : place + 2] for place in range(0, 4000, 2)]
    plain = {"words": "Drawn.", "image_ids": [], "groups": [], "classes": []}
    return [
        plain | {"kind": "leak", "groups": groups},
        plain | {"kind": "dark", "image_ids": ids[:3000]},
        plain | {"kind": "grey", "image_ids": ids[50_000:]},
    ]


def grouping(count: int) -> str:
    """Return how long the pairs of so many hashes take to be found."""
    random = np.random.default_rng(0)
    numbers = random.integers(0, 2**64, (count, 8), dtype=np.uint64, endpoint=False)
    numbers[1 : count // 25 : 2] = numbers[0 : count // 25 : 2]
    return words.duration(seconds_of(lambda: sum(1 for _ in lookalikes.near(numbers))))


def cutting(count: int) -> str:
    """Return how long it takes to look for parts of so many pictures."""
    random = np.random.default_rng(0)
    drawn = random.random((count, 8, 8), np.float32)
    levels = [cv2.resize(one, (32, 32), interpolation=cv2.INTER_CUBIC) for one in drawn]
    seen = [
        Look(
            *(at, 0.5, 0.1, 0.9, 0.7, 0.3, 1),
            hashes=fingerprint.hashes(one),
            small=fingerprint.small(np.clip(one, 0, 1)),
        )
        for at, one in enumerate(levels)
    ]
    alone = np.arange(count)
    return words.duration(seconds_of(lambda: list(cropped.pairs(seen, alone))))


def pages(settings: Settings, version_id: int) -> dict[str, Callable[[], object]]:
    return {
        "opening the page": partial(datasets_health.open_tab, settings, version_id),
        "opening counts and sizes": partial(
            datasets_health_counts.fill, settings, version_id
        ),
    }


def opening(act: Callable[[], object]) -> str:
    act()
    return milliseconds(median(seconds_of(act) for _ in range(REPEATS)))
