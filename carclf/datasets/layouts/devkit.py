"""Stanford Cars as it is published: MATLAB files that name classes, boxes and splits.

Either `cars_annos.mat` for all images, or `cars_train_annos.mat`, `cars_meta.mat` and
`cars_test_annos_withlabels.mat`; the test file without labels names no class.
"""

import posixpath
import struct
import zlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

import numpy as np

from carclf.datasets import boxes, names
from carclf.datasets.layouts import files
from carclf.datasets.layouts.account import Account, Kind, Record, Trouble, divide
from carclf.datasets.layouts.placing import Placing
from carclf.datasets.layouts.reading import Reading
from carclf.datasets.layouts.tree import Tree, shown
from carclf.errors import DatasetError

MOST_BYTES = 200_000_000
_WHOLE = "cars_annos.mat"
_CLASSES = "cars_meta.mat"
_TRAIN = "cars_train_annos.mat"
# The later of two test files that are there is not read.
_TEST = ("cars_test_annos_withlabels.mat", "cars_test_annos.mat")
_EDGES = ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2")
# What SciPy raises on a file that is none of MATLAB's, or damaged.
_DAMAGED = (
    *(ValueError, TypeError, KeyError, IndexError, EOFError, OSError, AttributeError),
    *(NotImplementedError, OverflowError, MemoryError, struct.error, zlib.error),
)


def recognise(tree: Tree, reading: Reading) -> bool:
    found = _found(tree)
    return _WHOLE in found or _TRAIN in found


def read(tree: Tree, reading: Reading) -> Account:
    """Return what the devkit says of each image.

    Raises:
        DatasetError: A file is missing or damaged, or is not the devkit's.
    """
    found = _found(tree)
    placing = Placing(tree)
    said: list[Record | Trouble] = []
    if _WHOLE in found:
        used = [found[_WHOLE]]
        content = _load(tree, found[_WHOLE], "annotations", "class_names")
        said += _say(found[_WHOLE], content, content["class_names"], placing, "")
    else:
        used = [found[name] for name in (_TRAIN, *_TEST) if name in found][:2]
        if not used or _CLASSES not in found:
            lacking = _CLASSES if used else f"{_WHOLE} or {_TRAIN}"
            raise DatasetError(
                f"{tree.root} holds no {lacking}, which the devkit of Stanford Cars "
                "has. Unpack the devkit whole, beside the images."
            )
        classes = _load(tree, found[_CLASSES], "class_names")["class_names"]
        for file in used:
            subset = "train" if posixpath.basename(file).lower() == _TRAIN else "test"
            content = _load(tree, file, "annotations")
            said += _say(file, content, classes, placing, subset)
    words = " and ".join(posixpath.basename(file) for file in used)
    records, troubles = divide(said)
    return Account(
        f"the Stanford Cars devkit, {words}",
        records,
        (*troubles, *placing.unnamed(words)),
    )


def _found(tree: Tree) -> dict[str, str]:
    """Return the devkit's files by their names; of two, the one nearer to the root."""
    known = {_WHOLE, _CLASSES, _TRAIN, *_TEST}
    found: dict[str, str] = {}
    for file in tree.ending(".mat"):
        name = posixpath.basename(file).lower()
        if name in known:
            found.setdefault(name, file)
    return found


def _load(tree: Tree, file: str, *variables: str) -> dict[str, Any]:
    # SciPy takes a third of a second to import, and few need it.
    from scipy.io import loadmat  # noqa: PLC0415
    from scipy.io.matlab import MatReadError  # noqa: PLC0415

    data = files.read_bytes(tree.root / file, MOST_BYTES)
    try:
        content: dict[str, Any] = loadmat(BytesIO(data), variable_names=variables)
    except (MatReadError, *_DAMAGED) as error:
        raise DatasetError(
            f"{shown(file)} cannot be read as a MATLAB file: it is damaged, or "
            "something else by that name. Fetch the devkit again."
        ) from error
    for variable in variables:
        if not isinstance(content.get(variable), np.ndarray):
            raise DatasetError(
                f"{shown(file)} holds no “{variable}”, so it is not the devkit's file. "
                "Fetch the devkit again."
            )
    return content


def _say(
    file: str,
    content: dict[str, Any],
    class_names: Any,
    placing: Placing,
    subset: str,
) -> Iterator[Record | Trouble]:
    """Yield what a file's annotations say, and what is wrong with them."""
    annotations = content["annotations"].ravel()
    fields = set(annotations.dtype.names or ())
    name_field = "relative_im_path" if "relative_im_path" in fields else "fname"
    if not {name_field, *_EDGES} <= fields:
        raise DatasetError(
            f"{shown(file)} has annotations without {name_field} or boxes, so it is "
            "not the devkit's file. Fetch the devkit again."
        )
    classes = [names.class_name(str(_value(one))) for one in class_names.ravel()]
    near = _near(file)
    for number, annotation in enumerate(annotations, start=1):
        where = f"{shown(file)}, annotation {number}"
        name = str(_value(annotation[name_field]))
        split = subset or ("test" if _value(annotation["test"]) else "train")
        found = placing.place(name, near, where, subset=split)
        if isinstance(found, Trouble):
            yield found
            continue
        label = _class(annotation["class"], classes) if "class" in fields else None
        if label is None:
            reason = f"has no class in {where}, so it was left out."
            yield Trouble(shown(found), reason, Kind.RECORD)
            continue
        box = boxes.parse_inclusive([_value(annotation[edge]) for edge in _EDGES])
        if box is None:
            reason = "gives a box that is none; its image is used without a box."
            yield Trouble(where, reason, Kind.BOX)
        yield Record(found, label, split, box)


def _near(file: str) -> Sequence[str]:
    """Return the folders that paths in the devkit may start from."""
    folder = posixpath.dirname(file)
    around = posixpath.dirname(folder)
    part = "cars_test" if "test" in posixpath.basename(file) else "cars_train"
    return [folder, around, posixpath.join(around, part), posixpath.join(folder, part)]


def _class(cell: Any, classes: Sequence[str]) -> str | None:
    """Return the name of a class that is given by its number, from 1."""
    try:
        number = int(_value(cell))
    except (TypeError, ValueError):
        return None
    return classes[number - 1] if 1 <= number <= len(classes) else None


def _value(cell: Any) -> Any:
    """Return the one value in MATLAB's matrix of one by one; “” for an empty one."""
    values = np.asarray(cell).ravel()
    return values[0] if values.size else ""
