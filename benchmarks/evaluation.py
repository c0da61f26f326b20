"""Opening an evaluation of the size of Stanford Cars: 8,041 images, 196 classes."""

import math
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from page import Finding, milliseconds, times
from prediction import seconds_of
from sklearn.metrics import classification_report, confusion_matrix

from carclf import store
from carclf.config import TrainConfig
from carclf.evaluation import report
from carclf.records import Example, Judged, Prediction
from carclf.settings import Settings
from carclf.store import evaluations, runs, versions
from carclf.ui import evaluated
from carclf.ui.tabs import evaluate_report

IMAGES, CLASSES, REPEATS = 8041, 196, 7
BODIES = ("Sedan", "Coupe", "SUV", "Convertible", "Crew Cab")


def measure_opening(settings: Settings) -> Finding:
    """Open an evaluation as the tab does, and reckon two of its tables by the book."""
    with tempfile.TemporaryDirectory(dir=settings.home.parent) as folder:
        own = replace(settings, home=Path(folder))
        evaluation_id = synthetic(own)
        reading, filling, by_the_book = [], [], []
        for _ in range(REPEATS):
            evaluated.forget()
            reading.append(seconds_of(lambda: evaluated.load(own, evaluation_id)))
            found = evaluated.load(own, evaluation_id)
            filling.append(seconds_of(partial(evaluate_report.fill, own, found)))
            by_the_book.append(seconds_of(partial(two_tables, found.judged)))
    opening = [sum(both) for both in zip(reading, filling, strict=True)]
    base = median(by_the_book)
    return Finding(
        "Opening an evaluation",
        f"{IMAGES:,} drawn predictions of {CLASSES} classes, median of {REPEATS}; "
        "pictures not counted. “All numbers” are those of every tab: summary, levels, "
        "classes, confusions, the map of all classes, and three files to download.",
        ("what", "time", "compared"),
        tuple(
            (said, milliseconds(median(taken)), times(median(taken) / base))
            for said, taken in (
                ("scikit-learn's report and confusion matrix, by name", by_the_book),
                ("reading the predictions from the store", reading),
                ("all numbers, once they are read", filling),
                ("opening: both", opening),
            )
        ),
    )


def two_tables(judged: tuple[Judged, ...]) -> None:
    labels = [one.label for one in judged]
    answers = [one.prediction.label for one in judged]
    classification_report(labels, answers, output_dict=True, zero_division=0.0)
    confusion_matrix(labels, answers)


def synthetic(settings: Settings) -> int:
    """Record drawn predictions, right nine times in ten, in a store of their own."""
    store.prepare(settings.db_path)
    classes = tuple(
        f"Make{number // 4} Model{number} {BODIES[number % len(BODIES)]} 2012"
        for number in range(CLASSES)
    )
    generator = np.random.default_rng(0)
    with store.connect(settings.db_path) as db, db.atomic():
        examples = [
            _example(db, number, classes[number % CLASSES]) for number in range(IMAGES)
        ]
        version_id = versions.create(
            db,
            "drawn",
            "a hash",
            examples,
            treatment={"remover": "none"},
            source="drawn",
            split_rule="all test",
        )
        config = TrainConfig().model_dump(mode="json")
        run = runs.create(db, "drawn", config, version_id=version_id)
        judged = [_judged(one, classes, generator) for one in examples]
        return evaluations.add(
            db,
            run.id,
            1,
            version_id,
            "test",
            classes,
            report.summary(judged),
            judged,
        )


def _example(db: store.Database, number: int, label: str) -> Example:
    path, sha256 = Path(f"data/images/{number}.jpg"), f"{number:064d}"
    cursor = db.execute(
        "insert into images (sha256, path, width, height, size_bytes, added_at)"
        " values (?, ?, 1, 1, 1, ?)",
        [sha256, str(path), store.now()],
    )
    assert cursor.lastrowid is not None
    return Example(cursor.lastrowid, path, label, "test", path.name, sha256)


def _judged(
    example: Example, classes: tuple[str, ...], generator: np.random.Generator
) -> Judged:
    place = classes.index(example.label)
    near = [classes[(place + step) % CLASSES] for step in (0, 1, 2, 3, 4)]
    if generator.random() < 0.1:
        generator.shuffle(near)
    shares = generator.dirichlet((12, 2, 1, 1, 1))
    top = tuple(zip(near, sorted(shares.tolist(), reverse=True), strict=True))
    true = dict(top)[example.label]
    return Judged(
        example.image_id, example.label, Prediction(top), true, -math.log(true)
    )
