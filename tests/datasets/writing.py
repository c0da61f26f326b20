"""Data sets as other programs write them, from the same list of cars."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from scipy.io import savemat

from carclf.datasets import layouts
from carclf.records import Box, Split


@dataclass(frozen=True)
class Car:
    """What a data set says of one photograph."""

    file: str
    label: str
    split: Split | None
    box: Box | None = None


def touch(path: Path) -> Path:
    """Make a file; layouts look at names alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def read_back(root: Path, **correction: object) -> set[Car]:
    contents = layouts.read(root, layouts.Reading.model_validate(correction))
    return {
        Car(one.path.name, one.label, one.split, one.box) for one in contents.entries
    }


def folders(root: Path, cars: list[Car], names: dict[str, str]) -> None:
    """Write `<split>/<class>/<file>`, splits called as `names` says."""
    for car in cars:
        touch(root / names[car.split] / car.label / car.file)


def table(
    path: Path,
    cars: list[Car],
    columns: dict[str, str],
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> None:
    """Write a line a car.

    Args:
        columns: By role, what its column is called; in the order of the columns.
    """
    rows = []
    for car in cars:
        touch(path.parent / "images" / car.file)
        box = car.box
        edges = ("left", "top", "right", "bottom")
        said = {"class": car.label, "file": car.file, "split": car.split}
        said |= {edge: getattr(box, edge) if box else "" for edge in edges}
        said["width"] = box.right - box.left if box else ""
        said["height"] = box.bottom - box.top if box else ""
        rows.append([said[role] for role in columns])
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=delimiter).writerows([[*columns.values()], *rows])


def matrix(rows: list[dict[str, object]]) -> np.ndarray:
    """Return MATLAB's struct array of one row."""
    made = np.empty((1, len(rows)), dtype=[(name, object) for name in rows[0]])
    for at, row in enumerate(rows):
        made[0, at] = tuple(row.values())
    return made


def cells(texts: list[str]) -> np.ndarray:
    """Return MATLAB's cell array of one row."""
    made = np.empty((1, len(texts)), dtype=object)
    made[0, :] = texts
    return made


def edges(car: Car) -> dict[str, object]:
    """Return a box as MATLAB counts: from 1, the last pixel included."""
    assert car.box is not None
    box = car.box
    return {
        "bbox_x1": box.left + 1,
        "bbox_y1": box.top + 1,
        "bbox_x2": box.right,
        "bbox_y2": box.bottom,
    }


def whole_devkit(root: Path, cars: list[Car]) -> None:
    """Write `cars_annos.mat`, which knows train and test."""
    labels = sorted({car.label for car in cars})
    rows = [
        {"relative_im_path": f"car_ims/{car.file}"}
        | edges(car)
        | {"class": labels.index(car.label) + 1, "test": int(car.split == "test")}
        for car in cars
    ]
    for car in cars:
        touch(root / "car_ims" / car.file)
    content = {"annotations": matrix(rows), "class_names": cells(labels)}
    savemat(root / "cars_annos.mat", content)


def devkit(root: Path, cars: list[Car], *, is_test_labelled: bool = True) -> None:
    """Write `devkit/` beside `cars_train/` and `cars_test/`, named alike in both."""
    labels = sorted({car.label for car in cars})
    (root / "devkit").mkdir(parents=True)
    savemat(root / "devkit" / "cars_meta.mat", {"class_names": cells(labels)})
    for split in ("train", "test"):
        is_labelled = split == "train" or is_test_labelled
        rows = [
            edges(car)
            | ({"class": labels.index(car.label) + 1} if is_labelled else {})
            | {"fname": car.file}
            for car in cars
            if car.split == split
        ]
        for row in rows:
            touch(root / f"cars_{split}" / str(row["fname"]))
        name = f"cars_{split}_annos"
        if split == "test" and is_labelled:
            name += "_withlabels"
        if rows:
            savemat(root / "devkit" / f"{name}.mat", {"annotations": matrix(rows)})


def coco(root: Path, cars: list[Car]) -> None:
    """Write a JSON a split, its images in a folder of that name."""
    labels = sorted({car.label for car in cars})
    for split in {car.split for car in cars}:
        mine = [car for car in cars if car.split == split]
        content = {
            "categories": [
                {"id": at + 7, "name": one} for at, one in enumerate(labels)
            ],
            "images": [
                {"id": at, "file_name": car.file} for at, car in enumerate(mine)
            ],
            "annotations": [
                {
                    "image_id": at,
                    "category_id": labels.index(car.label) + 7,
                    "bbox": sized(car.box),
                }
                for at, car in enumerate(mine)
            ],
        }
        for car in mine:
            touch(root / split / car.file)
        path = root / "annotations" / f"instances_{split}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")


def sized(box: Box | None) -> list[int]:
    return (
        [box.left, box.top, box.right - box.left, box.bottom - box.top] if box else []
    )


def voc(root: Path, cars: list[Car]) -> None:
    """Write `Annotations/`, `JPEGImages/` and the lists of the splits."""
    lists: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    for car in cars:
        stem = Path(car.file).stem
        lists[car.split].append(stem)
        touch(root / "JPEGImages" / car.file)
        annotate(root / "Annotations" / f"{stem}.xml", car.file, [car])
    for split, stems in lists.items():
        path = root / "ImageSets" / "Main" / f"{split.replace('idation', '')}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{stem}\n" for stem in stems), encoding="utf-8")


def annotate(path: Path, file: str, objects: list[Car]) -> None:
    """Write VOC's XML about a file; edges count from 1, the last pixel included."""
    root = ElementTree.Element("annotation")
    ElementTree.SubElement(root, "filename").text = file
    for car in objects:
        one = ElementTree.SubElement(root, "object")
        ElementTree.SubElement(one, "name").text = car.label
        if car.box:
            box = ElementTree.SubElement(one, "bndbox")
            for name, edge in zip(
                ("xmin", "ymin", "xmax", "ymax"), edges(car).values(), strict=True
            ):
                ElementTree.SubElement(box, name).text = str(edge)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(ElementTree.tostring(root, encoding="utf-8"))
