"""labels.csv: what each image shows, in a table rather than in folder names."""

import csv
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from carclf.errors import DatasetError
from carclf.records import Box, Skipped, Split

SPLIT_NAMES: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "valid": "validation",
    "validation": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
# Spellings met in published data sets, each for one column.
_SPELLINGS = {
    "label": ("class", "label", "class_name", "classname", "category"),
    "file": (
        *("img_name", "image_name", "file_name", "filename", "file", "image", "img"),
        *("path", "image_path", "img_path", "fname"),
    ),
    "split": ("subset", "split", "set", "partition"),
    "left": ("x1", "xmin", "x_min", "left", "bbox_x1"),
    "top": ("y1", "ymin", "y_min", "top", "bbox_y1"),
    "right": ("x2", "xmax", "x_max", "right", "bbox_x2"),
    "bottom": ("y2", "ymax", "y_max", "bottom", "bbox_y2"),
}
_EDGES = ("left", "top", "right", "bottom")


@dataclass(frozen=True)
class Row:
    """What one line says of one image.

    Attributes:
        line: Counted from 1, the header included.
        file: As written, relative to some folder of the data set.
        subset: As written; `split` is what it means.
    """

    line: int
    file: str
    label: str
    subset: str
    split: Split | None
    box: Box | None


def find(folder: Path) -> Path | None:
    """Return the table of a data set: labels.csv, or the only CSV with its columns."""
    tables = sorted(path for path in folder.glob("*.[cC][sS][vV]") if path.is_file())
    for table in tables:
        if table.name.lower() == "labels.csv":
            return table
    fitting = [table for table in tables if {"label", "file"} <= set(_columns(table))]
    return fitting[0] if len(fitting) == 1 else None


def read(table: Path) -> tuple[list[Row], list[Skipped]]:
    """Return the rows of a table in order, and the lines that say nothing usable.

    Raises:
        DatasetError: It is not UTF-8, not CSV, or lacks the class or file column.
    """
    columns = _columns(table)
    if not {"label", "file"} <= set(columns):
        missing = "file name" if "label" in columns else "class"
        raise DatasetError(
            f"{table.name} has no column for the {missing}. Its first line must name "
            "the columns, at least class and img_name, as in "
            "“class,img_name,subset,x1,y1,x2,y2”."
        )
    rows: list[Row] = []
    skipped: list[Skipped] = []
    for line, cells in _lines(table)[1:]:
        values = {
            name: cells[at].strip() if at < len(cells) else ""
            for name, at in columns.items()
        }
        row, trouble = _row(line, values)
        if row is not None:
            rows.append(row)
        if trouble is not None:
            skipped.append(Skipped(f"{table.name}, line {line}", trouble))
    return rows, skipped


def class_name(written: str) -> str:
    """Return a class name as it is kept: one line, one way of writing accents.

    macOS takes accents apart in folder names where a CSV keeps them whole.
    """
    text = written.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    plain = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter
        for letter in unicodedata.normalize("NFC", text)
    )
    return plain.strip()


def _row(line: int, values: dict[str, str]) -> tuple[Row | None, str | None]:
    """Return what a line says, and what is wrong; of a bad box, the rest is used."""
    label, file = class_name(values["label"]), values["file"]
    subset = values.get("split", "")
    if not any(values.values()):
        return None, None
    if not label or not file:
        return None, f"names no {'file' if label else 'class'}, so it was left out."
    split = SPLIT_NAMES.get(subset.lower())
    if subset and split is None:
        return None, (
            f"gives the subset “{subset}”, which is none of train, validation and "
            "test, so it was left out."
        )
    box, trouble = _box([values.get(edge, "") for edge in _EDGES])
    return Row(line, file, label, subset, split, box), trouble


def _box(edges: list[str]) -> tuple[Box | None, str | None]:
    if not any(edges):
        return None, None
    try:
        left, top, right, bottom = (round(float(edge)) for edge in edges)
    except (ValueError, OverflowError):
        left = top = right = bottom = 0
    if left < 0 or top < 0 or right <= left or bottom <= top:
        return None, (
            f"gives the box {', '.join(edges)}, which is none; its image is used "
            "without a box."
        )
    return Box(left, top, right, bottom), None


def _columns(table: Path) -> dict[str, int]:
    """Return the position of each known column that the first line names."""
    lines = _lines(table)
    header = lines[0][1] if lines else []
    names = [
        cell.strip().lower().replace(" ", "_").replace("-", "_") for cell in header
    ]
    found = {}
    for column, spellings in _SPELLINGS.items():
        at = next((names.index(name) for name in spellings if name in names), None)
        if at is not None:
            found[column] = at
    return found


def _lines(table: Path) -> list[tuple[int, list[str]]]:
    """Return (line number, cells) of every line of the table."""
    try:
        text = table.read_text(encoding="utf-8-sig")
        first = text.split("\n", 1)[0]
        separator = max(",;\t", key=first.count)
        reader = csv.reader(text.splitlines(keepends=True), delimiter=separator)
        return [(reader.line_num, cells) for cells in reader]
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{table.name} is not UTF-8 text. Save it again as “CSV UTF-8”."
        ) from error
    except (csv.Error, OSError) as error:
        raise DatasetError(
            f"{table.name} cannot be read as a table: {error}. Open it in a "
            "spreadsheet and save it as “CSV UTF-8”."
        ) from error
