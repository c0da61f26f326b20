"""`<class>/*` or `train|validation|test/<class>/*`: folders tell what they hold."""

from collections import defaultdict
from collections.abc import Iterator

from carclf.datasets import names
from carclf.datasets.layouts.account import Account, Kind, Record, Trouble, divide
from carclf.datasets.layouts.reading import Reading
from carclf.datasets.layouts.tree import Tree, is_image, may_be_image, shown

ADVICE = (
    "Make a folder for each class and put its photographs inside, or lay a labels.csv "
    "beside them with the columns class and img_name."
)


def recognise(tree: Tree, reading: Reading) -> bool:
    return bool(tree.images)


def has_classes(tree: Tree) -> bool:
    """Say whether folders may be classes: two of them hold images."""
    images = (file.rpartition("/")[0] for file in tree.images)
    return len({folder for folder in images if folder}) > 1


def read(tree: Tree, reading: Reading) -> Account:
    """Return the files with the classes, and splits, that their folders name."""
    base = _base(tree, 1 if reading.first_level == "split" else 0)
    first = _first_folders(tree, base)
    has_splits = reading.first_level == "split" or (
        reading.first_level is None
        and any(
            names.split_of(name) and has_folders for name, has_folders in first.items()
        )
    )
    if not first and bool(tree.images):
        return Account(
            "one folder a class",
            problem=f"{tree.root} holds images, and nothing says what they show. "
            f"{ADVICE}",
        )
    depth = base.count("/") + (2 if has_splits else 1)
    files = (file for file in tree.files if file.startswith(base))
    said = (_said_by(file, base, has_splits) for file in files)
    records, troubles = divide(one for one in said if one is not None)
    empty = _empty(tree, base, depth)
    return Account(_in_words(first, has_splits), records, (*empty, *troubles))


def _in_words(first: dict[str, bool], has_splits: bool) -> str:
    if not has_splits:
        return "one folder a class"
    named = [name for name in first if names.split_of(name)] or list(first)
    return f"one folder a class, in {' and '.join(map(shown, named))}"


def _base(tree: Tree, below: int) -> str:
    """Return where the data set begins, as a prefix: in the one folder that holds it.

    Archives wrap a folder around it, and some sets keep images beside other things.

    Args:
        below: How many folders the class folders lie below where it begins.
    """
    base = ""
    while True:
        folders = _folders_in(tree, base)
        inner = [one for one in folders if len(folders) == 1 or one.lower() == "images"]
        has_images = any(
            is_image(file) and "/" not in file.removeprefix(base)
            for file in tree.files
            if file.startswith(base)
        )
        if len(inner) != 1 or has_images or names.split_of(inner[0]):
            return base
        deeper = f"{base}{inner[0]}/"
        if not any(
            folder.startswith(deeper) and folder.count("/") >= deeper.count("/") + below
            for folder in tree.folders
        ):
            return base
        base = deeper


def _folders_in(tree: Tree, base: str) -> list[str]:
    inner = (one.removeprefix(base) for one in tree.folders if one.startswith(base))
    return [name for name in inner if name and "/" not in name]


def _first_folders(tree: Tree, base: str) -> dict[str, bool]:
    """Return the folders of the first level, each with whether it holds others."""
    holds: dict[str, bool] = defaultdict(bool)
    for folder in tree.folders:
        if folder.startswith(base):
            name, _, deeper = folder.removeprefix(base).partition("/")
            holds[name] |= bool(deeper)
    return holds


def _said_by(file: str, base: str, has_splits: bool) -> Record | Trouble | None:
    """Return what a file's folders say, or what is wrong with its place."""
    *folders, _ = file.removeprefix(base).split("/")
    wanted = 2 if has_splits else 1
    label = names.class_name(folders[wanted - 1]) if len(folders) >= wanted else ""
    if len(folders) == wanted and label and may_be_image(file):
        return Record(file, label, shown(folders[0]) if has_splits else "")
    if not is_image(file):
        is_in_class = len(folders) == wanted
        reason = "is no image by its name, so it was left out."
        return Trouble(shown(file), reason, Kind.OTHER) if is_in_class else None
    if len(folders) < wanted:
        reason = "lies outside every class folder."
        return Trouble(shown(file), reason, Kind.STRAY)
    if not label:
        reason = "lies in a folder whose name cannot be read, so it has no class."
        return Trouble(shown(file), reason, Kind.STRAY)
    reason = f"lies in a folder inside the class folder “{label}”."
    return Trouble(shown(file), reason, Kind.DEEPER)


def _empty(tree: Tree, base: str, depth: int) -> Iterator[Trouble]:
    filled = {file.rpartition("/")[0] for file in tree.files if may_be_image(file)}
    for folder in tree.folders:
        is_class = folder.startswith(base) and folder.count("/") == depth - 1
        if is_class and folder not in filled:
            yield Trouble(shown(folder), "is empty, so it is no class.", Kind.EMPTY)
