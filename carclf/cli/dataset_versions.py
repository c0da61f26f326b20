"""carclf datasets compare|export: two versions side by side, and one as files."""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from carclf import jobs, store, words
from carclf.cli.console import follow, print_table, ready, say
from carclf.datasets import comparison
from carclf.datasets.exporting import Form
from carclf.errors import CarclfError
from carclf.settings import Settings
from carclf.store import differences, versions
from carclf.store.differences import KINDS, Difference

_COLUMNS = (
    *("difference", "file", "sha256", "class before", "class after"),
    *("split before", "split after"),
)


def compare(
    before: Annotated[str, typer.Argument(help="A dataset version's name.")],
    after: Annotated[str, typer.Argument(help="Another's, such as a later one's.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print counts and every image as JSON.")
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option("--csv", help="Write every image that differs to this file."),
    ] = None,
) -> None:
    """Say what was added, removed, relabelled or moved between two versions."""
    settings = ready()
    with store.connect(settings.db_path) as db:
        ids = versions.by_name(db, before).id, versions.by_name(db, after).id
    found = comparison.compare(settings, *ids)
    if to is not None:
        written = _write(to, _images(settings, *ids))
        say(f"{words.count(written, 'line')} written to {to}.")
    if as_json:
        _print_json(found, _images(settings, *ids))
        return
    first, *rest = comparison.in_words(found)
    say(first)
    print_table(["what", "images"], comparison.table(found))
    for line in rest:
        say(line)


def export(
    version: Annotated[str, typer.Argument(help="A dataset version's name.")],
    target: Annotated[
        Path, typer.Argument(help="A folder, or a .zip file, that is not there yet.")
    ],
    form: Annotated[
        Form, typer.Option("--as", help="Folders of classes, a table, or a zip.")
    ] = "folders",
) -> None:
    """Write a version as files that other programs read, and that import as it.

    As folders: SPLIT/CLASS/FILE; as csv: images/FILE; labels.csv beside either says
    class, split and box of each. A zip holds the folders.
    """
    settings = ready()
    with store.connect(settings.db_path) as db:
        found = versions.by_name(db, version)
    target = target.expanduser().absolute()
    if form == "zip" and target.suffix.lower() != ".zip":
        # What a file is called tells an import how to open it.
        target = target.with_name(f"{target.name}.zip")
    follow(settings, jobs.submit_version_export(settings, found.id, form, target))
    images = words.count(sum(found.counts.values()), "image")
    say(f"{found.name}: {images} written to {target}, hash {found.hash[:12]}")


def _images(
    settings: Settings, before: int, after: int
) -> Iterator[tuple[str, Difference]]:
    with store.connect(settings.db_path) as db:
        for kind in KINDS:
            for one in differences.each(db, kind, before, after):
                yield kind, one


def _row(kind: str, one: Difference) -> list[str]:
    return [
        *(kind, one.example.file_name, one.example.sha256),
        *(one.label_before or "", one.label_after or ""),
        *(one.split_before or "", one.split_after or ""),
    ]


def _write(to: Path, images: Iterator[tuple[str, Difference]]) -> int:
    """Write a line an image; return how many.

    Raises:
        CarclfError: The file cannot be written.
    """
    rows = [_row(kind, one) for kind, one in images]
    try:
        with to.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([_COLUMNS, *rows])
    except OSError as error:
        raise CarclfError(f"{to} cannot be written: {error.strerror}.") from error
    return len(rows)


def _print_json(
    found: comparison.Comparison, images: Iterator[tuple[str, Difference]]
) -> None:
    plain: dict[str, Any] = {
        "before": {"name": found.before.name, "hash": found.before.hash},
        "after": {"name": found.after.name, "hash": found.after.hash},
        "counts": found.counts,
        "images": [
            dict(zip(_COLUMNS, _row(kind, one), strict=True)) for kind, one in images
        ],
    }
    json.dump(plain, sys.stdout, ensure_ascii=False, indent=2)
    print()
