"""How soon the pictures of a large evaluation are there, on a page opened anew."""

import math
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
from page import Finding, percent
from prediction import seconds_of

from carclf import images, store
from carclf.config import TrainConfig
from carclf.evaluation import features, report
from carclf.records import Example, Judged, Prediction, Run
from carclf.settings import Settings
from carclf.store import Database, evaluations, labels, runs, versions
from carclf.store import images as stored_images
from carclf.ui.tabs import evaluate, evaluate_map, evaluate_pictures
from carclf.ui.tabs.evaluate_pictures import ANY, KINDS

# As many as Stanford Cars has test images and classes.
IMAGES, CLASSES = 8041, 196
CHANNELS = 1280
REPEATS = 5


def measure(settings: Settings) -> Finding:
    """Draw as many photographs as a large test split has, and open their galleries."""
    home = Settings(home=settings.home / "gallery")
    store.prepare(home.db_path)
    with store.connect(home.db_path) as db:
        run, evaluation_id = record(home, db)

    def page(kind: str, number: int) -> Any:
        return evaluate_pictures.turn_page(
            home, 0, evaluation_id, kind, ANY, ANY, None, number
        )

    def whole_tab() -> Any:
        return evaluate.open_run(home, run.id)

    def on_map() -> Any:
        evaluate_map._overview_of.cache_clear()
        return evaluate_map.fill(
            home, evaluation_id, evaluate_map.OVERVIEW, evaluate_map.CLASS, ANY
        )

    ways = [("the tab, thumbnails to be made", [seconds_of(whole_tab)])]
    ways.append(("the tab again", repeated(whole_tab)))
    for kind in KINDS:
        # Each page is one whose thumbnails nobody has asked for yet.
        fresh = [
            seconds_of(lambda n=n, k=kind: page(k, n)) for n in range(1, REPEATS + 1)
        ]
        ways.append((f"“{kind}”, a further page", fresh))
    ways.append(("the map, its overview computed", repeated(on_map)))
    return Finding(
        "Galleries of a large evaluation",
        f"An evaluation of {IMAGES:,} drawn photographs of {CLASSES} classes, each "
        f"400 × 300 pixels with {CHANNELS:,} features; from the call to what is sent "
        f"to the page, median of {REPEATS} (the first opening once).",
        ("what is opened", "time", "of the second allowed"),
        tuple(
            (name, f"{1000 * median(found):.0f} ms", percent(median(found)))
            for name, found in ways
        ),
    )


def record(settings: Settings, db: Database) -> tuple[Run, int]:
    """Record a version, a run and an evaluation of it that errs on one in five."""
    random = np.random.default_rng(0)
    names = [f"Make {n % 49} Model {n} {2000 + n % 13}" for n in range(CLASSES)]
    with db.atomic():
        examples = [
            draw(settings, db, random, number, names[number % CLASSES])
            for number in range(IMAGES)
        ]
        version_id = versions.create(
            db,
            "large",
            "0" * 64,
            examples,
            treatment={"remover": "none"},
            source="drawn",
            split_rule="all to test",
        )
        config = TrainConfig().model_dump(mode="json")
        run = runs.create(db, "large", config, version_id=version_id)
        judged = [judge(random, one, names) for one in examples]
        evaluation_id = evaluations.add(
            db, run.id, 1, version_id, "test", names, report.summary(judged), judged
        )
    vectors = random.normal(size=(IMAGES, CHANNELS)).astype(np.float32)
    path = features.of_evaluation(settings, run, evaluation_id)
    features.write(path, [one.image_id for one in examples], vectors)
    return run, evaluation_id


def draw(
    settings: Settings,
    db: Database,
    random: np.random.Generator,
    number: int,
    name: str,
) -> Example:
    """Draw a photograph's worth of shapes and bytes, and record it."""
    small = random.integers(0, 256, (30, 40, 3)).astype(np.uint8)
    picture = cv2.resize(small, (400, 300), interpolation=cv2.INTER_CUBIC)
    relative = Path("data/images") / f"{number:05d}.jpg"
    images.write(settings.resolve(relative), picture)
    sha256 = f"{number:064x}"
    image_id = stored_images.add(db, sha256, relative, 400, 300, 30_000)
    labels.set(db, image_id, name, "import")
    return Example(image_id, relative, name, "test", relative.name, sha256)


def judge(random: np.random.Generator, one: Example, names: list[str]) -> Judged:
    place = names.index(one.label)
    first = (place + 1) % CLASSES if random.random() < 0.2 else place
    order = [first, *((first + step) % CLASSES for step in (1, 2, 3, 4))]
    shares = np.sort(random.dirichlet(np.ones(5)))[::-1]
    top = tuple(
        (names[at], float(share)) for at, share in zip(order, shares, strict=True)
    )
    true = dict(top).get(one.label, 0.01)
    return Judged(
        one.image_id,
        one.label,
        Prediction(top),
        true,
        -math.log(max(true, 1e-12)),
        attention_share=float(random.random()),
        box_share=0.4,
    )


def repeated(work: Callable[[], object]) -> list[float]:
    return [seconds_of(work) for _ in range(REPEATS)]
