"""A CSV beside the images: a line for each says what it shows."""

import csv
import io
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from carclf.datasets import boxes, names
from carclf.datasets.layouts import files
from carclf.datasets.layouts.account import Account, Kind, Record, Trouble, divide
from carclf.datasets.layouts.placing import Placing
from carclf.datasets.layouts.reading import Reading, Role
from carclf.datasets.layouts.tree import Tree, shown
from carclf.errors import DatasetError
from carclf.records import Box

# Spellings met in published data sets, each for one column.
_SPELLINGS: dict[Role, tuple[str, ...]] = {
    "class": (
        *("class", "label", "class_name", "classname", "category", "make_model"),
        *("make_model_year", "model", "labels", "target", "vehicle", "car", "car_name"),
    ),
    "file": (
        *("img_name", "image_name", "file_name", "filename", "file", "image", "img"),
        *("path", "image_path", "img_path", "file_path", "filepath", "fname"),
        *("relative_im_path", "image_id", "images"),
    ),
    "split": ("subset", "split", "set", "partition", "data_set", "dataset"),
    "left": ("x1", "xmin", "x_min", "left", "bbox_x1", "x", "bbox_x"),
    "top": ("y1", "ymin", "y_min", "top", "bbox_y1", "y", "bbox_y"),
    "right": ("x2", "xmax", "x_max", "right", "bbox_x2"),
    "bottom": ("y2", "ymax", "y_max", "bottom", "bbox_y2"),
    "width": ("width", "w", "bbox_width", "box_width", "bbox_w"),
    "height": ("height", "h", "bbox_height", "box_height", "bbox_h"),
}
_EDGES: tuple[Role, ...] = ("left", "top", "right", "bottom")
_SIZED: tuple[Role, ...] = ("left", "top", "width", "height")
_NO_EDGES: tuple[Role, ...] = ("class", "file", "split")
_TABLES = (".csv", ".tsv")
_MOST_TABLES = 50
LONGEST_LINE = 100_000
MOST_BYTES = 500_000_000


@dataclass(frozen=True)
class _Table:
    """A table as it was read.

    Attributes:
        lines: (line number, cells), without the header.
        at: By role, the position of its column.
        box: The four columns that make a box; empty if there are none.
        subset: The split of all lines, where each split has a table of its own.
    """

    file: str
    columns: tuple[str, ...]
    lines: list[tuple[int, list[str]]]
    at: dict[Role, int]
    box: tuple[Role, ...]
    subset: str


def recognise(tree: Tree, reading: Reading) -> bool:
    """Say whether there is a table whose first line names a class and a file."""
    tables = _tables(tree)
    return any(map(_is_named_so, tables)) or bool(_fitting(tree, tables, reading))


def offers_one(tree: Tree, reading: Reading) -> bool:
    """Say whether there is a table at all, for a person to say what its columns are."""
    return bool(_tables(tree)) and bool(tree.images)


def read(tree: Tree, reading: Reading) -> Account:
    """Return what the lines of the table, or of one table a split, say.

    Raises:
        DatasetError: A table cannot be read as one.
    """
    tables = _tables(tree)
    chosen, doubt = _choose(tree, tables, reading)
    words = f"a table, {' and '.join(map(shown, chosen))}" if chosen else "a table"
    if doubt:
        return Account(words, problem=doubt, files=tuple(tables))
    is_a_split_each = len(chosen) > 1
    opened = [_open(tree, file, reading, is_a_split_each) for file in chosen]
    unfit = next((one for one in opened if not {"class", "file"} <= {*one.at}), None)
    placing = Placing(tree)
    said = [] if unfit else [one for table in opened for one in _say(table, placing)]
    records, troubles = divide(said)
    unnamed = () if unfit else placing.unnamed(" and ".join(map(shown, chosen)))
    first = opened[0]
    return Account(
        words,
        records,
        (*_unknown(first, reading), *troubles, *unnamed),
        problem=_no_column(unfit) if unfit else "",
        files=tuple(tables),
        columns=first.columns,
        mapping={role: first.columns[first.at[role]] for role in _used(first)},
    )


