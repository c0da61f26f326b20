"""carclf evaluate: how good a run is."""

from pathlib import Path
from typing import Annotated

import typer

from carclf import hierarchy, jobs, store
from carclf.cli import figures
from carclf.cli.console import follow, ready
from carclf.cli.figures import By, Told
from carclf.errors import CarclfError
from carclf.records import Evaluation, Split
from carclf.settings import Settings
from carclf.store import evaluations, runs, versions

RunName = Annotated[str, typer.Argument(help="A run's number or name.")]


def evaluate(
    run: RunName,
    split: Annotated[Split, typer.Option(help="Which images.")] = "test",
    version: Annotated[str, typer.Option(help="Default: the run's own.")] = "",
    epoch: Annotated[int, typer.Option(help="Default: the best.")] = 0,
    by: Annotated[By, typer.Option(help="What has a row.")] = "class",
    last: Annotated[
        bool, typer.Option("--last", help="Tell of the last one; judge nothing.")
    ] = False,
    as_csv: Annotated[
        Path | None, typer.Option("--csv", help="Write the rows there.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Judge a run on a split: accuracy, each class, and what is confused."""
    settings = ready()
    if not last:
        _judge(settings, run, split, version, epoch or None)
    made = _newest(settings, run, split, version, epoch)
    with store.connect(settings.db_path) as db:
        told = Told(
            runs.get(db, made.run_id),
            made,
            evaluations.judged(db, made.id),
            hierarchy.load(settings),
        )
    if as_csv:
        figures.write_csv(as_csv, told, by)
    if as_json:
        figures.print_json(told)
    else:
        figures.print_all(told, by)


def _judge(
    settings: Settings, run: str, split: Split, version: str, epoch: int | None
) -> None:
    with store.connect(settings.db_path) as db:
        found = runs.find(db, run)
        version_id = versions.by_name(db, version).id if version else found.version_id
    if version_id is None:
        raise CarclfError(f"“{found.name}” has no dataset version. Give --version.")
    job = jobs.submit_evaluation(settings, found.id, version_id, split, epoch)
    follow(settings, job)


def _newest(
    settings: Settings, run: str, split: Split, version: str, epoch: int
) -> Evaluation:
    """Return the newest evaluation of what was asked for."""
    with store.connect(settings.db_path) as db:
        found = runs.find(db, run)
        version_id = versions.by_name(db, version).id if version else None
        made = evaluations.of_run(db, found.id)
    for one in made:
        same_images = one.split == split and version_id in (None, one.version_id)
        if same_images and epoch in (0, one.epoch):
            return one
    raise CarclfError(
        f"“{found.name}” was never evaluated so. The same without --last does it."
    )
