"""Train on real photographs, and write what was reached to docs/accuracy.md.

    python benchmarks/accuracy.py                   everything
    python benchmarks/accuracy.py lite0-finetune    some of it; other rows stay

Takes hours on a processor, so it goes on where it was: a run that is done already is
not trained again. Remove the folder `cache/accuracy` to measure everything anew.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

# Read when TensorFlow is imported: only results are printed.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import page
from machine import describe
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from carclf import images, preparation, store, words
from carclf.bundle import Bundle
from carclf.records import Job, Run, Split
from carclf.settings import PROJECT, Settings
from carclf.store import evaluations, jobs, runs, versions

HOME = PROJECT / "cache" / "accuracy"
IMAGES = PROJECT.parent / "shared" / "data" / "cars_crops"
RESNET50 = HOME / "resnet50_notop.weights.h5"
VERSION = "cars-crops"
# Of the yardstick; the strength found best in shared/README.md.
INVERSE_STRENGTH = 0.01
PAGE = """\
# What accuracy carclf reaches

Written by `make accuracy`; not by hand. Every row is a run of `carclf train` on real
photographs: {images:,} crops of {classes} classes of Stanford Cars, {train:,} to train
on, {validation} to validate, {test} to test. That is less than half of the training
images of the full set, so figures published for it are higher. The epoch that is
best on validation images was judged on the test images, once. The interval is
Wilson's, at 95 %.

{table}

The yardstick is scikit-learn's logistic regression on the very features that the
cached freeze of ResNet50 learnt from, as they are without augmentation, standardised,
C = {strength}. Times are of one run on a machine that may have had other work, and
without the features that an earlier run had left in the cache; docs/performance.md has
the speeds.

{machines}
"""
HEADINGS = ("what", "validation", "test", "95 % interval", "epochs", "time", "date")
# The words of the yardstick's row.
YARDSTICK = "scikit-learn's logistic regression on ResNet50's features"


@dataclass(frozen=True)
class Experiment:
    """A training, and what the page says of it.

    Attributes:
        options: Of the command line, after the recipe.
    """

    name: str
    words: str
    recipe: str
    options: tuple[str, ...] = ()


EXPERIMENTS = (
    Experiment(
        "report-freeze",
        "the report's frozen ResNet50, streamed (report/exp_002), its first 24 epochs",
        "report/exp_002.yml",
        # Of 75, all at one rate; so many the report gave its best run to start from.
        (f"--weights={RESNET50}", "--set=learning.mode=freeze", "--set=fit.epochs=24"),
    ),
    Experiment(
        "resnet50-cached",
        "frozen ResNet50, features cached (resnet50-freeze)",
        "resnet50-freeze.yml",
        (f"--weights={RESNET50}", "--set=learning.mode=freeze"),
    ),
    Experiment(
        "lite0-cached",
        "frozen EfficientNet-Lite0, features cached (quick-freeze)",
        "quick-freeze.yml",
    ),
    Experiment(
        "lite0-streaming",
        "frozen EfficientNet-Lite0, streamed (quick-freeze), its first 24 epochs",
        "quick-freeze.yml",
        ("--set=learning.features=streaming", "--set=fit.epochs=24"),
    ),
    Experiment(
        "lite0-finetune",
        "fine-tuned EfficientNet-Lite0 (finetune-lite0)",
        "finetune-lite0.yml",
        ("--weights=run:lite0-cached",),
    ),
)


@dataclass(frozen=True)
class Row:
    words: str
    validation: float | None
    right: int
    of: int
    epochs: int | None = None
    taken_s: float | None = None
    date: str = ""


def main(wanted: Sequence[str]) -> None:
    """Train what is `wanted` (everything, if nothing) and write the page."""
    settings = Settings(home=HOME)
    if not IMAGES.is_dir():
        sys.exit(f"{IMAGES} is not there, and nothing else can be measured on.")
    prepare(settings)
    for one in EXPERIMENTS:
        if (not wanted or one.name in wanted) and find(settings, one.name) is None:
            carclf("train", f"assets/recipes/{one.recipe}", f"--name={one.name}",
                   f"--version={VERSION}", *one.options)  # fmt: skip
    target = PROJECT / "docs" / "accuracy.md"
    before = target.read_text(encoding="utf-8") if target.exists() else ""
    text = render(settings, before)
    target.write_text(text, encoding="utf-8")
    print(text)


def prepare(settings: Settings) -> None:
    """Import the photographs and make ResNet50's weights, unless that was done."""
    HOME.mkdir(parents=True, exist_ok=True)
    store.prepare(settings.db_path)
    with store.connect(settings.db_path) as db:
        known = [one.name for one in versions.every(db)]
    if VERSION not in known:
        carclf("datasets", "import", str(IMAGES), f"--name={VERSION}")
    if not RESNET50.exists():
        tool = IMAGES.parent.parent / "tools" / "resnet50_weights.py"
        subprocess.run([sys.executable, tool, RESNET50], check=True)


