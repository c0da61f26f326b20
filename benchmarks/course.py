"""carclf beside the course project's way: the same photographs, the same weights.

The course's way and its weights lie in ../shared, so without that folder nothing here
is measured. It is run as it is, in a process of its own.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import machine
import training
from page import Finding, percent, rate, seconds, times

from carclf import config
from carclf.settings import PROJECT, Settings

SHARED = PROJECT.parent / "shared"
CARS = SHARED / "data" / "cars_small12"
EPOCHS = 20
# JAX is slow on a processor, and what an epoch takes hardly changes.
FEW_EPOCHS = 2
STREAMED_EPOCHS = 4
STEP_EPOCHS = 3
STEP_IMAGES = 10


@dataclass(frozen=True)
class Course:
    """What the course's way took.

    Attributes:
        whole_s: Its process, start to end.
    """

    whole_s: float
    epochs: list[float]
    accuracies: list[float]
    images: int

    @property
    def epoch_s(self) -> float:
        """The median after the first epoch, which compiles."""
        return median(self.epochs[1:])


def measure_freeze(settings: Settings) -> Finding | None:
    """Train a frozen ResNet50 for 20 epochs by both ways, each from cold."""
    if not CARS.is_dir():
        return None
    photographs(settings.home, None)
    course = frozen_course(settings.home)
    import_cars(settings, "all")
    # What was measured before may have kept the features of these images.
    shutil.rmtree(settings.cache, ignore_errors=True)
    recipe = recipe_of(settings, "resnet50-frozen", epochs=EPOCHS, version="all")
    wall_s = training.train(settings, recipe)
    run, history = training.last_run(settings)
    accuracies = training.accuracies(settings, run, history)
    measured = len(course.epochs)
    whole_s = course.whole_s + (EPOCHS - measured) * course.epoch_s
    reckoned = (
        f" Of the course's {EPOCHS} epochs {measured} were measured, and the others "
        "reckoned to take as long as the median."
    ) * (measured < EPOCHS)
    return Finding(
        "A frozen ResNet50, beside the course's way" + suffix(),
        f"{EPOCHS} epochs on 12 classes of Stanford Cars ({course.images} images, of "
        "which 20 % validate), with the same ImageNet weights, as whole commands from "
        f"cold: `seed_way.py --mode freeze --epochs {EPOCHS}`, and `carclf train` with "
        "cached features of the images as they are (`learning.views: 1`) and Adam at "
        "0.001, with an empty cache; export and evaluation included. Each way draws "
        f"its own validation images.{reckoned}",
        ("what", "the course's way", "carclf"),
        (
            ("start to end", seconds(whole_s), seconds(wall_s)),
            ("times faster", "", times(whole_s / wall_s)),
            (
                "validation accuracy, best epoch",
                percent(max(course.accuracies)),
                accuracies[0][1],
            ),
            ("accuracy on 75 test images", "not measured", accuracies[1][1]),
        ),
    )


def measure_streaming(settings: Settings) -> Finding | None:
    """Train a frozen ResNet50 on new augmentations in every epoch, by both ways."""
    if not CARS.is_dir():
        return None
    photographs(settings.home, None)
    course = frozen_course(settings.home)
    import_cars(settings, "all")
    recipe = recipe_of(
        settings,
        "streamed",
        epochs=STREAMED_EPOCHS,
        version="all",
        learning={"features": "streaming"},
    )
    training.train(settings, recipe)
    _, history = training.last_run(settings)
    ours = median(event.metrics["seconds"] for event in history[1:])
    return Finding(
        "A frozen ResNet50 on new augmentations" + suffix(),
        "One epoch of the same with `learning.features: streaming`: every image varied "
        "anew by the course's augmentation, and then through the whole network. Median "
        "after the first epoch, validation included.",
        ("what", "the course's way", "carclf"),
        (
            ("one epoch", seconds(course.epoch_s), seconds(ours)),
            ("times faster", "", times(course.epoch_s / ours)),
            ("waiting for images", "not measured", waited(history)),
        ),
    )


def measure_step(settings: Settings) -> Finding | None:
    """Fine-tune all of ResNet50 by both ways, on a part of the images."""
    if not CARS.is_dir():
        return None
    few = photographs(settings.home, STEP_IMAGES)
    epochs = FEW_EPOCHS if machine.backend() == "jax" else STEP_EPOCHS
    course = run_course(settings.home, few, "finetune", epochs)
    import_cars(settings, "few", few)
    recipe = recipe_of(
        settings,
        "tuned",
        epochs=epochs,
        version="few",
        learning={"mode": "finetune"},
    )
    training.train(settings, recipe)
    _, history = training.last_run(settings)
    ours = median(event.metrics["seconds"] for event in history[1:])
    images = round(0.8 * course.images)
    return Finding(
        "Fine-tuning ResNet50" + suffix(),
        f"Every weight, 224 × 224, 32 images a batch; {images} images to train on and "
        f"{course.images - images} to validate, the epoch's time divided by the first. "
        "Median after the first epoch, which compiles.",
        ("what", "the course's way", "carclf"),
        (
            ("speed", rate(images / course.epoch_s), rate(images / ours)),
            ("times faster", "", times(course.epoch_s / ours)),
            ("waiting for images", "not measured", waited(history)),
        ),
    )


def waited(history: list[Any]) -> str:
    return percent(median(one.metrics["waiting_share"] for one in history[1:]))


def suffix() -> str:
    return ", with JAX" * (machine.backend() == "jax")


@cache
def weights(home: Path) -> Path:
    """Return ImageNet weights of ResNet50 without its classifier."""
    path = home / "resnet50_notop.weights.h5"
    make = SHARED / "tools" / "resnet50_weights.py"
    subprocess.run([sys.executable, make, path], check=True, capture_output=True)
    return path


@cache
def photographs(home: Path, count: int | None) -> Path:
    """Lay out train/<class>/ and test/<class>/, with `count` images each, or all."""
    folder = home / ("photographs" if count is None else f"photographs-{count}")
    used: dict[tuple[str, str], int] = {}
    with (CARS / "labels.csv").open(newline="", encoding="utf-8") as table:
        for row in csv.DictReader(table):
            place = row["subset"], row["class"]
            used[place] = used.get(place, 0) + 1
            if count is not None and used[place] > count:
                continue
            target = folder / row["subset"] / row["class"] / row["img_name"]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(CARS / "images" / row["class"] / row["img_name"], target)
    return folder


@cache
def frozen_course(home: Path) -> Course:
    epochs = FEW_EPOCHS if machine.backend() == "jax" else EPOCHS
    return run_course(home, photographs(home, None), "freeze", epochs)


def run_course(home: Path, folder: Path, mode: str, epochs: int) -> Course:
    """Run the course's way from cold."""
    began = time.perf_counter()
    said = ask_course(home, folder, f"--mode={mode}", f"--epochs={epochs}")
    whole_s = time.perf_counter() - began
    return Course(whole_s, said["epoch_s"], said["val_accuracy"], said["images"])


