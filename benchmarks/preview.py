"""How soon the pictures of a version of 100,000 images are there, and its import.

    python benchmarks/preview.py FOLDER HOME

imports the photographs in FOLDER as a worker does, and prints time and peak memory.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import gradio as gr
import memory
import numpy as np
from page import Finding, megabytes, percent
from prediction import seconds_of

from carclf import images, store
from carclf.datasets import versions as dataset_versions
from carclf.datasets.drafts import content_hash
from carclf.records import SPLITS, Example
from carclf.settings import Settings
from carclf.store import Database, labels, versions
from carclf.store import images as stored_images
from carclf.ui.tabs import datasets, datasets_compare
from carclf.ui.tabs import datasets_preview as preview
from carclf.ui.tabs.datasets_preview import Filters

IMAGES, CLASSES = 100_000, 196
FEW = 10_000
FILES = 200
REPEATS = 5
ALLOWED_S = 0.3


def measure(settings: Settings) -> Finding:
    """Record as many images as a large collection has, and page through them."""
    home = Settings(home=settings.home / "preview")
    store.prepare(home.db_path)
    with store.connect(home.db_path) as db:
        version_id, other_id = record(home, db)
    last = -(-IMAGES // 36)

    def page(number: int = 1, **chosen: Any) -> object:
        filters = Filters(**chosen)
        return sent(preview.turn_page(home, 0, version_id, number, *filters))

    ways: dict[str, Callable[[], object]] = {
        "the first page, thumbnails to be made": page,
        "the first page again": page,
        "the tab: version, filters, first page": lambda: datasets.open_tab(
            home, version_id
        ),
        "a page in the middle, thumbnails to be made": lambda: page(last // 2),
        "the last page, thumbnails to be made": lambda: page(last),
        "a class": lambda: page(label="Make 7 Model 7 SUV 2007"),
        "a body type": lambda: page(body="SUV"),
        "words": lambda: page(text="suv 0123"),
        "relabelled since it was frozen": lambda: page(state="relabelled"),
        "labelled by a person, of the test split": lambda: page(
            source="person", split="test"
        ),
        "comparing with another version": lambda: datasets_compare.compare(
            home, other_id, version_id
        ),
    }
    rows = [(name, repeated(name, way)) for name, way in ways.items()]
    return Finding(
        "Paging through 100,000 images",
        f"A version of {IMAGES:,} images of {CLASSES} classes, drawn small where they "
        "are shown; from the call to what is sent to the page, median of "
        f"{REPEATS} (where thumbnails are to be made, once).",
        ("what is opened", "time", "of the 300 ms allowed"),
        tuple(
            (name, f"{1000 * took:.0f} ms", percent(took / ALLOWED_S))
            for name, took in rows
        ),
    )


def measure_import(settings: Settings) -> Finding:
    """Import ten thousand and a hundred thousand drawn photographs."""
    rows = []
    found = {}
    for count in (FEW, IMAGES):
        folder = settings.home / f"drawn-{count}"
        memory.draw(folder, count)
        found[count] = imported(folder, settings.home / f"imported-{count}")
        took, peak = found[count]["seconds"], found[count]["peak_bytes"]
        speed = f"{count / took:,.0f} images/s"
        rows.append((f"{count:,} images", f"{took:.0f} s", speed, megabytes(peak)))
    return Finding(
        "Importing 100,000 images",
        "Photographs of 32 × 32 pixels in class folders: listed, decoded, hashed, "
        "kept as hard links and recorded as a version; a process each.",
        ("import of", "time", "speed", "peak memory"),
        tuple(rows),
    )


def sent(page: preview.Page) -> object:
    """Return a page's gallery as Gradio makes it ready to be sent."""
    return gr.Gallery(render=False).postprocess(page.gallery["value"])


def repeated(name: str, way: Callable[[], object]) -> float:
    times = 1 if "to be made" in name else REPEATS
    return median(seconds_of(way) for _ in range(times))


def record(settings: Settings, db: Database) -> tuple[int, int]:
    """Record a version, corrections of it, and another that differs in one of 50."""
    names = [
        f"Make {n} Model {n} {('SUV', 'Sedan', 'Coupe')[n % 3]} {2000 + n % 13}"
        for n in range(CLASSES)
    ]
    for number in range(FILES):
        small = np.random.default_rng(number).integers(0, 256, (30, 40, 3), np.uint8)
        picture = cv2.resize(small, (400, 300), interpolation=cv2.INTER_CUBIC)
        images.write(settings.resolve(place(number)), picture)
    with db.atomic():
        examples = [
            recorded(db, number, names[number % CLASSES]) for number in range(IMAGES)
        ]
        for one in examples[::37]:
            labels.set(db, one.image_id, names[one.image_id % CLASSES], "person")
        version_id = version_of(db, "large", examples)
        fewer = [
            replace(one, label=names[0]) if number % 50 == 1 else one
            for number, one in enumerate(examples)
            if number % 50
        ]
        other_id = version_of(db, "other", fewer)
    return version_id, other_id


def recorded(db: Database, number: int, label: str) -> Example:
    # Many images share a file: what a page needs are thumbnails, each one its own.
    path = place(number % FILES)
    sha256 = f"{number:064x}"
    image_id = stored_images.add(db, sha256, path, 400, 300, 30_000)
    labels.set(db, image_id, label, "import")
    split = SPLITS[number // CLASSES % 3]
    return Example(image_id, path, label, split, f"{number:06d}.jpg", sha256)


def place(number: int) -> Path:
    return Path("data/images") / f"{number:03d}.jpg"


def version_of(db: Database, name: str, examples: list[Example]) -> int:
    return versions.create(
        db,
        name,
        content_hash(examples),
        examples,
        treatment={"remover": "none"},
        source="drawn",
        split_rule="by turns",
    )


def imported(folder: Path, home: Path) -> dict[str, float]:
    """Import in a process of its own; return how long it took, and its peak."""
    done = subprocess.run(
        [sys.executable, __file__, folder, home],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "CARCLF_HOME": str(home)},
    )
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main(folder: Path, home: Path) -> None:
    settings = Settings(home=home)
    store.prepare(settings.db_path)
    begun = time.monotonic()
    dataset_versions.import_folder(settings, folder, "drawn")
    took = time.monotonic() - begun
    print(json.dumps({"seconds": took, "peak_bytes": memory.peak_bytes()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
