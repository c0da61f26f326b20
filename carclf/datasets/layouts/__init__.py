"""How a folder says what its images show: recognised by looking, or as one is told.

A layout is one module with `recognise(tree, reading)` and `read(tree, reading)`, and
one line here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from carclf.datasets.layouts import class_folders, coco, devkit, table, voc
from carclf.datasets.layouts.account import Account, Kind, Trouble
from carclf.datasets.layouts.reading import LayoutName, Reading
from carclf.datasets.layouts.settle import Entry, settle
from carclf.datasets.layouts.tree import Tree, shown, walk
from carclf.errors import DatasetError
from carclf.records import Skipped

__all__ = [
    "LAYOUTS",
    "Account",
    "Contents",
    "Entry",
    "Kind",
    "Layout",
    "Reading",
    "Tree",
    "Trouble",
    "account_of",
    "closed",
    "read",
    "recognised",
    "refusal",
]

_Recognise = Callable[[Tree, Reading], bool]


@dataclass(frozen=True)
class Layout:
    """One way of saying what images show.

    Attributes:
        words: For people to choose it by.
    """

    words: str
    recognise: _Recognise
    read: Callable[[Tree, Reading], Account]


# In the order in which they are tried: what says most comes first.
LAYOUTS: dict[LayoutName, Layout] = {
    "table": Layout("A table (CSV)", table.recognise, table.read),
    "devkit": Layout("Stanford Cars devkit", devkit.recognise, devkit.read),
    "coco": Layout("COCO", coco.recognise, coco.read),
    "voc": Layout("Pascal VOC", voc.recognise, voc.read),
    "folders": Layout("Class folders", class_folders.recognise, class_folders.read),
}


@dataclass(frozen=True)
class Contents:
    """What a folder holds.

    Attributes:
        kind: How it says so, in words.
        entries: One an image.
    """

    kind: str
    entries: tuple[Entry, ...]
    skipped: tuple[Skipped, ...]


def read(folder: Path, reading: Reading | None = None) -> Contents:
    """Return the files of a data set with their classes; no image is opened yet.

    Raises:
        DatasetError: It is no folder, or holds no images of at least two classes.
    """
    reading = reading or Reading()
    tree = walk(folder)
    _, account = account_of(tree, reading)
    entries, troubles = settle(folder, account.records, reading)
    problem = account.problem or refusal(folder, account, entries, troubles)
    if problem:
        raise DatasetError(problem)
    return Contents(
        account.words, tuple(entries), (*closed(tree), *account.troubles, *troubles)
    )


def account_of(tree: Tree, reading: Reading) -> tuple[LayoutName, Account]:
    """Return the layout chosen or recognised, and what it makes of the folder.

    Raises:
        DatasetError: A file that describes the images is damaged.
    """
    name = reading.layout or recognised(tree, reading)
    return name, LAYOUTS[name].read(tree, reading)


def recognised(tree: Tree, reading: Reading) -> LayoutName:
    """Return the layout that a folder seems to have."""
    if reading.file:
        return "coco" if reading.file.lower().endswith(".json") else "table"
    found = [name for name, one in LAYOUTS.items() if one.recognise(tree, reading)]
    # Images in one heap beside a table: its columns only bear other names.
    is_heap = found in ([], ["folders"]) and not class_folders.has_classes(tree)
    return (
        "table"
        if is_heap and table.offers_one(tree, reading)
        else [*found, "folders"][0]
    )


def refusal(
    folder: Path, account: Account, entries: list[Entry], troubles: list[Trouble]
) -> str:
    """Return why what is left is no data set; empty if it is one."""
    labels = {entry.label for entry in entries}
    if len(labels) >= 2:
        return ""
    if labels:
        return (
            f"{folder} holds one class only, “{labels.pop()}”; a classifier tells at "
            f"least two apart. {class_folders.ADVICE}"
        )
    first = next(iter([*account.troubles, *troubles]), None)
    why = f" ({first.path} {first.reason.rstrip('.')})" if first else ""
    return f"{folder} holds no images that could be used{why}. {class_folders.ADVICE}"


def closed(tree: Tree) -> list[Trouble]:
    """Return the folders that could not be looked into."""
    reason = "may not be read. Check the permissions of that folder."
    return [Trouble(shown(folder), reason, Kind.CLOSED) for folder in tree.closed]
