"""What published data sets do that a tidy one does not."""

import json
from pathlib import Path

import pytest

from carclf.datasets import layouts
from carclf.errors import DatasetError
from carclf.records import Box
from tests import drawing
from tests.datasets import writing
from tests.datasets.writing import Car, touch

SMALL, LARGE = Box(0, 0, 5, 5), Box(10, 10, 50, 40)
CARS = [
    Car("1.jpg", "Red Van", "train", LARGE),
    Car("2.jpg", "Blue Bus", "test", LARGE),
]


def reasons(root: Path, **correction: object) -> dict[str, str]:
    found = layouts.read(root, layouts.Reading.model_validate(correction))
    return {one.path: one.reason for one in found.skipped}


def test_stanford_cars_train_and_test_share_file_names(tmp_path):
    cars = [
        Car("00001.jpg", "Red Van", "train", LARGE),
        Car("00001.jpg", "Blue Bus", "test", LARGE),
    ]
    writing.devkit(tmp_path, cars)
    # As Kaggle unpacks it.
    (tmp_path / "cars_train").rename(tmp_path / "inner")
    (tmp_path / "cars_train").mkdir()
    (tmp_path / "inner").rename(tmp_path / "cars_train" / "cars_train")

    found = layouts.read(tmp_path)

    places = {one.label: one.path.parent.name for one in found.entries}
    assert places == {"Red Van": "cars_train", "Blue Bus": "cars_test"}


def test_test_images_of_a_devkit_without_labels_are_counted_and_left_out(tmp_path):
    cars = [*CARS, Car("3.jpg", "Blue Bus", "train", LARGE)]
    writing.devkit(tmp_path, cars, is_test_labelled=False)

    assert "has no class in" in reasons(tmp_path)["cars_test/2.jpg"]


def test_a_devkit_without_its_class_names_says_which_file_is_missing(tmp_path):
    writing.devkit(tmp_path, CARS)
    (tmp_path / "devkit" / "cars_meta.mat").unlink()

    with pytest.raises(
        DatasetError, match=r"holds no cars_meta\.mat.*Unpack the devkit"
    ):
        layouts.read(tmp_path)


def test_a_class_number_that_no_name_goes_with_is_left_out(tmp_path):
    cars = [*CARS, Car("3.jpg", "Zonda", "train", LARGE)]
    writing.devkit(tmp_path, cars)
    names = writing.cells(["Blue Bus", "Red Van"])
    writing.savemat(tmp_path / "devkit" / "cars_meta.mat", {"class_names": names})

    assert "has no class in" in reasons(tmp_path)["cars_train/3.jpg"]


def test_of_several_vehicles_the_largest_counts_and_it_is_said(tmp_path):
    touch(tmp_path / "1.jpg")
    touch(tmp_path / "2.jpg")
    objects = [Car("1.jpg", "Blue Bus", "train", SMALL), CARS[0]]
    writing.annotate(tmp_path / "1.xml", "1.jpg", objects)
    writing.annotate(tmp_path / "2.xml", "2.jpg", [CARS[1]])

    found = layouts.read(tmp_path)

    assert {one.path.name: one.label for one in found.entries} == {
        "1.jpg": "Red Van",
        "2.jpg": "Blue Bus",
    }
    assert [one.reason for one in found.skipped] == [
        "shows 2 vehicles; the largest is used, “Red Van”."
    ]


def test_a_class_left_out_is_left_out_before_the_largest_is_chosen(tmp_path):
    touch(tmp_path / "1.jpg")
    touch(tmp_path / "2.jpg")
    person = Car("1.jpg", "Person", "train", Box(0, 0, 100, 100))
    writing.annotate(tmp_path / "1.xml", "1.jpg", [person, CARS[0]])
    writing.annotate(tmp_path / "2.xml", "2.jpg", [CARS[1]])

    found = layouts.read(tmp_path, layouts.Reading(leave_out=("Person",)))

    assert {one.label for one in found.entries} == {"Red Van", "Blue Bus"}
    assert found.skipped == ()


def test_images_without_an_annotation_are_listed(tmp_path):
    writing.coco(tmp_path, CARS)
    path = tmp_path / "annotations" / "instances_train.json"
    content = json.loads(path.read_text())
    content["images"].append({"id": 99, "file_name": "bare.jpg"})
    path.write_text(json.dumps(content))
    touch(tmp_path / "train" / "bare.jpg")
    touch(tmp_path / "train" / "stray.jpg")

    said = reasons(tmp_path)

    assert "has no annotation in" in said["train/bare.jpg"]
    assert "does not stand in" in said["train/stray.jpg"]


@pytest.mark.parametrize("write", ["table", "voc"])
def test_each_split_may_be_a_folder_with_images_and_their_labels(tmp_path, write):
    for car in CARS:
        folder = tmp_path / car.split
        if write == "table":
            roles = ("file", "class", "left", "top", "right", "bottom")
            folder.mkdir()
            writing.table(
                folder / "_annotations.csv", [car], {one: one for one in roles}
            )
        else:
            touch(folder / car.file)
            writing.annotate(folder / f"{Path(car.file).stem}.xml", car.file, [car])

    assert writing.read_back(tmp_path) == set(CARS)


def test_two_tables_that_both_fit_are_a_choice_for_a_person(tmp_path):
    for name in ("old.csv", "new.csv"):
        writing.table(tmp_path / name, CARS, {"class": "class", "file": "file"})

    with pytest.raises(DatasetError, match=r"new\.csv and old\.csv\. Choose one"):
        layouts.read(tmp_path)
    assert layouts.read(tmp_path, layouts.Reading(file="old.csv")).kind.endswith(
        "old.csv"
    )


