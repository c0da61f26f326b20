"""carclf predict: a trained network put to use."""

import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from carclf import images, recorded, store, words
from carclf.bundle import Bundle
from carclf.cli.console import print_table, ready, warn
from carclf.errors import BundleError, UnreadableImageError
from carclf.records import Prediction
from carclf.settings import Settings
from carclf.store import runs

RunName = Annotated[str, typer.Argument(help="A run's number or name.")]


def predict(
    run: RunName,
    files: Annotated[list[Path], typer.Argument(help="Photographs, or folders.")],
    as_csv: Annotated[
        Path | None, typer.Option("--csv", help="Write all top fives there.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what photographs show; exit code 1 if any of them cannot be read."""
    bundle = Bundle.load(_bundle_folder(ready(), run))
    answers: list[tuple[Path, Prediction]] = []
    unreadable = 0
    for path in _photographs(files):
        try:
            look = bundle.look(images.read_rgb(path))
        except UnreadableImageError as error:
            warn(str(error))
            unreadable += 1
            continue
        if look.prepared.warning:
            warn(f"{path.name}: {look.prepared.warning}")
        answers.append((path, look.prediction))
    _print_answers(answers, as_json)
    if as_csv:
        _write_csv(as_csv, answers)
    if unreadable:
        raise typer.Exit(1)


def _bundle_folder(settings: Settings, run: str) -> Path:
    with store.connect(settings.db_path) as db:
        found = runs.find(db, run)
    folder = settings.resolve(found.folder) / "bundle"
    if not folder.is_dir():
        raise BundleError(recorded.why_no_model(found))
    return folder


def _photographs(files: Sequence[Path]) -> list[Path]:
    """Return the files, with folders replaced by the files in them."""
    found: list[Path] = []
    for path in files:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        found += [one for one in inside if one == path or one.is_file()]
    return found


def _print_answers(answers: Sequence[tuple[Path, Prediction]], as_json: bool) -> None:
    if as_json:
        plain = [
            {
                "file": str(path),
                "top": [
                    {"class": label, "probability": share} for label, share in one.top
                ],
            }
            for path, one in answers
        ]
        json.dump(plain, sys.stdout, ensure_ascii=False, indent=2)
        print()
        return
    print_table(
        ["file", "class", "probability"],
        [[path, one.label, words.percent(one.probability, 1)] for path, one in answers],
    )


def _write_csv(path: Path, answers: Sequence[tuple[Path, Prediction]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "rank", "class", "probability"])
        for image, one in answers:
            for rank, (label, share) in enumerate(one.top, start=1):
                writer.writerow([image, rank, label, f"{share:.6f}"])
