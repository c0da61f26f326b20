"""Whatever a program writes in a layout is read back the same."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from carclf.datasets.layouts.table import _SPELLINGS as SPELLINGS
from carclf.datasets.names import class_name
from carclf.records import SPLITS, Box
from tests.datasets import writing
from tests.datasets.writing import Car

EDGE = some.integers(0, 2000)
BOXES = some.builds(
    lambda left, top, width, height: Box(left, top, left + width, top + height),
    *(EDGE, EDGE, some.integers(1, 900), some.integers(1, 900)),
)
# Slashes, dots, quotes and separators are met in names of cars; line breaks are not.
LETTERS = some.characters(
    exclude_categories=["C", "Z"], exclude_characters="\ufffe\uffff"
)
LABELS = some.text(some.one_of(some.just(" "), LETTERS), max_size=20).map(
    lambda text: class_name(f"C {text}")
)
FOLDERS = LABELS.map(lambda label: label.replace("/", "-"))
FEW = settings(max_examples=15)


def cars(labels, splits=SPLITS, boxes=BOXES):
    """Return lists of cars of two classes or more, no file named twice."""
    said = some.tuples(labels, some.sampled_from(splits), boxes)
    return (
        some.lists(said, min_size=2, max_size=8)
        .map(lambda rows: [Car(f"{at:05d}.jpg", *row) for at, row in enumerate(rows)])
        .filter(lambda made: len({car.label for car in made}) > 1)
    )


@given(
    made=cars(FOLDERS, boxes=some.none()),
    names=some.fixed_dictionaries(
        {
            "train": some.sampled_from(["train", "Training", "TRAIN"]),
            "validation": some.sampled_from(["valid", "val", "Validation"]),
            "test": some.sampled_from(["test", "Testing"]),
        }
    ),
)
@FEW
def test_class_folders(tmp_path_factory, made, names):
    root = tmp_path_factory.mktemp("folders")
    writing.folders(root, made, names)

    assert writing.read_back(root) == set(made)


@given(
    made=cars(LABELS, boxes=some.one_of(some.none(), BOXES)),
    columns=some.fixed_dictionaries(
        {role: some.sampled_from(spellings) for role, spellings in SPELLINGS.items()}
    ),
    order=some.permutations([*SPELLINGS]),
    is_sized=some.booleans(),
    style=some.sampled_from(
        [str.lower, str.upper, lambda name: name.title().replace("_", " ")]
    ),
    delimiter=some.sampled_from([",", ";", "\t"]),
    encoding=some.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
@settings(max_examples=50)
def test_tables_in_any_order_and_spelling(
    tmp_path_factory, made, columns, order, is_sized, style, delimiter, encoding
):
    left_out = {"right", "bottom"} if is_sized else {"width", "height"}
    named = {role: style(columns[role]) for role in order if role not in left_out}
    root = tmp_path_factory.mktemp("table")

    writing.table(root / "cars.csv", made, named, delimiter, encoding)

    assert writing.read_back(root) == set(made)


@given(made=cars(LABELS), columns=some.permutations([*SPELLINGS]))
@FEW
def test_tables_whose_columns_a_person_names(tmp_path_factory, made, columns):
    named = {role: f"Spalte {at}" for at, role in enumerate(columns)}
    root = tmp_path_factory.mktemp("mapped")

    writing.table(root / "cars.csv", made, named)

    assert writing.read_back(root, columns=named) == set(made)


# MATLAB's text is UTF-16 and loses spaces at its end.
@pytest.mark.parametrize("write", [writing.whole_devkit, writing.devkit])
@given(
    made=cars(
        some.from_regex(r"[A-Z][A-Za-z0-9 /.-]{0,18}[a-z0-9]", fullmatch=True),
        ("train", "test"),
    )
)
@FEW
def test_the_devkit_of_stanford_cars(tmp_path_factory, write, made):
    # Without a training image, there is no file of them.
    made = [Car("first.jpg", "Audi TT", "train", Box(0, 0, 5, 5)), *made]
    root = tmp_path_factory.mktemp("devkit")

    write(root, made)

    assert writing.read_back(root) == set(made)


@given(made=cars(LABELS))
@FEW
def test_coco(tmp_path_factory, made):
    root = tmp_path_factory.mktemp("coco")

    writing.coco(root, made)

    assert writing.read_back(root) == set(made)


@given(made=cars(LABELS))
@FEW
def test_pascal_voc(tmp_path_factory, made):
    root = tmp_path_factory.mktemp("voc")

    writing.voc(root, made)

    assert writing.read_back(root) == set(made)


@pytest.mark.parametrize("wrapper", ["cars", "a/b"])
@pytest.mark.parametrize(
    "write", [writing.whole_devkit, writing.devkit, writing.coco, writing.voc]
)
def test_a_layout_may_lie_a_folder_deeper(tmp_path: Path, write, wrapper):
    made = [
        Car("1.jpg", "Ram C/V Cargo Van Minivan 2012", "train", Box(0, 1, 20, 30)),
        Car("2.jpg", "Audi TT", "test", Box(3, 4, 5, 6)),
    ]
    (tmp_path / wrapper).mkdir(parents=True)

    write(tmp_path / wrapper, made)

    assert writing.read_back(tmp_path) == set(made)