def prediction_seconds(home: Path, folder: Path, count: int) -> float:
    """Return the median seconds of one of the course's predictions, from its file."""
    said = ask_course(home, folder, "--epochs=1", f"--predict={count}")
    return float(said["predict_ms"]) / 1000


def ask_course(home: Path, folder: Path, *options: str) -> dict[str, Any]:
    """Run the course's way in a process of its own; return what it reports."""
    way = SHARED / "tools" / "seed_way.py"
    done = subprocess.run(
        [sys.executable, way, folder, "--weights", weights(home), *options],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return said


@cache
def import_cars(settings: Settings, name: str, folder: Path | None = None) -> None:
    """Import the photographs as a version, as a person would before training."""
    folder = folder or photographs(settings.home, None)
    program = Path(sys.executable).with_name("carclf")
    subprocess.run(
        [program, "datasets", "import", folder, "--name", name],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "CARCLF_HOME": str(settings.home)},
    )


def recipe_of(
    settings: Settings,
    name: str,
    *,
    epochs: int,
    version: str,
    learning: dict[str, Any] | None = None,
) -> Path:
    """Write the course's settings, changed to what is measured."""
    layers = {
        "random_flip": {"mode": "horizontal"},
        "random_rotation": {"factor": 0.2},
        "random_zoom": {"height_factor": 0.2, "width_factor": 0.2},
    }
    frozen = {"mode": "freeze", "features": "cached", "views": 1}
    plain = {
        "name": name,
        "data": {"version": version, "image_size": [224, 224], "batch_size": 32},
        "model": {
            "backbone": "ResNet50",
            "weights": str(weights(settings.home)),
            "dropout_rate": 0.3,
            "data_aug_layer": layers,
        },
        "compile": {"optimizer": {"adam": {"learning_rate": 0.001}}},
        "fit": {"epochs": epochs},
        "learning": {**frozen, **(learning or {})},
    }
    path = settings.home / f"{name}.yml"
    path.write_text(config.to_yaml(config.from_plain(plain)), encoding="utf-8")
    return path
