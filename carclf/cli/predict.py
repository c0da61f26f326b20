"""carclf predict: a trained network put to use."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from carclf import store, words
from carclf.cli.console import STOPPED, errors, print_table, ready, warn
from carclf.prediction import ensemble, listing, many, results
from carclf.prediction.ensemble import Ensemble
from carclf.prediction.listing import Photograph
from carclf.prediction.results import Row
from carclf.settings import Settings
from carclf.store import runs

# Fewer files are answered before a bar would be read.
LONG = 20
UNKNOWN = "does not look like anything it was trained on"
RunName = Annotated[str, typer.Argument(help="A run's number or name.")]


def predict(
    run: RunName,
    files: Annotated[
        list[Path], typer.Argument(help="Photographs, folders, or CSV files of them.")
    ],
    also: Annotated[
        list[str] | None,
        typer.Option("--with", help="Another run, to answer by the mean of all."),
    ] = None,
    as_csv: Annotated[
        Path | None,
        typer.Option("--csv", help="Write there; goes on where it was stopped."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what photographs show; exit code 1 if any of them cannot be read."""
    asked = _ensemble(ready(), [run, *(also or [])])
    wanted = listing.of(files)
    with _stopped_by_hand() as stop_requested, _progress(len(wanted)) as on_progress:
        if as_csv:
            many.predict(asked, wanted, as_csv, on_progress, stop_requested)
            names = {one.name for one in wanted}
            rows = [one for one in results.read(as_csv) if one[0] in names]
        else:
            rows = _collected(asked, wanted, on_progress, stop_requested)
    _say(rows, as_json)
    if len(rows) < len(wanted):
        again = "Run the same command again to go on." if as_csv else ""
        warn(f"Stopped: {len(rows)} of {len(wanted)} were predicted. {again}".strip())
        raise typer.Exit(STOPPED)
    if not all(results.is_answer(one) for one in rows):
        raise typer.Exit(1)


def _ensemble(settings: Settings, named: Sequence[str]) -> Ensemble:
    with store.connect(settings.db_path) as db:
        found = [runs.find(db, one) for one in named]
    return ensemble.load(settings, [one.id for one in found])


def _collected(
    asked: Ensemble,
    wanted: Sequence[Photograph],
    on_progress: many.Progress,
    stop_requested: Callable[[], bool],
) -> list[Row]:
    rows: list[Row] = []
    for some in many.answered(asked, wanted):
        rows += some
        on_progress(len(rows), len(wanted))
        if stop_requested():
            break
    return rows


@contextmanager
def _stopped_by_hand() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C end the work between two batches; the second ends it now."""
    asked = threading.Event()
    before = signal.getsignal(signal.SIGINT)

    def stop(*_: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, stop)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _progress(total: int) -> Iterator[many.Progress]:
    """Show a bar with the time left, to a person and for more than a moment's work."""
    columns = [
        TextColumn("Predicting"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    ]
    with Progress(
        *columns, console=errors, transient=True, disable=total < LONG
    ) as shown:
        bar = shown.add_task("", total=total)

        def on_progress(done: int, of: int) -> None:
            shown.update(bar, completed=done, total=of)

        yield on_progress


def _say(rows: Sequence[Row], as_json: bool) -> None:
    plain = [results.plain(one) for one in rows]
    for one in plain:
        if one["note"]:
            colon = ":" if one["top"] else ""
            warn(f"{one['file']}{colon} {one['note']}")
    if as_json:
        print(results.to_json(rows))
        return
    print_table(
        ["file", "class", "probability", ""],
        [
            [
                one["file"],
                one["top"][0]["class"],
                words.percent(one["top"][0]["probability"], 1),
                UNKNOWN * bool(one["unknown"]),
            ]
            for one in plain
            if one["top"]
        ],
    )
