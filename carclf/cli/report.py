"""carclf report: what some runs were, and what they reached, written for people."""

from pathlib import Path
from typing import Annotated

import typer

from carclf import report as reports
from carclf import store
from carclf.cli.console import ready, say
from carclf.errors import StoreError
from carclf.store import runs


def report(
    run: Annotated[
        list[str] | None, typer.Argument(help="The number or name of a run; several.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="A .html, a .zip or a folder to write to.")
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Markdown with its images, not HTML.")
    ] = False,
    title: Annotated[str, typer.Option(help="What stands above it.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Of every run.")] = False,
) -> None:
    """Write a report of runs: task, data, curves, results, mistakes, settings.

    HTML is one file that needs nothing beside it; Markdown is a folder or a .zip.
    """
    settings = ready()
    if bool(run) == every:
        raise StoreError("Name one run or more, or say --all.")
    target = to or Path("report" if markdown else "report.html")
    form = reports.form_of(target, is_markdown=markdown)
    with store.connect(settings.db_path) as db:
        found = runs.every(db) if every else [runs.find(db, one) for one in run or []]
    document = reports.make(settings, [one.id for one in found], title)
    reports.write(settings, document, target, form)
    say(f"“{document.title}” is written to {target}.")