def test_beside_four_edges_a_width_is_the_images(tmp_path):
    drawing.write_table(
        tmp_path / "cars.csv",
        ["filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax"],
        [
            ["1.jpg", 900, 600, "A", 1, 2, 30, 40],
            ["2.jpg", 900, 600, "B", 1, 2, 30, 40],
        ],
    )
    touch(tmp_path / "1.jpg")
    touch(tmp_path / "2.jpg")

    assert {one.box for one in layouts.read(tmp_path).entries} == {Box(1, 2, 30, 40)}


def test_a_table_without_a_header_is_read_by_its_columns_numbers(tmp_path):
    (tmp_path / "cars.csv").write_text("1.jpg,A,9\n2.jpg,B,9\n")
    touch(tmp_path / "1.jpg")
    touch(tmp_path / "2.jpg")

    reading = layouts.Reading(
        has_header=False, columns={"file": "column 1", "class": "column 2"}
    )

    assert [one.label for one in layouts.read(tmp_path, reading).entries] == ["A", "B"]


def test_a_name_in_two_folders_is_not_guessed(tmp_path):
    for place in ("x/1.jpg", "y/1.jpg", "z/2.jpg", "z/3.jpg"):
        touch(tmp_path / place)
    rows = [["A", "1.jpg"], ["A", "2.jpg"], ["B", "3"]]
    drawing.write_table(tmp_path / "labels.csv", ["class", "file"], rows)

    said = reasons(tmp_path)

    assert said == {
        "1.jpg": "stands in labels.csv, line 2, and may be any of x/1.jpg and y/1.jpg."
    }


def test_an_image_labelled_twice_keeps_its_first_label_and_is_named(tmp_path):
    rows = [
        ["A", "1.jpg", "train"],
        ["B", "1.jpg", "train"],
        ["B", "2.jpg", "train"],
        ["B", "2.jpg", "test"],
    ]
    drawing.write_table(tmp_path / "labels.csv", ["class", "file", "split"], rows)
    touch(tmp_path / "1.jpg")
    touch(tmp_path / "2.jpg")

    found = layouts.read(tmp_path)

    assert [(one.label, one.split) for one in found.entries] == [
        ("A", "train"),
        ("B", "test"),
    ]
    assert [one.reason for one in found.skipped] == [
        "is labelled “A” and “B”; “A” is used. Check which is right.",
        "is named 2 times, and used once.",
    ]


def test_two_labels_of_which_one_has_a_box_are_a_contradiction(tmp_path):
    rows = [["A", "1.jpg", *"0099"], ["B", "1.jpg", *[""] * 4], ["B", "2.jpg", *"0099"]]
    header = ["class", "file", "x1", "y1", "x2", "y2"]
    drawing.write_table(tmp_path / "labels.csv", header, rows)
    touch(tmp_path / "1.jpg")
    touch(tmp_path / "2.jpg")

    assert reasons(tmp_path)["1.jpg"].startswith("is labelled “A” and “B”; “A” is used")


def test_splits_are_renamed_merged_and_left_out(tmp_path):
    rows = [
        ["A", "1.jpg", "holdout"],
        ["B", "2.jpg", "train"],
        ["B", "3.jpg", "extra"],
        ["B", "4.jpg", "junk"],
    ]
    drawing.write_table(tmp_path / "labels.csv", ["class", "file", "split"], rows)
    for number in range(1, 5):
        touch(tmp_path / f"{number}.jpg")

    splits = {"holdout": "test", "extra": "none", "junk": "leave out"}
    found = layouts.read(tmp_path, layouts.Reading(splits=splits))

    assert [one.split for one in found.entries] == ["test", "train", None]
    assert found.skipped == ()


def test_a_correction_that_corrects_nothing_is_told(tmp_path):
    writing.table(tmp_path / "cars.csv", CARS, {"class": "class", "file": "file"})

    said = reasons(
        tmp_path,
        leave_out=["Red Vann"],
        splits={"holdut": "test"},
        columns={"split": "Teil"},
    )

    assert said == {
        "“Red Vann”": "is to be left out, and no image is of that class.",
        "“holdut”": "is said to mean test, and no split is so named.",
        "cars.csv": "has no column “Teil”, which is said to hold the split.",
    }


def test_a_person_says_whether_the_first_folders_are_splits_or_classes(tmp_path):
    for place in ("Train/Steam/1.jpg", "Train/2.jpg", "Bus/3.jpg"):
        touch(tmp_path / place)

    found = layouts.read(tmp_path, layouts.Reading(first_level="class"))

    assert {(one.label, one.path.name) for one in found.entries} == {
        ("Train", "2.jpg"),
        ("Bus", "3.jpg"),
    }


def test_another_layout_than_the_recognised_one_can_be_chosen(tmp_path):
    touch(tmp_path / "x" / "A" / "1.jpg")
    touch(tmp_path / "x" / "B" / "2.jpg")
    rows = [["Red Van", "1.jpg"], ["Blue Bus", "2.jpg"]]
    drawing.write_table(tmp_path / "labels.csv", ["class", "file"], rows)

    by_table = writing.read_back(tmp_path)
    chosen = {"layout": "folders", "first_level": "split", "splits": {"x": "test"}}
    by_folder = writing.read_back(tmp_path, **chosen)

    assert {car.label for car in by_table} == {"Red Van", "Blue Bus"}
    assert by_folder == {Car("1.jpg", "A", "test"), Car("2.jpg", "B", "test")}


def test_one_folder_of_a_split_alone_keeps_its_meaning(tmp_path):
    cars = [Car("1.jpg", "A", "test"), Car("2.jpg", "B", "test")]
    writing.folders(tmp_path, cars, {"test": "test"})

    assert writing.read_back(tmp_path) == set(cars)
