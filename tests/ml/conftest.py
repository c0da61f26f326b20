"""Plans for small trainings, and one training that many tests look at."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import pytest

from carclf.config import Preparation, from_plain
from carclf.ml import train
from carclf.records import EpochEnded, StepEnded
from tests import drawing


@pytest.fixture(autouse=True)
def seeded(request: pytest.FixtureRequest) -> None:
    """Draw the same networks whatever was tested before in this process."""
    if request.node.get_closest_marker("keras"):
        keras.utils.set_random_seed(1)


CLASSES = tuple(sorted(drawing.COLOURS))
TINY: dict[str, Any] = {
    "data": {"image_size": [32, 32], "batch_size": 8},
    "model": {"backbone": "tiny", "weights": "none", "dropout_rate": 0.0},
    "compile": {"optimizer": {"adam": {"learning_rate": 0.02}}},
    "fit": {"epochs": 3},
    "learning": {"mode": "finetune", "batch_norm": "update"},
}


@dataclass
class Watcher:
    """Takes down what a training tells, and stops it when told to."""

    stop_after: int | None = None
    wanted: set[int] = field(default_factory=set)
    epochs: list[EpochEnded] = field(default_factory=list)
    reports: list[tuple[int, int, str, float | None]] = field(default_factory=list)
    facts: list[dict[str, float]] = field(default_factory=list)
    told: list[StepEnded] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    kept: dict[int, Path] = field(default_factory=dict)
    rewound: list[int] = field(default_factory=list)

    def run(self, plan: train.Plan) -> train.Outcome:
        return train.train(plan, self)

    def progress(
        self,
        done: int,
        total: int,
        message: str,
        seconds_left: float | None,
        /,
        **facts: float,
    ) -> None:
        self.reports.append((done, total, message, seconds_left))
        if facts:
            self.facts.append(facts)

    def steps(self, events: Sequence[StepEnded]) -> None:
        self.told += events

    def epoch(self, event: EpochEnded) -> None:
        self.epochs.append(event)

    def rewind(self, epoch: int) -> None:
        self.rewound.append(epoch)
        self.epochs = [one for one in self.epochs if one.epoch <= epoch]
        self.told = [one for one in self.told if one.epoch <= epoch]

    def keep(self, epoch: int, path: Path) -> None:
        self.kept[epoch] = path

    def drop(self, epoch: int) -> bool:
        if epoch in self.wanted:
            return False
        del self.kept[epoch]
        return True

    def note(self, text: str) -> None:
        self.notes.append(text)

    def stop_requested(self) -> bool:
        return self.stop_after is not None and len(self.epochs) >= self.stop_after


@dataclass(frozen=True)
class Trained:
    plan: train.Plan
    outcome: train.Outcome
    watcher: Watcher


def draw_images(folder: Path, seeds: range) -> list[train.TrainImage]:
    """Draw a car of every class for every seed."""
    drawn = []
    for label in CLASSES:
        for seed in seeds:
            path = drawing.draw(folder / label / f"{seed}.png", label, seed)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            drawn.append(train.TrainImage(path, digest, label))
    return drawn


def make_plan(folder: Path, **sections: Any) -> train.Plan:
    """Return a plan of 24 training and 9 validation images, tiny unless changed.

    `sections` replace single settings: model={"backbone": ...}, fit={"epochs": 5}.
    """
    plain = {name: {**TINY[name], **sections.get(name, {})} for name in TINY}
    config = from_plain({**sections, **plain})
    height, width = config.data.image_size
    return train.Plan(
        config=config,
        preparation=Preparation(height=height, width=width),
        classes=CLASSES,
        train=draw_images(folder / "cars", range(8)),
        validation=draw_images(folder / "cars", range(8, 11)),
        folder=folder / "run",
        cache=folder / "cache",
        run_facts={"run_id": 7, "run_name": "drawn cars"},
    )


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., train.Plan]:
    return lambda **sections: make_plan(tmp_path, **sections)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """The tiny network, fine-tuned on drawn cars for six epochs."""
    plan = make_plan(tmp_path_factory.mktemp("trained"), fit={"epochs": 6})
    watcher = Watcher()
    return Trained(plan, watcher.run(plan), watcher)
