"""The labels of a version as a CSV table, out and in again."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carclf import store, words
from carclf.datasets import names, relabelling
from carclf.datasets.layouts import table
from carclf.errors import DatasetError
from carclf.records import Batch, Example
from carclf.settings import Settings
from carclf.store import Database, boxes, labels, versions

# As the course's table, so that it imports as a data set too; then who said so.
COLUMNS = (
    *("class", "img_name", "subset", "x1", "y1", "x2", "y2"),
    *("dropped", "frozen_class", "source", "labelled_at", "sha256"),
)
_SHOWN = 8


@dataclass(frozen=True)
class Report:
    """What became of an imported table.

    Attributes:
        batch: None where the table says nothing new.
        same: Lines that say what is said already.
        unknown_images: Files that the version does not hold, as the table names them.
        new_classes: With their number of lines; labelled so only where that was asked.
        troubles: Lines that say nothing, with the reason.
    """

    batch: Batch | None
    same: int
    unknown_images: tuple[str, ...]
    new_classes: dict[str, int]
    troubles: tuple[str, ...]


def rows(settings: Settings, version_id: int) -> Iterator[tuple[Any, ...]]:
    """Yield a line for each image of a version: its label as it is now."""
    with store.connect(settings.db_path) as db:
        examples = boxes.drawn(db, versions.examples(db, version_id))
        for one in examples:
            now = labels.current(db, one.image_id)
            box = one.box
            yield (
                (now.name or "") if now else one.label,
                one.file_name,
                one.split,
                *((box.left, box.top, box.right, box.bottom) if box else ("",) * 4),
                "yes" if now and now.is_dropped else "",
                one.label,
                now.source if now else "",
                now.at if now else "",
                one.sha256,
            )


def write(settings: Settings, version_id: int, path: Path) -> int:
    """Write the labels of a version to a CSV file; return how many.

    Raises:
        DatasetError: The file cannot be written.
    """
    count = 0
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for row in rows(settings, version_id):
                writer.writerow(row)
                count += 1
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be written: {error.strerror}. Make its folder first, or "
            "name a file where you may write."
        ) from error
    return count


def read(
    settings: Settings, version_id: int, path: Path, *, may_add_classes: bool = False
) -> Report:
    """Label the images of a version as a table says, as one batch.

    Images are found by content where the table tells it, else by their file's name. An
    empty class means “not a vehicle”. Spelling and order of columns are free, as where
    a data set is imported.

    Args:
        may_add_classes: Label with classes that the version does not have, too.

    Raises:
        DatasetError: It is no table, or has no columns for class and file.
    """
    lines = table.labelled(path)
    with store.connect(settings.db_path) as db, db.atomic():
        reader = _Reader(db, version_id, may_add_classes)
        for number, cells in lines:
            reader.take(number, cells)
        fresh = relabelling.new_of(db, reader.said)
        batch = (
            relabelling.record_many(db, f"as in {path.name}", fresh) if fresh else None
        )
    return Report(
        batch,
        len(reader.said) - len(fresh),
        tuple(reader.unknown),
        dict(reader.new_classes),
        tuple(reader.troubles),
    )


class _Reader:
    """What the lines of a table say of the images of a version."""

    def __init__(self, db: Database, version_id: int, may_add_classes: bool) -> None:
        self._may_add_classes = may_add_classes
        known = relabelling.classes(db, version_id)
        self._known = {name.casefold(): name for name in known}
        examples = versions.examples(db, version_id)
        self._by_content = {one.sha256: one.image_id for one in examples}
        self._by_name: dict[str, list[Example]] = {}
        for one in examples:
            self._by_name.setdefault(one.file_name, []).append(one)
        self.said: relabelling.Saying = {}
        self.unknown: list[str] = []
        self.new_classes: Counter[str] = Counter()
        self.troubles: list[str] = []

    def take(self, number: int, cells: dict[str, str]) -> None:
        """Take in what a line says, or why it says nothing."""
        found = self._images(cells)
        if not found:
            self.unknown.append(cells["file"] or f"line {number}")
            return
        if len(found) > 1:
            self.troubles.append(
                f"Line {number}: {len(found)} images are called {cells['file']}, so "
                "it is not clear which is meant. Add a column sha256."
            )
            return
        written = names.class_name(cells["class"])
        if len(written) > relabelling.LONGEST_NAME:
            self.troubles.append(
                f"Line {number}: a class name has {relabelling.LONGEST_NAME} "
                f"characters at most, and this one has {len(written)}."
            )
            return
        meant = self._known.get(written.casefold(), written) or None
        if meant is not None and meant.casefold() not in self._known:
            self.new_classes[meant] += 1
            if not self._may_add_classes:
                return
        is_dropped = cells.get("dropped", "").casefold() in ("yes", "true", "1")
        self.said[found[0]] = (meant, is_dropped)

    def _images(self, cells: dict[str, str]) -> list[int]:
        """Return the images that a line may mean."""
        content = cells.get("sha256", "").lower()
        if content:
            return [self._by_content[content]] if content in self._by_content else []
        # A table may name the file with the folders that it lay in.
        name = cells["file"].replace("\\", "/").rpartition("/")[2]
        return [one.image_id for one in self._by_name.get(name, ())]


def in_words(report: Report) -> list[str]:
    """Return what became of an imported table, a sentence each."""
    done = report.batch.events if report.batch else 0
    told = [
        f"{words.count(done, 'label')} changed, {report.same:,} said the same before."
    ]
    if report.unknown_images:
        count = words.count(len(report.unknown_images), "line")
        told.append(
            f"{count} of images that are not in this version: "
            f"{_some(report.unknown_images)}."
        )
    if report.new_classes:
        sized = [f"“{name}” ({n})" for name, n in sorted(report.new_classes.items())]
        told.append(f"Classes that this version does not have: {_some(sized)}.")
    return [*told, *report.troubles[:_SHOWN]]


def _some(told: Sequence[str]) -> str:
    rest = f" and {len(told) - _SHOWN:,} more" if len(told) > _SHOWN else ""
    return ", ".join(told[:_SHOWN]) + rest
