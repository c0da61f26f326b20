"""A store with a history: runs, epochs and evaluations as they happen in use."""

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from carclf import images, store
from carclf.config import TrainConfig, from_plain
from carclf.evaluation import report
from carclf.records import (
    Checkpoint,
    EpochEnded,
    Example,
    Judged,
    Prediction,
    Run,
    Split,
)
from carclf.settings import Settings
from carclf.store import evaluations, jobs, labels, runs, versions
from carclf.store import images as stored_images
from tests.test_bundle import network, write_facts

CLASSES = ("Baja Bug", "Mini <b>Cooper</b>", "Stock Car 1", "Van `1`")
COLOURS = ((200, 40, 40), (40, 160, 60), (40, 70, 200), (210, 190, 60))


@dataclass(frozen=True)
class Lab:
    """A home folder with a version of drawn pictures, to add runs to."""

    settings: Settings
    version_id: int

    def run(
        self,
        name: str = "",
        epochs: int = 5,
        *,
        status: str = "done",
        reason: str | None = None,
        parent: tuple[Run, int] | None = None,
        best: float = 0.8,
        changes: dict[str, object] | None = None,
    ) -> Run:
        """Record a training with its epochs; the last but one is its best."""
        weights = f"run:{parent[0].id}@{parent[1]}" if parent else "imagenet"
        plain = TrainConfig.model_validate({"fit": {"epochs": 30}}).model_dump(
            mode="json"
        )
        plain = plain | {"name": name} | (changes or {})
        plain["model"] = plain["model"] | {"weights": weights}
        config = from_plain(plain).model_dump(mode="json")
        with store.connect(self.settings.db_path) as db:
            run = runs.create(
                db,
                name,
                config,
                version_id=self.version_id,
                parent_id=parent[0].id if parent else None,
                parent_epoch=parent[1] if parent else None,
            )
            job = jobs.create(db, "train", f"Train {run.name}", {}, run_id=run.id)
            if status != "queued":
                self._train(db, run, job.id, epochs, best, status, reason)
            return runs.get(db, run.id)

    def _train(
        self,
        db: store.Database,
        run: Run,
        job_id: int,
        epochs: int,
        best: float,
        status: str,
        reason: str | None,
    ) -> None:
        # As the dispatcher does, without waiting for the jobs before it.
        db.execute(
            "update jobs set status = 'running', started_at = ? where id = ?",
            [store.now(), job_id],
        )
        runs.begin(db, run.id, "CPU, 2 cores", {})
        for epoch in range(1, epochs + 1):
            runs.add_epoch(db, run.id, EpochEnded(epoch, epoch_of(epoch, epochs, best)))
        jobs.report(db, job_id, epochs, 30, f"epoch {epochs} of 30", 75.0)
        for epoch in {max(1, epochs - 1), epochs} if epochs else ():
            path = run.folder / "checkpoints" / f"epoch-{epoch:03d}.weights.h5"
            self.settings.resolve(path).parent.mkdir(parents=True, exist_ok=True)
            self.settings.resolve(path).touch()
            runs.keep_checkpoint(db, Checkpoint(run.id, epoch, path, 1000))
        if status != "running":
            jobs.finish(db, job_id, status, reason=reason)
            runs.end(db, run.id, max(1, epochs - 1) if epochs else None)

    def evaluation(self, run: Run, wrong: set[int], split: Split = "test") -> int:
        """Record an evaluation that errs on the examples at these places."""
        with store.connect(self.settings.db_path) as db:
            examples = versions.examples(db, self.version_id, split=split)
            judged = [
                judged_as(one, place in wrong, 0.5 + 0.4 * place / len(examples))
                for place, one in enumerate(examples)
            ]
            return evaluations.add(
                db,
                run.id,
                run.best_epoch or 1,
                self.version_id,
                split,
                CLASSES,
                report.summary(judged),
                judged,
            )


def epoch_of(epoch: int, epochs: int, best: float) -> dict[str, float]:
    """Return metrics that improve until the last epoch but one, which has `best`."""
    peak = max(1, epochs - 1)
    risen = (1 - math.exp(-2.5 * min(epoch, peak) / peak)) / (1 - math.exp(-2.5))
    fallen_back = 0.02 if epoch > peak else 0.0
    return {
        "loss": 2.5 - 2.2 * risen,
        "accuracy": min(1.0, best * risen + 0.1),
        "val_loss": 2.5 - 1.8 * risen + fallen_back,
        "val_accuracy": best * risen - fallen_back,
        "learning_rate": 1e-3,
        "images_per_second": 412.0,
        "seconds": 1.2,
    }


def judged_as(example: Example, is_wrong: bool, probability: float) -> Judged:
    """Return a judgement; a mistake names the next class."""
    place = CLASSES.index(example.label)
    order = [*CLASSES[place:], *CLASSES[:place]]
    if is_wrong:
        order[0], order[1] = order[1], order[0]
    shares = [probability, (1 - probability) * 0.7, (1 - probability) * 0.2]
    top = tuple(zip(order, [*shares, 1 - sum(shares)], strict=True))
    true = dict(top)[example.label]
    return Judged(
        example.image_id, example.label, Prediction(top), true, -math.log(true)
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = Settings(home=tmp_path / "home")
    store.prepare(found.db_path)
    return found


@pytest.fixture
def lab(settings: Settings, tmp_path: Path) -> Lab:
    """A store with one version: twelve drawn cars of four classes in each split."""
    examples: list[Example] = []
    with store.connect(settings.db_path) as db:
        for place, label in enumerate(CLASSES):
            for number in range(9):
                split: Split = ("train", "validation", "test")[number % 3]  # type: ignore[assignment]
                examples.append(_draw(db, settings, place, label, number, split))
        version_id = versions.create(
            db,
            "drawn",
            "a hash",
            examples,
            treatment={"remover": "none"},
            source="drawn",
            split_rule="by turns",
        )
    return Lab(settings, version_id)


def _draw(
    db: store.Database,
    settings: Settings,
    place: int,
    label: str,
    number: int,
    split: Split,
) -> Example:
    picture = np.full((48, 64, 3), 230, np.uint8)
    cv2.rectangle(picture, (8 + number, 20), (50, 36), COLOURS[place], -1)
    relative = Path("data/images") / f"{place}-{number}.png"
    path = settings.resolve(relative)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture)
    facts = images.describe(path)
    image_id = stored_images.add(
        db, facts.sha256, relative, facts.width, facts.height, facts.size_bytes
    )
    labels.set(db, image_id, label, "import")
    return Example(image_id, relative, label, split, path.name, facts.sha256)


@pytest.fixture
def colour_run(lab: Lab) -> Run:
    """A run whose network tells red, green and blue apart."""
    return with_network(lab, lab.run("colours", epochs=1, best=0.6))


@pytest.fixture
def better_run(lab: Lab) -> Run:
    return with_network(lab, lab.run("better", epochs=1, best=0.9))


def with_network(lab: Lab, run: Run) -> Run:
    folder = lab.settings.resolve(run.folder) / "bundle"
    folder.mkdir(parents=True)
    network(folder / "model.onnx")
    write_facts(folder)
    return run


@pytest.fixture
def family(lab):
    """A run, one fine-tuned from its epoch 4, and a stranger; two were tested."""
    parent = lab.run("parent", best=0.7)
    child = lab.run("child <b>", best=0.9, parent=(parent, 4))
    stranger = lab.run("stranger", best=0.6, status="failed", reason="why")
    lab.evaluation(parent, wrong={0, 1, 2, 3, 4})
    lab.evaluation(child, wrong={4, 5})
    return parent, child, stranger