def listed(table: Path) -> list[tuple[str, Box | None]]:
    """Return the files that a table names, as written, with their boxes where known.

    Raises:
        DatasetError: It cannot be read as a table, or has no column for the file.
    """
    (_, header), *lines = _lines(table) or [(1, [])]
    at = _positions(header, Reading())
    if "file" not in at:
        raise DatasetError(
            f"{table.name} has no column for the file name. Its first line must name "
            "the columns, at least file, as in “file,x1,y1,x2,y2”."
        )
    sides = _box_of(at, Reading())
    found = []
    for _, cells in lines:
        values = _values(at, cells)
        if values["file"]:
            box, _ = _box([values[one] for one in sides], "width" in sides)
            found.append((values["file"], box))
    return found


def labelled(table: Path) -> list[tuple[int, dict[str, str]]]:
    """Return (line number, cells) by column, class and file under these very names.

    Raises:
        DatasetError: It cannot be read as a table, or lacks one of those columns.
    """
    (_, header), *lines = _lines(table) or [(1, [])]
    at = _positions(header, Reading())
    missing = next((one for one in ("class", "file") if one not in at), None)
    if missing is not None:
        raise DatasetError(
            f"{table.name} has no column for the "
            f"{'file name' if missing == 'file' else missing}. Its first line must "
            "name the columns, at least two, as in “class,img_name”."
        )
    columns = {cell.strip().lower(): place for place, cell in enumerate(header)}
    every = {**columns, "class": at["class"], "file": at["file"]}
    return [
        (
            number,
            {
                name: cells[place].strip() if place < len(cells) else ""
                for name, place in every.items()
            },
        )
        for number, cells in lines
        if any(cells)
    ]


def _tables(tree: Tree) -> list[str]:
    return tree.ending(*_TABLES)[:_MOST_TABLES]


def _choose(
    tree: Tree, tables: Sequence[str], reading: Reading
) -> tuple[list[str], str]:
    """Return the tables to read, or why a person has to choose."""
    if reading.file:
        if reading.file in tree.files:
            return [reading.file], ""
        return [], f"{tree.root} holds no {reading.file}. Choose another table."
    named = [table for table in tables if _is_named_so(table)][:1]
    fitting = named or _fitting(tree, tables, reading)
    subsets = {names.split_of(names.subset_in(table)) for table in fitting} - {None}
    if len(fitting) <= 1 or len(subsets) == len(fitting):
        chosen = fitting or list(tables[:1])
        nothing = f"{tree.root} holds no table: no file there ends in .csv or .tsv."
        return chosen, "" if chosen else nothing
    several = " and ".join(map(shown, fitting[:5]))
    return [], (
        f"Several tables could say what the images show: {several}. Choose one of them."
    )


def _is_named_so(table: str) -> bool:
    return posixpath.basename(table).lower() == "labels.csv"


def _fitting(tree: Tree, tables: Sequence[str], reading: Reading) -> list[str]:
    """Return the tables whose first line names a class and a file."""
    fitting = []
    for file in tables:
        try:
            header = _first_line(tree.root / file)
        except DatasetError:
            continue
        if {"class", "file"} <= set(_positions(header, reading)):
            fitting.append(file)
    return fitting


def _open(tree: Tree, file: str, reading: Reading, is_a_split_each: bool) -> _Table:
    lines = _lines(tree.root / file)
    header = lines[0][1] if lines else []
    if not reading.has_header:
        header = [f"column {number + 1}" for number in range(len(header))]
    at = _positions(header, reading)
    return _Table(
        file,
        tuple(cell.strip() for cell in header),
        lines[1:] if reading.has_header else lines,
        at,
        _box_of(at, reading),
        names.subset_in(file) if is_a_split_each else "",
    )


def _positions(header: Sequence[str], reading: Reading) -> dict[Role, int]:
    """Return where each column stands: as a person says, or else by its spelling."""
    spelt = [
        "_".join(cell.lower().replace("-", " ").replace("_", " ").split())
        for cell in header
    ]
    written = [cell.strip() for cell in header]
    found: dict[Role, int] = {}
    for role, spellings in _SPELLINGS.items():
        wanted = reading.columns.get(role)
        if wanted in written:
            found[role] = written.index(wanted)
        elif wanted is None:
            at = next((spelt.index(one) for one in spellings if one in spelt), None)
            if at is not None:
                found[role] = at
    return found


def _box_of(at: dict[Role, int], reading: Reading) -> tuple[Role, ...]:
    """Return the four columns that make a box; none where one of them is missing."""
    # Beside four edges, a width is the image's, unless a person says otherwise.
    is_asked = reading.columns.get("width") or reading.columns.get("height")
    ways = (_SIZED, _EDGES) if is_asked else (_EDGES, _SIZED)
    return next((way for way in ways if {*way} <= {*at}), ())


