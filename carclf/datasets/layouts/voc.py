"""Pascal VOC: an XML file an image, in `Annotations/` or beside it."""

import posixpath
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from carclf.datasets import boxes, names
from carclf.datasets.layouts import files
from carclf.datasets.layouts.account import Account, Kind, Record, Trouble, divide
from carclf.datasets.layouts.placing import Placing
from carclf.datasets.layouts.reading import Reading
from carclf.datasets.layouts.tree import Tree, shown
from carclf.errors import DatasetError

MOST_BYTES = 1_000_000
_EDGES = ("xmin", "ymin", "xmax", "ymax")
_LISTS = ("train", "val", "test")
# How many files are opened to see whether they are VOC's.
_TRIED = 5


def recognise(tree: Tree, reading: Reading) -> bool:
    return any(_begins_so(tree, file) for file in tree.ending(".xml")[:_TRIED])


def read(tree: Tree, reading: Reading) -> Account:
    """Return what the annotations say; a damaged file is left out, and named.

    Raises:
        DatasetError: There is no annotation at all.
    """
    annotations = tree.ending(".xml")
    if not annotations:
        raise DatasetError(
            f"{tree.root} holds no Pascal VOC annotations: no file there ends in .xml. "
            "Choose another layout."
        )
    subsets = dict(_listed(tree))
    placing = Placing(tree)
    said = [one for file in annotations for one in _say(tree, file, placing, subsets)]
    records, troubles = divide(said)
    unnamed = placing.unnamed("any of the XML files")
    return Account("Pascal VOC, an XML file an image", records, (*troubles, *unnamed))


def _begins_so(tree: Tree, file: str) -> bool:
    try:
        return b"<annotation" in files.read_beginning(tree.root / file, 1000)
    except DatasetError:
        return False


def _listed(tree: Tree) -> Iterator[tuple[str, str]]:
    """Yield (name without suffix, split) as `ImageSets/Main/` lists them."""
    for file in tree.ending(".txt"):
        folder, name = posixpath.split(file)
        split = posixpath.splitext(name)[0].lower()
        is_list = posixpath.basename(posixpath.dirname(folder)) == "ImageSets"
        if is_list and split in _LISTS:
            text = files.read_text(tree.root / file, 100 * MOST_BYTES)
            # Some lists say behind each name whether an object is in the image.
            yield from (
                (line.split()[0], split) for line in text.splitlines() if line.strip()
            )


def _say(
    tree: Tree, file: str, placing: Placing, subsets: dict[str, str]
) -> Iterator[Record | Trouble]:
    """Yield what one annotation says of its objects, and what is wrong."""
    root, trouble = _parse(tree, file)
    if root is None:
        yield Trouble(shown(file), trouble, Kind.RECORD)
        return
    stem = posixpath.splitext(posixpath.basename(file))[0]
    subset = subsets.get(stem, "") or names.subset_in(f"{posixpath.dirname(file)}/x")
    name = (root.findtext("filename") or "").strip() or stem
    found = _place(file, name, stem, placing, subset)
    if isinstance(found, Trouble):
        yield found
        return
    objects = root.findall("object")
    if not objects:
        reason = f"has no object in {shown(file)}."
        yield Trouble(shown(found), reason, Kind.UNNAMED)
    for one in objects:
        label = names.class_name(one.findtext("name") or "")
        if not label:
            reason = "has an object without a name, which was left out."
            yield Trouble(shown(file), reason, Kind.RECORD)
            continue
        edges = [one.findtext(f"bndbox/{edge}") for edge in _EDGES]
        box = boxes.parse_inclusive(edges)
        if any(edges) and box is None:
            reason = (
                f"gives the box {', '.join(edge or '' for edge in edges)}, which is "
                "none; its image is used without a box."
            )
            yield Trouble(shown(file), reason, Kind.BOX)
        yield Record(found, label, subset, box)


def _parse(tree: Tree, file: str) -> tuple[Element | None, str]:
    """Return the annotation, or what is wrong with its file."""
    try:
        data = files.read_bytes(tree.root / file, MOST_BYTES)
        root: Any = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        return None, (
            "declares entities or a document type, which no annotation needs and which "
            "can fill the memory, so it was left out."
        )
    except (ParseError, ValueError, LookupError, RecursionError):
        return None, "is not valid XML, so it was left out. Export it again."
    except DatasetError as error:
        return None, str(error).removeprefix(posixpath.basename(file)).lstrip()
    if root.tag != "annotation":
        return None, "is no annotation of Pascal VOC, so it was left out."
    return root, ""


def _place(
    file: str, name: str, stem: str, placing: Placing, subset: str
) -> str | Trouble:
    """Return the image that an annotation means; exporters may name a renamed one."""
    folder = posixpath.dirname(file)
    around = posixpath.dirname(folder)
    near = [folder, f"{around}/JPEGImages".lstrip("/"), f"{around}/images".lstrip("/")]
    found = placing.place(name, near, shown(file), subset=subset)
    if isinstance(found, Trouble):
        by_stem = placing.place(stem, near, shown(file), subset=subset)
        return by_stem if isinstance(by_stem, str) else found
    return found
