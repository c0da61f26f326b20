"""carclf train: queue trainings and watch them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from carclf import config as configs
from carclf import jobs, preflight, store, words
from carclf.cli import trials
from carclf.cli.console import STOPPED, driving, ready, say, warn, watch
from carclf.config import TrainConfig
from carclf.errors import ConfigError, JobError
from carclf.records import Job, Run
from carclf.settings import Settings
from carclf.store import evaluations, runs


def train(
    recipes: Annotated[
        list[Path],
        typer.Argument(
            metavar="RECIPE...",
            help="A config.yml or a recipe, several, or a folder of them.",
        ),
    ],
    name: Annotated[str, typer.Option(help="What to call the run.")] = "",
    version: Annotated[str, typer.Option(help="Dataset version to train on.")] = "",
    weights: Annotated[
        str,
        typer.Option(
            help="Start from: imagenet, none, a file, run:NAME@EPOCH. Of several "
            "recipes, where they do not start from a run."
        ),
    ] = "",
    epochs: Annotated[int, typer.Option(help="Epochs, if not the recipe's.")] = 0,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another setting: model.backbone=tiny. May repeat."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Say what it would take; start nothing.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait.")] = False,
) -> None:
    """Train as a config.yml says, or several in turn; options override what they say.

    A recipe that starts from a run of the same name as another one's starts from that.
    """
    paths = list(_files(recipes))
    if name and len(paths) > 1:
        raise ConfigError(f"--name names one run, and there are {len(paths)} recipes.")
    options = {"name": name, "data.version": version, "fit.epochs": epochs}
    asked = {key: value for key, value in options.items() if value}
    asked |= dict(_change(one) for one in changes or [])
    wanted = [
        _overridden(path, asked, weights, is_alone=len(paths) == 1) for path in paths
    ]
    settings = ready()
    if check:
        for one in wanted:
            trials.check(settings, one)
        return
    queued = jobs.submit_trainings(settings, wanted)
    for run, _ in queued:
        say(f"run {run.id} ({run.name})")
    mind(settings, queued)
    if detach:
        # The worker outlives this command; one that waits is started by the app.
        jobs.Dispatcher(settings).tick()
        return
    follow_all(settings, queued)


def mind(settings: Settings, queued: Sequence[tuple[Run, Job]]) -> None:
    """Tell what is to be weighed of trainings, as the form does."""
    for run, _ in queued:
        found = preflight.check(settings, configs.from_plain(run.config))
        for one in found:
            if one.tone == "warn":
                warn(f"{run.name}: {one.text}")


def _files(recipes: Sequence[Path]) -> Iterator[Path]:
    """Yield the recipes, with folders replaced by those in them, by name."""
    for path in recipes:
        if not path.is_dir():
            yield path
            continue
        found = sorted(path.glob("*.yml"))
        if not found:
            raise ConfigError(f"{path} holds no recipe: no file there ends in .yml.")
        yield from found


def _change(text: str) -> tuple[str, Any]:
    key, sign, value = text.partition("=")
    if not sign:
        raise ConfigError(
            f"--set takes a setting and its value, such as data.batch_size=16, and "
            f"not {text!r}."
        )
    try:
        return key.strip(), yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {key}: {value!r} is not valid YAML.") from error


def _overridden(
    path: Path, asked: dict[str, Any], weights: str, *, is_alone: bool
) -> TrainConfig:
    config = configs.load(path)
    plain = config.model_dump(mode="json", exclude_unset=True)
    if weights and (is_alone or config.model.parent is None):
        asked = asked | {"model.weights": weights}
    for key, value in asked.items():
        *sections, last = key.split(".")
        inner = plain
        for section in sections:
            inner[section] = dict(inner.get(section) or {})
            inner = inner[section]
        inner[last] = value
    return configs.from_plain(plain, origin=path.name)


def follow_all(settings: Settings, queued: Sequence[tuple[Run, Job]]) -> None:
    """Show each training until it ends; a failed one does not end those behind it.

    One that is stopped takes those behind it out of the queue.
    """
    code = 0
    with driving(settings):
        for place, (run, job) in enumerate(queued, start=1):
            ended = watch(settings, job)
            code = max(code, ended)
            if ended == STOPPED:
                _take_out(settings, [behind for _, behind in queued[place:]])
                break
            _print_result(settings, run.id)
    if code:
        raise typer.Exit(code)


def _take_out(settings: Settings, waiting: Sequence[Job]) -> None:
    for job in waiting:
        try:
            jobs.stop_now(settings, job.id)
        except JobError:
            # Taken out by somebody else.
            continue
        warn(f"{job.title}: taken out of the queue.")


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
