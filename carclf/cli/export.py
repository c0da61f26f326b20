"""carclf export: a trained network as files for elsewhere, each checked."""

from pathlib import Path
from typing import Annotated

import typer

from carclf import jobs, store, words
from carclf.cli.console import follow, print_table, ready, say, warn
from carclf.exports import folder, formats, verdict
from carclf.exports.folder import Export
from carclf.records import Run
from carclf.settings import Settings
from carclf.store import jobs as store_jobs
from carclf.store import runs

_NAMES = ", ".join(one.name for one in formats.FORMATS)


def export(
    run: Annotated[str, typer.Argument(help="A run's number or name.")],
    formats_: Annotated[
        list[str] | None,
        typer.Option("--format", help=f"Once for each: {_NAMES}. Default: onnx."),
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="A .zip file to write, besides the run's own.")
    ] = None,
    epoch: Annotated[int, typer.Option(help="Default: the best.")] = 0,
    list_: Annotated[
        bool, typer.Option("--list", help="List what was exported.")
    ] = False,
    delete: Annotated[str, typer.Option(help="Remove an export, by its name.")] = "",
) -> None:
    """Write a run's network for use elsewhere, checked and measured, into a zip.

    With it come predict.py, which needs only numpy, onnxruntime and Pillow, and a
    model verdict.
    """
    settings = ready()
    with store.connect(settings.db_path) as db:
        found = runs.find(db, run)
    if list_:
        _list(settings, found)
    elif delete:
        folder.delete(settings, found, delete)
        say(f"{delete} is removed")
    else:
        if to is not None:
            folder.refuse_target(to)
        made = _export(settings, found, formats_ or ["onnx"], epoch or None)
        _print_measured(made)
        say(str(folder.copy_zip(made, to) if to is not None else made.zip_path))


def _export(
    settings: Settings, run: Run, names: list[str], epoch: int | None
) -> Export:
    job = jobs.submit_export(settings, run.id, names, epoch)
    follow(settings, job)
    with store.connect(settings.db_path) as db:
        job = store_jobs.get(db, job.id)
    return jobs.exported(settings, run, job)


def _print_measured(made: Export) -> None:
    print_table(
        ["format", "size", "beside Keras", "accuracy", "time an image"],
        [
            [
                one.format,
                words.size(one.size_bytes),
                verdict.difference(one),
                verdict.accuracy(one),
                words.duration(one.seconds_an_image),
            ]
            for one in made.formats
        ],
    )
    for warning in verdict.warnings(made):
        warn(warning)


def _list(settings: Settings, run: Run) -> None:
    print_table(
        ["export", "epoch", "size", "made"],
        [
            [
                one.name,
                one.epoch,
                words.size(one.size_bytes),
                words.local_time(one.created_at),
            ]
            for one in folder.of_run(settings, run)
        ],
    )
