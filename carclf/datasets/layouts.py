"""How a folder says what its images show: by a table, or by its folders' names."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from carclf.datasets import tables
from carclf.errors import DatasetError
from carclf.records import Box, Skipped, Split

_SUFFIXES = {
    *(".jpg", ".jpeg", ".jfif", ".png", ".gif", ".webp", ".bmp"),
    *(".tif", ".tiff", ".avif", ".ppm", ".pgm", ".mpo"),
}
# Left behind by other programs, some of them with copies of images inside.
_LITTER = {"__MACOSX", ".ipynb_checkpoints", ".git", ".thumbnails", ".cache", "@eaDir"}
_LITTER_FILES = {"thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Entry:
    """A file that should be an image, and what is said about it.

    Attributes:
        split: None where the source does not say.
    """

    path: Path
    label: str
    split: Split | None = None
    box: Box | None = None


@dataclass(frozen=True)
class Layout:
    """What a folder holds.

    Attributes:
        kind: How it says so, in words.
    """

    kind: str
    entries: tuple[Entry, ...]
    skipped: tuple[Skipped, ...]


def read(folder: Path) -> Layout:
    """Return the files of a data set with their classes; none is opened yet.

    Known are `train|validation|test/<class>/*`, `<class>/*`, and labels.csv beside
    the images, each also a folder deeper, as archives unpack.

    Raises:
        DatasetError: It is no folder, or holds no images of at least two classes.
    """
    layout = _recognised(_root(folder))
    labels = {entry.label for entry in layout.entries}
    if not labels:
        raise DatasetError(
            f"{folder} holds no images that could be used"
            f"{_first_reason(layout.skipped)}. {_ADVICE}"
        )
    if len(labels) == 1:
        raise DatasetError(
            f"{folder} holds one class only, “{labels.pop()}”; a classifier tells at "
            f"least two apart. {_ADVICE}"
        )
    return layout


_ADVICE = (
    "Make a folder for each class and put its photographs inside, or lay a labels.csv "
    "beside them with the columns class and img_name."
)


def _recognised(root: Path) -> Layout:
    table = tables.find(root)
    if table is not None:
        return _from_table(root, table)
    folders = _folders(root)
    splits = [
        one
        for one in folders
        if one.name.lower() in tables.SPLIT_NAMES and _folders(one)
    ]
    if splits:
        return _from_splits(root, splits)
    if not folders and any(_is_image(path) for path in _files(root)):
        raise DatasetError(
            f"{root} holds images, and nothing says what they show. {_ADVICE}"
        )
    entries, skipped = _from_classes(root, root, None)
    return Layout("one folder a class", tuple(entries), tuple(skipped))


def _root(folder: Path) -> Path:
    """Return where the data set begins: here, or in the one folder that holds it."""
    if not folder.is_dir():
        trouble = "is a file, not a folder" if folder.exists() else "does not exist"
        raise DatasetError(
            f"{folder} {trouble}. Give the folder that holds the photographs."
        )
    try:
        folders = _folders(folder)
    except OSError as error:
        raise DatasetError(
            f"{folder} cannot be read: {error.strerror}. Check its permissions."
        ) from error
    inner = [
        one for one in folders if len(folders) == 1 or one.name.lower() == "images"
    ]
    has_images = any(_is_image(path) for path in _files(folder))
    if len(inner) != 1 or has_images or tables.find(folder):
        return folder
    return _root(inner[0]) if _folders(inner[0]) or tables.find(inner[0]) else folder


def _from_splits(root: Path, splits: list[Path]) -> Layout:
    entries: list[Entry] = []
    skipped = [
        Skipped(_shown(other, root), "is none of train, validation and test.")
        for other in _folders(root)
        if other not in splits
    ]
    for folder in splits:
        split = tables.SPLIT_NAMES[folder.name.lower()]
        found, left_out = _from_classes(root, folder, split)
        entries += found
        skipped += left_out
    names = " and ".join(folder.name for folder in splits)
    return Layout(f"one folder a class, in {names}", tuple(entries), tuple(skipped))


def _from_classes(
    root: Path, folder: Path, split: Split | None
) -> tuple[list[Entry], list[Skipped]]:
    entries: list[Entry] = []
    skipped = [
        Skipped(_shown(stray, root), "lies outside every class folder.")
        for stray in _files(folder)
        if _is_image(stray)
    ]
    for class_folder in _folders(folder):
        label = tables.class_name(class_folder.name)
        files = list(_files(class_folder))
        if not label or not files:
            reason = "is empty" if label else "has no name that could be read"
            skipped.append(
                Skipped(_shown(class_folder, root), f"{reason}, so it is no class.")
            )
            continue
        entries += [Entry(path, label, split) for path in files]
        skipped += [
            Skipped(_shown(deeper, root), "is a folder inside a class folder.")
            for deeper in _folders(class_folder)
        ]
    return entries, skipped


def _from_table(root: Path, table: Path) -> Layout:
    rows, skipped = tables.read(table)
    below = list(_images_below(root))
    by_name: dict[str, list[Path]] = defaultdict(list)
    for path in below:
        by_name[path.name].append(path)
    entries: list[Entry] = []
    for row in rows:
        found = _at_its_place(root, row) or _by_name(row, by_name)
        if found is None:
            reason = f"stands in {table.name}, line {row.line}, and is missing."
            skipped.append(Skipped(row.file, reason))
        else:
            entries.append(Entry(found, row.label, row.split, row.box))
    listed = {entry.path for entry in entries}
    skipped += [
        Skipped(_shown(path, root), f"does not stand in {table.name}.")
        for path in below
        if path not in listed
    ]
    return Layout(f"a table, {table.name}", tuple(entries), tuple(skipped))


def _at_its_place(root: Path, row: tables.Row) -> Path | None:
    """Return the file a row means, where data sets keep it; never outside `root`."""
    for name in (row.file, row.file.replace("\\", "/")):
        for parts in (
            (name,),
            ("images", name),
            ("images", row.label, name),
            (row.label, name),
            (row.subset, name),
            (row.subset, row.label, name),
        ):
            path = Path(os.path.normpath(root.joinpath(*parts)))
            if path.is_relative_to(root) and _is_file(path):
                return path
    return None


def _by_name(row: tables.Row, by_name: dict[str, list[Path]]) -> Path | None:
    """Return the only file of that name, or the one in a folder much like the class.

    A class such as “Ram C/V” cannot lend its folder its name as it is.
    """
    found = by_name.get(re.split(r"[/\\]", row.file)[-1], [])
    if len(found) > 1:
        found = [
            path for path in found if _letters(path.parent.name) == _letters(row.label)
        ]
    return found[0] if len(found) == 1 else None


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _folders(folder: Path) -> list[Path]:
    """Return the folders inside that may matter, in order of name."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_dir()
        and path.name not in _LITTER
        and (not path.name.startswith(".") or any(map(_is_image, path.iterdir())))
    )


def _files(folder: Path) -> Iterator[Path]:
    """Yield what lies directly inside and is no folder, in order of name."""
    for path in sorted(folder.iterdir()):
        if not path.is_dir() and not _is_litter(path):
            yield path


def _images_below(folder: Path) -> Iterable[Path]:
    for path in _files(folder):
        if _is_image(path):
            yield path
    for inner in _folders(folder):
        yield from _images_below(inner)


def _is_litter(path: Path) -> bool:
    return path.name.startswith(".") or path.name.lower() in _LITTER_FILES


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in _SUFFIXES and not _is_litter(path)


def _shown(path: Path, root: Path) -> str:
    return os.fsencode(path.relative_to(root)).decode("utf-8", "replace")


def _first_reason(skipped: tuple[Skipped, ...]) -> str:
    return f" ({skipped[0].path} {skipped[0].reason.rstrip('.')})" if skipped else ""
