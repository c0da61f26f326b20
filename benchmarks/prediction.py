"""Predicting: one image, the first after a start, and a whole split."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import course
import numpy as np
import training
from page import Finding, milliseconds, percent, rate, seconds, times
from training import last_run

from carclf import images, preparation, store
from carclf.bundle import Bundle
from carclf.evaluation import judge
from carclf.records import Example, ImageRGB, Run
from carclf.settings import PROJECT, Settings
from carclf.store import versions

IMAGES = 40
WARM_UP = 5
# Of the course's way: enough for a median, at a few images a second.
COURSE_IMAGES = 60
STARTS = 5
# What a program that predicts does between its start and its first answer.
FIRST = """
import sys
from pathlib import Path
from carclf.bundle import Bundle
from carclf.images import read_rgb
print(Bundle.load(Path(sys.argv[1])).look(read_rgb(Path(sys.argv[2]))).prediction.top)
"""


def measure(settings: Settings) -> Finding:
    """Predict the same images by both ways, taking turns image by image."""
    import keras  # noqa: PLC0415  Slow to import, and measured elsewhere.

    run, _ = last_run(settings)
    folder = settings.resolve(run.folder) / "bundle"
    bundle = Bundle.load(folder)
    model = keras.saving.load_model(folder / "model.keras")
    onnx_s, predict_s, call_s = [], [], []
    for number, image in enumerate(prepared(settings, bundle)):
        batch = image[None].astype("float32")
        measured = (
            seconds_of(lambda image=image: bundle.probabilities([image])),
            seconds_of(lambda batch=batch: model.predict(batch, verbose=0)),
            seconds_of(lambda batch=batch: model(batch, training=False)),
        )
        if number >= WARM_UP:
            for times_s, one in zip((onnx_s, predict_s, call_s), measured, strict=True):
                times_s.append(one)
    fastest = median(onnx_s)
    return Finding(
        "Predicting one image",
        f"The network of the run above, {IMAGES} images of the sample one by one, "
        "median; decoding and resizing not counted.",
        ("way", "an image", "compared"),
        tuple(
            (way, milliseconds(median(times_s)), times(median(times_s) / fastest))
            for way, times_s in (
                ("as in the app", onnx_s),
                ("Keras, calling the model", call_s),
                ("Keras, `model.predict`", predict_s),
            )
        ),
    )


def measure_course(settings: Settings) -> Finding | None:
    """Predict with ResNet50 by both ways: one by one, first of all, and a split."""
    if not course.CARS.is_dir():
        return None
    folder = course.photographs(settings.home, None)
    course.import_cars(settings, "all")
    recipe = course.recipe_of(settings, "resnet50", epochs=course.EPOCHS, version="all")
    training.train(settings, recipe)
    run, _ = last_run(settings)
    bundle = Bundle.load(settings.resolve(run.folder) / "bundle")
    examples = examples_of(settings, run)
    paths = [settings.resolve(one.path) for one in examples]
    theirs = course.prediction_seconds(settings.home, folder, COURSE_IMAGES)
    ours = one_by_one(bundle, paths)
    first = median(first_seconds(bundle, path) for path in paths[:STARTS])
    speed = images_per_second(settings, bundle, examples)
    return Finding(
        "Predicting with ResNet50, beside the course's way",
        "From the file to the five likeliest classes, 12 classes of Stanford Cars at "
        f"224 × 224, with the same weights; carclf in {bundle.precision}. One image: "
        f"median of {COURSE_IMAGES} by "
        f"`seed_way.py --predict {COURSE_IMAGES}` (load, resize, `model.predict`), and "
        f"of {len(paths)} by the bundle, activation map and strangeness included. "
        f"First: a fresh Python process from its start, median of {STARTS}. A split: "
        f"`evaluation.judge` on {len(examples)} images, and the course's one image "
        "after another. Same answer: on those images, as the bundle in 32 bits.",
        ("what", "the course's way", "carclf", "compared"),
        (
            (
                "one image",
                milliseconds(theirs),
                milliseconds(ours),
                times(theirs / ours),
            ),
            ("the first after a start", "not measured", seconds(first), ""),
            ("a split", rate(1 / theirs), rate(speed), times(speed * theirs)),
            ("same answer", "", percent(same_answers(bundle, paths)), ""),
        ),
    )


def examples_of(settings: Settings, run: Run) -> list[Example]:
    assert run.version_id is not None
    with store.connect(settings.db_path) as db:
        return versions.examples(db, run.version_id)


def one_by_one(bundle: Bundle, paths: list[Path]) -> float:
    """Return the median seconds from a file to all that the app tells of it."""
    taken = [
        seconds_of(lambda path=path: bundle.look(images.read_rgb(path)))
        for path in paths
    ]
    return median(taken[WARM_UP:])


def first_seconds(bundle: Bundle, path: Path) -> float:
    """Return the seconds of a fresh process, from its start to its end."""
    command = [sys.executable, "-c", FIRST, bundle.folder, path]
    return seconds_of(
        lambda: subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
    )


def images_per_second(
    settings: Settings, bundle: Bundle, examples: list[Example]
) -> float:
    took_s = seconds_of(
        lambda: judge.judge(settings, bundle, examples, lambda done, total: None)
    )
    return len(examples) / took_s


def same_answers(bundle: Bundle, paths: list[Path]) -> float:
    """Return how often the bundle says what it says in 32 bits."""
    exact = replace(bundle, precision="f32", _made={})
    said = [
        [one.look(images.read_rgb(path)).prediction.label for path in paths]
        for one in (bundle, exact)
    ]
    return float(np.mean([one == other for one, other in zip(*said, strict=True)]))


def prepared(settings: Settings, bundle: Bundle) -> list[ImageRGB]:
    with store.connect(settings.db_path) as db:
        sample = versions.by_name(db, "sample")
        examples = versions.examples(db, sample.id, limit=IMAGES + WARM_UP)
    return [
        preparation.resize(
            images.read_rgb(settings.resolve(one.path)), bundle.preparation
        )
        for one in examples
    ]


def seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