def _used(table: _Table) -> list[Role]:
    """Return what is read of a table; a box's edges, where only some are there, too."""
    return [
        role
        for role in table.at
        if role in table.box or not table.box or role in _NO_EDGES
    ]


def _unknown(table: _Table, reading: Reading) -> Iterator[Trouble]:
    """Yield the columns that a person named, and that the table does not have."""
    for role, column in reading.columns.items():
        if column and column not in table.columns:
            reason = f"has no column “{column}”, which is said to hold the {role}."
            yield Trouble(shown(table.file), reason, Kind.NOTE)


def _no_column(table: _Table) -> str:
    missing = "file name" if "class" in table.at else "class"
    told = ", ".join(f"“{one}”" for one in table.columns[:12]) or "none"
    return (
        f"{shown(table.file)} has no column for the {missing} that could be told by "
        f"its name. Its columns are: {told}. Say which one it is, or name the columns "
        "in its first line, as in “class,img_name,subset,x1,y1,x2,y2”."
    )


def _say(table: _Table, placing: Placing) -> Iterator[Record | Trouble]:
    """Yield what each line says, and what is wrong."""
    name = shown(table.file)
    edges = [table.columns[table.at[one]] for one in _EDGES if one in table.at]
    if edges and not table.box:
        reason = (
            f"has columns for {', '.join(edges)}, and not all four edges of a box, so "
            "no box is read."
        )
        yield Trouble(name, reason, Kind.NOTE)
    for line, cells in table.lines:
        values = _values(table.at, cells)
        if any(values.values()):
            yield from _say_one(table, placing, f"{name}, line {line}", values)


def _values(columns: dict[Role, int], cells: Sequence[str]) -> dict[Role, str]:
    """Return what a line has in each column; nothing where it ends before."""
    return {
        role: cells[at].strip() if at < len(cells) else ""
        for role, at in columns.items()
    }


def _say_one(
    table: _Table, placing: Placing, where: str, values: dict[Role, str]
) -> Iterator[Record | Trouble]:
    """Yield what one line says, and what is wrong; of a bad box, the rest is used."""
    label, file = names.class_name(values["class"]), values["file"]
    if not label or not file:
        reason = f"names no {'file' if label else 'class'}, so it was left out."
        yield Trouble(where, reason, Kind.RECORD)
        return
    split = values.get("split") or table.subset
    folder = posixpath.dirname(table.file)
    places = ("", "images", f"images/{label}", label, split, f"{split}/{label}")
    near = [posixpath.join(folder, place) for place in places]
    found = placing.place(file, near, where, label, split)
    if isinstance(found, Trouble):
        yield found
        return
    box, trouble = _box([values[one] for one in table.box], "width" in table.box)
    if trouble:
        yield Trouble(where, trouble, Kind.BOX)
    yield Record(found, label, split, box)


def _box(edges: Sequence[str], is_sized: bool) -> tuple[Box | None, str]:
    if not any(edges):
        return None, ""
    box = boxes.parse_size(edges) if is_sized else boxes.parse(edges)
    if box is not None:
        return box, ""
    return None, (
        f"gives the box {', '.join(edges)}, which is none; its image is used without a "
        "box."
    )


def _lines(table: Path) -> list[tuple[int, list[str]]]:
    """Return (line number, cells) of every line of the table."""
    return list(_parsed(table.name, files.read_text(table, MOST_BYTES)))


def _first_line(table: Path) -> list[str]:
    """Return the cells of the first line, reading little of a large table."""
    text = files.read_head(table, LONGEST_LINE)
    return next((cells for _, cells in _parsed(table.name, text)), [])


def _parsed(name: str, text: str) -> Iterator[tuple[int, list[str]]]:
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    # Opened so, only line breaks break lines, and those within quotes stay.
    reader = csv.reader(_short(name, text), delimiter=separator)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise _no_table(name, str(error)) from error


def _short(name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        if len(line) > LONGEST_LINE:
            raise _no_table(
                name, f"line {number} is longer than {LONGEST_LINE:,} letters"
            )
        yield line


def _no_table(name: str, trouble: str) -> DatasetError:
    return DatasetError(
        f"{name} cannot be read as a table: {trouble}. Open it in a spreadsheet and "
        "save it as “CSV UTF-8”."
    )
