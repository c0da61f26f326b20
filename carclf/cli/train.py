"""carclf train: queue a training and watch it."""

from pathlib import Path
from typing import Annotated

import typer

from carclf import config as configs
from carclf import jobs, store, words
from carclf.cli.console import follow, ready, say
from carclf.settings import Settings
from carclf.store import evaluations, runs


def train(
    config: Annotated[Path, typer.Argument(help="A config.yml or a recipe.")],
    name: Annotated[str, typer.Option(help="What to call the run.")] = "",
    version: Annotated[str, typer.Option(help="Dataset version to train on.")] = "",
    weights: Annotated[
        str, typer.Option(help="Start from: imagenet, a file, run:NAME@EPOCH.")
    ] = "",
    epochs: Annotated[int, typer.Option(help="Epochs, if not the recipe's.")] = 0,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait.")] = False,
) -> None:
    """Train as a config.yml says; options override what stands there."""
    settings = ready()
    plain = configs.load(config).model_dump(mode="json")
    plain["name"] = name or plain["name"]
    plain["data"]["version"] = version or plain["data"]["version"]
    plain["model"]["weights"] = weights or plain["model"]["weights"]
    plain["fit"]["epochs"] = epochs or plain["fit"]["epochs"]
    checked = configs.from_plain(plain, origin=config.name)
    run, job = jobs.submit_training(settings, checked)
    say(f"run {run.id} ({run.name})")
    if detach:
        # The worker outlives this command; one that waits is started by the app.
        jobs.Dispatcher(settings).tick()
        return
    follow(settings, job)
    _print_result(settings, run.id)


def _print_result(settings: Settings, run_id: int) -> None:
    with store.connect(settings.db_path) as db:
        run, judged = runs.get(db, run_id), evaluations.of_run(db, run_id)
        history = {event.epoch: event.metrics for event in runs.history(db, run_id)}
    if run.best_epoch is not None:
        best = words.percent(history[run.best_epoch].get("val_accuracy", 0.0), 1)
        say(f"best epoch {run.best_epoch}: validation accuracy {best}")
    for one in judged:
        share = words.percent(one.metrics["accuracy"], 1)
        images = words.count(one.image_count, "image")
        say(f"{one.split}: accuracy {share} of {images}")
