"""carclf hierarchy: make, model, body and year of the classes."""

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer

from carclf import hierarchy, store, words
from carclf.cli.console import print_table, ready, say, warn
from carclf.hierarchy import COLUMNS
from carclf.store import versions

app = typer.Typer(no_args_is_help=True)


@app.command()
def show(
    version: Annotated[str, typer.Argument(help="Default: all versions.")] = "",
    as_csv: Annotated[
        bool, typer.Option("--csv", help="As a file to correct, and to set.")
    ] = False,
) -> None:
    """Print what is known of each class; a “-” where nothing is."""
    settings = ready()
    with store.connect(settings.db_path) as db:
        found = [versions.by_name(db, version)] if version else versions.every(db)
    names = sorted({name for one in found for name in one.classes})
    lines = hierarchy.lines(names, hierarchy.load(settings))
    if as_csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows([COLUMNS, *lines])
    else:
        print_table(COLUMNS, lines)


@app.command("set")
def correct(
    file: Annotated[
        Path, typer.Argument(help="CSV: class, and any of make, model, body, year.")
    ],
) -> None:
    """Take a file's corrections, in place of those there were."""
    settings = ready()
    corrections = hierarchy.save(settings, file)
    with store.connect(settings.db_path) as db:
        known = {name for one in versions.every(db) for name in one.classes}
    say(f"{words.count(len(corrections), 'class', 'classes')} corrected.")
    for name in sorted(corrections.keys() - known):
        warn(f"No version has a class “{name}”.")


@app.command()
def forget() -> None:
    """Go back to what the names of the classes tell."""
    hierarchy.forget(ready())
    say("What the names of classes tell holds again.")