def carclf(*arguments: str) -> None:
    command = [Path(sys.executable).with_name("carclf"), *arguments]
    environment = {**os.environ, "CARCLF_HOME": str(HOME)}
    subprocess.run(command, check=True, cwd=PROJECT, env=environment)


def find(settings: Settings, name: str) -> Run | None:
    """Return the finished run of this name."""
    with store.connect(settings.db_path) as db:
        done = [one for one in runs.every(db) if one.name == name]
    return next((one for one in done if one.status == "done"), None)


def render(settings: Settings, before: str) -> str:
    """Return the page: rows that this home measured, and the others as they were."""
    found = [(one, find(settings, one.name)) for one in EXPERIMENTS]
    rows = [row_of(settings, one, run) for one, run in found if run is not None]
    if (run := find(settings, "resnet50-cached")) is not None:
        rows.insert(0, yardstick(settings, run))
    machines = page.machines(before) | {row.date: describe() for row in rows}
    order = [YARDSTICK, *(one.words for one in EXPERIMENTS)]
    kept = page.merged_rows(before, [cells(row) for row in rows], order)
    with store.connect(settings.db_path) as db:
        version = versions.by_name(db, VERSION)
    return PAGE.format(
        images=sum(version.counts.values()),
        classes=len(version.classes),
        **version.counts,
        table=page.table(HEADINGS, kept),
        strength=INVERSE_STRENGTH,
        machines=page.machine_lines(machines, {row[-1] for row in kept}),
    )


def row_of(settings: Settings, one: Experiment, run: Run) -> Row:
    with store.connect(settings.db_path) as db:
        history = {event.epoch: event.metrics for event in runs.history(db, run.id)}
        judged = next(e for e in evaluations.of_run(db, run.id) if e.split == "test")
        work = [job for job in jobs.every(db) if job.run_id == run.id]
    assert run.best_epoch is not None
    assert run.ended_at is not None
    return Row(
        one.words,
        history[run.best_epoch]["val_accuracy"],
        round(judged.metrics["accuracy"] * judged.image_count),
        judged.image_count,
        len(history),
        # Between a stop and going on, nothing was at work.
        sum(lasted(job) for job in work if job.kind == "train"),
        run.ended_at[:10],
    )


def lasted(job: Job) -> float:
    assert job.started_at is not None
    assert job.ended_at is not None
    return words.seconds_between(job.started_at, job.ended_at)


def yardstick(settings: Settings, run: Run) -> Row:
    """Return what logistic regression makes of the features of a frozen run."""
    bundle = Bundle.load(settings.resolve(run.folder) / "bundle")
    known, labels = features(settings, bundle, "train")
    model = make_pipeline(
        StandardScaler(), LogisticRegression(C=INVERSE_STRENGTH, max_iter=2000)
    )
    model.fit(known, labels)
    shares = {
        split: model.predict(values) == truth
        for split in ("validation", "test")
        for values, truth in [features(settings, bundle, split)]
    }
    return Row(
        YARDSTICK,
        float(np.mean(shares["validation"])),
        int(np.sum(shares["test"])),
        len(shares["test"]),
        date=f"{datetime.now(UTC):%Y-%m-%d}",
    )


def features(
    settings: Settings, bundle: Bundle, split: Split
) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    """Return the pooled features and the labels of a split, kept between calls."""
    kept = HOME / f"{bundle.facts['run_name']}-{split}.npz"
    if not kept.exists():
        with store.connect(settings.db_path) as db:
            version = versions.by_name(db, VERSION)
            examples = versions.examples(db, version.id, split=split)
        values = [
            bundle.features(
                [
                    preparation.resize(
                        images.read_rgb(settings.resolve(one.path)), bundle.preparation
                    )
                ]
            )
            for one in examples
        ]
        labels = np.asarray([one.label for one in examples])
        np.savez(kept, values=np.concatenate(values), labels=labels)
    stored = np.load(kept)
    return stored["values"], stored["labels"]


def cells(row: Row) -> tuple[str, ...]:
    low, high = binomtest(row.right, row.of).proportion_ci(method="wilson")
    return (
        row.words,
        "–" if row.validation is None else f"{row.validation:.3f}",
        f"**{row.right / row.of:.3f}**",
        f"{low:.3f} – {high:.3f}",
        "–" if row.epochs is None else str(row.epochs),
        "–" if row.taken_s is None else f"{row.taken_s / 60:.0f} min",
        row.date,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
