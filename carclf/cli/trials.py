"""carclf find-rate, and train --check: a training tried before it is queued."""

from pathlib import Path
from typing import Annotated

import typer

from carclf import config as configs
from carclf import jobs, preflight, store, words
from carclf.cli.config import report
from carclf.cli.console import follow, print_table, ready, say
from carclf.config import TrainConfig
from carclf.records import Job
from carclf.settings import Settings
from carclf.store import jobs as stored_jobs

# Rows of the table; a search has up to a hundred steps.
ROWS = 12


def find_rate(
    config: Annotated[Path, typer.Argument(help="A config.yml or a recipe.")],
    version: Annotated[str, typer.Option(help="Dataset version to search on.")] = "",
) -> None:
    """Raise the learning rate step by step, and say which one to use."""
    settings = ready()
    plain = configs.load(config).model_dump(mode="json")
    plain["data"]["version"] = version or plain["data"]["version"]
    checked = configs.from_plain(plain, origin=config.name)
    found = _ended(settings, jobs.submit_find_rate(settings, checked)).result
    every = max(1, len(found["rates"]) // ROWS)
    rows = zip(found["rates"], found["smoothed"], strict=True)
    print_table(
        ["learning rate", "loss"],
        [[f"{rate:.2g}", f"{loss:.4f}"] for rate, loss in [*rows][::every]],
    )
    if found["steepest"] is None:
        say("the loss never fell: look at the data and the weights to start from")
    else:
        say(f"the loss falls fastest at {found['steepest']:.2g}")
    if found["tenth"] is not None:
        say(f"a tenth of where it rises is {found['tenth']:.2g}")


def check(settings: Settings, config: TrainConfig) -> None:
    """Print what is to be said of a training, and what one batch of it takes.

    Leaves the command with exit code 1 if it could not be started.
    """
    if not report(preflight.check(settings, config)):
        raise typer.Exit(1)
    found = _ended(settings, jobs.submit_probe(settings, config)).result
    size, asked = found["batch_size"], found["asked"]
    if size < asked:
        say(f"{asked} images a batch do not fit; set data.batch_size to {size}")
    say(f"{found['network']}, on {found['device']}")
    say(f"{size} images a batch fit, with {words.size(found['peak_bytes'])} of memory")
    say(f"a step takes {words.duration(found['step_s'])}")
    epochs = words.count(found["epochs"], "epoch")
    say(f"{epochs} would take {words.roughly(found['total_s'])}")


def _ended(settings: Settings, job: Job) -> Job:
    follow(settings, job)
    with store.connect(settings.db_path) as db:
        return stored_jobs.get(db, job.id)
