"""How long the first training takes, and what it reaches."""

import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from statistics import median

from page import Finding, seconds, times

from carclf import config, store
from carclf.records import EpochEnded, Run
from carclf.settings import Settings
from carclf.store import evaluations, runs, versions

FREEZE, FINETUNE = "quick-freeze.yml", "quick-finetune.yml"
STREAMING_EPOCHS = 3


def measure(settings: Settings) -> Finding:
    """Train the frozen recipe as it stands, then a little without cached features."""
    recipe = settings.recipes / FREEZE
    wall_s = train(settings, recipe, "--name=frozen")
    run, history = last_run(settings)
    train(
        settings, without_cache(recipe, settings.home), f"--epochs={STREAMING_EPOCHS}"
    )
    _, streamed = last_run(settings)
    cached_s, streamed_s = epoch_seconds(history), epoch_seconds(streamed)
    return Finding(
        "The first training",
        f"`carclf train assets/recipes/{FREEZE}` on the sample, {counts(settings)}, "
        "with an empty cache. The sample is rendered and easy: the accuracy shows "
        "that training works, not what real photographs would give.",
        ("what", "measured"),
        (
            ("command, start to end", seconds(wall_s)),
            ("of it, the run in its worker", seconds(worker_seconds(run))),
            ("epochs", str(len(history))),
            *accuracies(settings, run, history),
            ("one epoch, features cached", seconds(cached_s)),
            ("one epoch, features computed anew", seconds(streamed_s)),
            ("anew, compared with cached", times(streamed_s / cached_s)),
        ),
    )


def measure_finetune(settings: Settings) -> Finding:
    """Train the fine-tuning recipe from the best epoch of the frozen run."""
    wall_s = train(settings, settings.recipes / FINETUNE, "--weights=run:frozen")
    run, history = last_run(settings)
    return Finding(
        "Fine-tuning from it",
        f"`carclf train assets/recipes/{FINETUNE} --weights run:frozen`, the run "
        "above being called so.",
        ("what", "measured"),
        (
            ("command, start to end", seconds(wall_s)),
            ("epochs", str(len(history))),
            *accuracies(settings, run, history),
            ("one epoch", seconds(epoch_seconds(history))),
        ),
    )


def accuracies(
    settings: Settings, run: Run, history: list[EpochEnded]
) -> list[tuple[str, str]]:
    """Return rows for the best epoch: its accuracy on validation and on test."""
    assert run.best_epoch is not None
    with store.connect(settings.db_path) as db:
        judged = evaluations.of_run(db, run.id)[0]
    shares = {
        "validation": history[run.best_epoch - 1].metrics["val_accuracy"],
        judged.split: judged.metrics["accuracy"],
    }
    return [
        (f"{split} accuracy of the best epoch", f"{100 * share:.1f} %")
        for split, share in shares.items()
    ]


def train(settings: Settings, recipe: Path, *options: str) -> float:
    """Train from the command line; return the seconds it took."""
    command = [Path(sys.executable).with_name("carclf"), "train", recipe, *options]
    began = time.perf_counter()
    subprocess.run(
        command,
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "CARCLF_HOME": str(settings.home)},
    )
    return time.perf_counter() - began


def without_cache(recipe: Path, folder: Path) -> Path:
    """Write the recipe again, with the backbone computed in every epoch."""
    settings = config.load(recipe)
    learning = settings.learning.model_copy(update={"features": "streaming"})
    changed = settings.model_copy(update={"learning": learning, "name": "streaming"})
    written = folder / "streaming.yml"
    written.write_text(config.to_yaml(changed), encoding="utf-8")
    return written


def last_run(settings: Settings) -> tuple[Run, list[EpochEnded]]:
    with store.connect(settings.db_path) as db:
        run = runs.every(db)[0]
        return run, runs.history(db, run.id)


def counts(settings: Settings) -> str:
    with store.connect(settings.db_path) as db:
        sample = versions.by_name(db, "sample").counts
    return (
        f"{sample['train']} images to train on and {sample['validation']} to validate"
    )


def worker_seconds(run: Run) -> float:
    assert run.started_at is not None
    assert run.ended_at is not None
    began, ended = map(datetime.fromisoformat, (run.started_at, run.ended_at))
    return (ended - began).total_seconds()


def epoch_seconds(history: list[EpochEnded]) -> float:
    """Return the median; the first epoch, which compiles, hardly moves it."""
    return median(event.metrics["seconds"] for event in history)
