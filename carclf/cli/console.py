"""What every command shares: settings, tables, and the progress of a job."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
)
from rich.table import Table

from carclf import jobs, store, words
from carclf.datasets import sample
from carclf.records import FINISHED, Job
from carclf.settings import Settings
from carclf.store import jobs as store_jobs
from carclf.store import runs

STOPPED = 3

output = Console()
errors = Console(stderr=True)


def ready() -> Settings:
    """Return the settings, with the store and the sample in place."""
    settings = Settings.from_environment()
    store.prepare(settings.db_path)
    sample.ensure(settings)
    return settings


def say(text: str) -> None:
    """Print a line as it stands, for a person or a pipe."""
    output.print(text, markup=False, highlight=False, soft_wrap=True)


def warn(text: str) -> None:
    """Print a line on standard error, as it stands."""
    errors.print(text, markup=False, highlight=False, soft_wrap=True)


def print_table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows: aligned for a person, tab-separated for a pipe."""
    if not output.is_terminal:
        for row in rows:
            print("\t".join(str(cell) for cell in row))
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(cell)) for cell in row))
    output.print(table)


def follow(settings: Settings, job: Job) -> None:
    """Show a job until it ends, driving the queue meanwhile.

    Leaves the command with exit code 1 if the job failed, 3 if it was stopped.
    """
    with driving(settings):
        code = watch(settings, job)
    if code:
        raise typer.Exit(code)


@contextmanager
def driving(settings: Settings) -> Iterator[None]:
    """Drive the queue while the block runs."""
    dispatcher = jobs.Dispatcher(settings)
    dispatcher.start()
    try:
        yield
    finally:
        dispatcher.stop()


def watch(settings: Settings, job: Job) -> int:
    """Show a job until it ends; return 1 if it failed, 3 if it was stopped, else 0.

    Ctrl-C asks for a stop that keeps what was done; a second one stops at once.
    """
    ended = _until_its_end(settings, job)
    if ended.status == "done":
        return 0
    warn(f"{ended.title}: {ended.reason}")
    return STOPPED if ended.status == "stopped" else 1


def _until_its_end(settings: Settings, job: Job) -> Job:
    columns = [
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[counted]}"),
        TextColumn("{task.fields[left]}"),
    ]
    asked, seen = 0, 0
    with Progress(*columns, console=errors, transient=True) as progress:
        bar = progress.add_task(job.title, total=None, counted="", left="")
        while job.status not in FINISHED:
            try:
                job = _show(settings, job, progress, bar)
                seen = _show_epochs(settings, job, seen)
                jobs.pause()
            except KeyboardInterrupt:
                asked += 1
                _stop(settings, job, asked)
        _show_epochs(settings, job, seen)
    return job


def _show(settings: Settings, job: Job, progress: Progress, bar: TaskID) -> Job:
    with store.connect(settings.db_path) as db:
        job = store_jobs.get(db, job.id)
    said = job.progress
    if said:
        left = said.get("seconds_left")
        progress.update(
            bar,
            description=said["message"],
            completed=said["done"],
            # Of 0, nobody knows yet how many there will be.
            total=said["total"] or None,
            counted=_counted(said),
            left=words.time_left(left) if left is not None else "",
        )
    return job


def _counted(said: dict[str, Any]) -> str:
    """Return such as “3/40”; nothing where the message tells it already."""
    is_told = said.get("is_told") or not said["total"]
    return "" if is_told else f"{said['done']}/{said['total']}"


def _show_epochs(settings: Settings, job: Job, seen: int) -> int:
    """Print the epochs that ended since; return how many there were in all."""
    if job.kind != "train" or job.run_id is None:
        return 0
    with store.connect(settings.db_path) as db:
        history = runs.history(db, job.run_id)
    for event in history[seen:]:
        say(words.epoch_line(event))
    return len(history)


def _stop(settings: Settings, job: Job, asked: int) -> None:
    with store.connect(settings.db_path) as db:
        if store_jobs.get(db, job.id).status in FINISHED:
            return
    if asked == 1:
        jobs.stop_after_epoch(settings, job.id)
        when = " after this epoch" if job.kind == "train" else ""
        warn(f"Stopping{when}; Ctrl-C again stops at once.")
    else:
        jobs.stop_now(settings, job.id)


def confirm(question: str, yes: bool) -> None:
    """Go on if the user agrees; a script says --yes.

    Raises:
        typer.Exit: With code 1, where nobody can be asked.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        warn(f"{question} Say --yes to go on.")
        raise typer.Exit(1)
    typer.confirm(question, abort=True)
