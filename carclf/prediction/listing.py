"""Which photographs are to be predicted: those of a folder, or those of a table."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from carclf.datasets.layouts import table as tables
from carclf.datasets.layouts import tree
from carclf.errors import DatasetError
from carclf.records import Box


@dataclass(frozen=True)
class Photograph:
    """A file to predict.

    Attributes:
        name: As it is called in the results: for a person, and to find it again.
    """

    name: str
    path: Path
    box: Box | None = None


def of(sources: Iterable[Path]) -> list[Photograph]:
    """Return the photographs that files, folders and tables name, each once.

    A folder gives its pictures, in the order of their names; a CSV file the files of
    its lines, which lie beside it, with their boxes. What a person named one by one
    is taken as it is.

    Raises:
        DatasetError: A source does not exist, or names no photograph.
    """
    found: dict[str, Photograph] = {}
    for source in sources:
        if source.is_dir():
            named: Sequence[Photograph] = _in_folder(source)
        elif source.suffix.lower() == ".csv":
            named = _in_table(source)
        else:
            named = [_photograph(source)]
        for one in named:
            found.setdefault(one.name, one)
    return list(found.values())


def _in_folder(folder: Path) -> list[Photograph]:
    found = [_photograph(folder / one) for one in tree.walk(folder).images]
    if not found:
        raise DatasetError(
            f"{folder} holds no pictures. Give the folder that they lie in."
        )
    return sorted(found, key=lambda one: one.name)


def _in_table(table: Path) -> list[Photograph]:
    if not table.is_file():
        raise DatasetError(f"{table} does not exist. Check the path.")
    rows = tables.listed(table)
    if not rows:
        raise DatasetError(f"{table.name} has no line that names a photograph.")
    return [Photograph(file, table.parent / file, box) for file, box in rows]


def _photograph(path: Path) -> Photograph:
    # A name that is not UTF-8 could not be written into the table.
    return Photograph(os.fsencode(path).decode("utf-8", "replace"), path)
