"""COCO's JSON: categories, images, and annotations with a box each."""

import json
import posixpath
from collections.abc import Iterator, Sequence
from typing import Any

from carclf.datasets import boxes, names
from carclf.datasets.layouts import files
from carclf.datasets.layouts.account import Account, Kind, Record, Trouble, divide
from carclf.datasets.layouts.placing import Placing
from carclf.datasets.layouts.reading import Reading
from carclf.datasets.layouts.tree import Tree, shown
from carclf.errors import DatasetError

MOST_BYTES = 1_000_000_000
_PARTS = ("categories", "images", "annotations")
# One JSON an image is another program's way, and reading all of them takes long.
_MOST_FILES = 20


def recognise(tree: Tree, reading: Reading) -> bool:
    return bool(_files(tree))


def read(tree: Tree, reading: Reading) -> Account:
    """Return what the annotations say; of several files, each is a split.

    Raises:
        DatasetError: A file is damaged, or is no COCO file.
    """
    every = _files(tree)
    found = [file for file in every if file == reading.file] or every
    if not found:
        raise DatasetError(
            f"{tree.root} holds no COCO file: no .json there has categories, images "
            "and annotations. Choose another layout."
        )
    placing = Placing(tree)
    said = [one for file in found for one in _say(tree, file, placing)]
    words = f"COCO, {' and '.join(map(shown, found))}"
    records, troubles = divide(said)
    unnamed = placing.unnamed(words.removeprefix("COCO, "))
    return Account(words, records, (*troubles, *unnamed), files=tuple(every))


def _files(tree: Tree) -> list[str]:
    """Return the JSON files that speak of what a COCO file has."""
    candidates = tree.ending(".json")
    if len(candidates) > _MOST_FILES:
        candidates = [one for one in candidates if one.lower().endswith("coco.json")]
    return [file for file in candidates if _speaks_of_parts(tree, file)]


def _speaks_of_parts(tree: Tree, file: str) -> bool:
    try:
        data = files.read_bytes(tree.root / file, MOST_BYTES)
    except DatasetError:
        return False
    return all(f'"{part}"'.encode() in data for part in ("images", "annotations"))


def _load(tree: Tree, file: str) -> dict[str, list[Any]]:
    text = files.read_text(tree.root / file, MOST_BYTES)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" at line {error.lineno}" if hasattr(error, "lineno") else ""
        raise DatasetError(
            f"{shown(file)} is not valid JSON{where}. Export it again; it may have "
            "been cut short."
        ) from error
    lists = content if isinstance(content, dict) else {}
    missing = [part for part in _PARTS if not isinstance(lists.get(part), list)]
    if missing:
        raise DatasetError(
            f"{shown(file)} has no list of {' or '.join(missing)}, and a COCO file has "
            f"all of {', '.join(_PARTS)}. Export it again, or choose another layout."
        )
    return lists


def _say(tree: Tree, file: str, placing: Placing) -> Iterator[Record | Trouble]:
    """Yield what each annotation says, and what is wrong."""
    content = _load(tree, file)
    classes = {
        _key(one, "id"): names.class_name(str(one.get("name") or ""))
        for one in content["categories"]
        if isinstance(one, dict)
    }
    found, troubles = _placed(file, content["images"], placing)
    yield from troubles
    annotated = set()
    for number, annotation in enumerate(content["annotations"], start=1):
        where = f"{shown(file)}, annotation {number}"
        image_id = _key(annotation, "image_id")
        label = classes.get(_key(annotation, "category_id"))
        if not label or image_id not in found:
            lacking = "class" if image_id in found else "image"
            reason = f"names no {lacking} of the file, so it was left out."
            yield Trouble(where, reason, Kind.RECORD)
            continue
        annotated.add(image_id)
        image = found[image_id]
        if image is not None:
            yield from _annotated(where, image, label, file, annotation)
    for image_id, image in found.items():
        if image is not None and image_id not in annotated:
            reason = f"has no annotation in {shown(file)}."
            yield Trouble(shown(image), reason, Kind.UNNAMED)


def _placed(
    file: str, named: list[Any], placing: Placing
) -> tuple[dict[Any, str | None], list[Trouble]]:
    """Return by id the images that are named, None for one that is not there."""
    found: dict[Any, str | None] = {}
    troubles = []
    subset = names.subset_in(file)
    near = _near(file, subset)
    for number, image in enumerate(named, start=1):
        where = f"{shown(file)}, image {number}"
        name, image_id = _key(image, "file_name"), _key(image, "id")
        if name is None or image_id is None:
            reason = "lacks its file_name or its id, so it was left out."
            troubles.append(Trouble(where, reason, Kind.RECORD))
            continue
        placed = placing.place(str(name), near, where, subset=subset)
        if isinstance(placed, Trouble):
            troubles.append(placed)
        found[image_id] = placed if isinstance(placed, str) else None
    return found, troubles


def _annotated(
    where: str, image: str, label: str, file: str, annotation: dict[str, Any]
) -> Iterator[Record | Trouble]:
    given = annotation.get("bbox")
    box = boxes.parse_size(given) if isinstance(given, list) else None
    if given and box is None:
        reason = (
            f"gives the box {str(given)[:60]}, which is none; its image is used "
            "without a box."
        )
        yield Trouble(where, reason, Kind.BOX)
    yield Record(image, label, names.subset_in(file), box)


def _near(file: str, subset: str) -> Sequence[str]:
    """Return the folders in which the images of a COCO file are kept."""
    folder = posixpath.dirname(file)
    around = posixpath.dirname(folder)
    return [
        posixpath.join(outer, inner)
        for outer in (folder, around)
        for inner in ("", "images", subset, f"images/{subset}")
    ]


def _key(one: Any, name: str) -> Any:
    """Return a value that can be a key, as ids are; None for anything else."""
    value = one.get(name) if isinstance(one, dict) else None
    return value if isinstance(value, str | int) else None
