"""What a folder says about its images, and what is wrong with it."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from carclf.datasets import layouts
from carclf.datasets.names import class_name
from carclf.errors import DatasetError
from carclf.records import Box
from tests import drawing

# Any letter but those that no folder name can hold: the slash, NUL, half a surrogate.
NAMES = some.text(
    some.characters(exclude_characters="/\0", exclude_categories=["Cs"]),
    min_size=1,
    max_size=40,
).filter(lambda name: name not in (".", ".."))


def touch(path: Path) -> Path:
    """Make a file; layouts look at names alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def reasons(layout: layouts.Contents) -> dict[str, str]:
    return {one.path: one.reason for one in layout.skipped}


def test_each_folder_is_a_class(tmp_path):
    drawing.draw_classes(tmp_path, ("Red Van", "Blue Bus"), each=2)

    layout = layouts.read(tmp_path)

    assert layout.kind == "one folder a class"
    assert [(one.label, one.path.name, one.split) for one in layout.entries] == [
        ("Blue Bus", "0.jpg", None),
        ("Blue Bus", "1.jpg", None),
        ("Red Van", "0.jpg", None),
        ("Red Van", "1.jpg", None),
    ]
    assert layout.skipped == ()


@pytest.mark.parametrize(
    ("folder", "split"),
    [
        *[("train", "train"), ("Training", "train"), ("TEST", "test")],
        *[("valid", "validation"), ("validation", "validation"), ("val", "validation")],
    ],
)
def test_folders_named_for_splits_hold_class_folders(tmp_path, folder, split):
    drawing.draw_classes(tmp_path / folder, ("Red Van", "Blue Bus"), each=1)
    touch(tmp_path / "other" / "Red Van" / "1.jpg")

    layout = layouts.read(tmp_path)

    assert layout.kind == f"one folder a class, in {folder}"
    assert {one.split for one in layout.entries} == {split}
    assert (
        "none of train, validation and test" in reasons(layout)["other/Red Van/1.jpg"]
    )


@pytest.mark.parametrize("wrapper", ["cars", "images", "a/b"])
def test_a_data_set_may_lie_a_folder_deeper(tmp_path, wrapper):
    drawing.draw_classes(tmp_path / wrapper, ("Red Van", "Blue Bus"), each=1)
    (tmp_path / "README.md").write_text("About these cars.")

    assert {one.label for one in layouts.read(tmp_path).entries} == {
        "Red Van",
        "Blue Bus",
    }


@pytest.mark.parametrize("place", ["", "images", "images/{label}", "{label}", "train"])
def test_a_table_says_what_images_show_wherever_they_lie(tmp_path, place):
    for name, label in (("1.jpg", "Red Van"), ("2.jpg", "Blue Bus")):
        touch(tmp_path / place.format(label=label) / name)
    drawing.write_table(
        tmp_path / "labels.csv",
        ["class", "img_name", "subset"],
        [["Red Van", "1.jpg", "train"], ["Blue Bus", "2.jpg", "train"]],
    )

    layout = layouts.read(tmp_path)

    assert layout.kind == "a table, labels.csv"
    assert [(one.label, one.path.name) for one in layout.entries] == [
        ("Red Van", "1.jpg"),
        ("Blue Bus", "2.jpg"),
    ]
    assert layout.skipped == ()


def test_a_class_with_a_slash_is_found_in_the_folder_much_like_it(tmp_path):
    for folder in ("Ram C-V Van", "Audi TT"):
        touch(tmp_path / "images" / folder / "1.jpg")
    drawing.write_table(
        tmp_path / "labels.csv",
        ["class", "img_name"],
        [["Ram C/V Van", "1.jpg"], ["Audi TT", "1.jpg"]],
    )

    layout = layouts.read(tmp_path)

    assert {one.label: one.path.parent.name for one in layout.entries} == {
        "Ram C/V Van": "Ram C-V Van",
        "Audi TT": "Audi TT",
    }


@pytest.mark.parametrize(
    "text",
    [
        "class,img_name,subset,x1,y1,x2,y2\nA,1.jpg,train,1,2,30,40\nB,2.jpg,test,,,,\n",
        "\ufeffX1;Y1;X2;Y2;Split;Label;File Name\n1.2;2;30;40;TRAINING;A;1.jpg\n"
        ";;;;Testing;B;2.jpg\n",
        "image\tclass-name\tset\txmin\tymin\txmax\tymax\r\n"
        "1.jpg\tA\ttrain\t1\t2\t30\t40\r\n2.jpg\tB\ttest\r\n\r\n",
    ],
)
def test_columns_come_in_any_order_spelling_and_separator(tmp_path, text):
    touch(tmp_path / "1.jpg")
    touch(tmp_path / "2.jpg")
    (tmp_path / "cars.CSV").write_text(text, encoding="utf-8", newline="")

    layout = layouts.read(tmp_path)

    assert [(one.label, one.split, one.box) for one in layout.entries] == [
        ("A", "train", Box(1, 2, 30, 40)),
        ("B", "test", None),
    ]
    assert layout.skipped == ()


def test_lines_that_say_nothing_usable_are_named(tmp_path):
    for name in ("1.jpg", "2.jpg", "3.jpg", "stray.jpg"):
        touch(tmp_path / name)
    touch(tmp_path.parent / "secret.jpg")
    rows = [
        *[["A", "1.jpg", "train", 1], ["B", "2.jpg", "", 1], ["", "3.jpg", "train", 1]],
        *[["A", "", "test", 1], ["A", "3.jpg", "holdout", 1], ["A", "no.jpg", "", ""]],
        ["B", "../secret.jpg", "train", ""],
    ]
    drawing.write_table(
        tmp_path / "labels.csv", ["class", "file", "subset", "x1"], rows
    )

    found = reasons(layouts.read(tmp_path))

    assert "names no class" in found["labels.csv, line 4"]
    assert "names no file" in found["labels.csv, line 5"]
    assert "split “holdout”" in found["3.jpg"]
    assert "not all four edges" in found["labels.csv"]
    assert found["no.jpg"] == "stands in labels.csv, line 7, and is missing."
    assert found["../secret.jpg"] == "stands in labels.csv, line 8, and is missing."
    assert found["stray.jpg"] == "does not stand in labels.csv."


@pytest.mark.parametrize(
    ("box", "is_box"),
    [
        *[("1,2,3,4", True), ("0.4,0.4,9.6,9.6", True), ("3,2,1,4", False)],
        *[("1,4,3,2", False), ("-9,0,0,5", False), ("a,b,c,d", False)],
        *[("inf,0,5,5", False), ("nan,1,2,3", False), ("1,1,1,5", False)],
    ],
)
def test_an_impossible_box_is_left_out_and_its_image_kept(tmp_path, box, is_box):
    touch(tmp_path / "1.jpg")
    touch(tmp_path / "2.jpg")
    (tmp_path / "labels.csv").write_text(
        f"class,file,x1,y1,x2,y2\nA,1.jpg,{box}\nB,2.jpg,,,,\n"
    )

    layout = layouts.read(tmp_path)

    assert (layout.entries[0].box is not None) == is_box
    assert len(layout.skipped) == (0 if is_box else 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"img_name,subset\n1.jpg,train\n", "no column for the class"),
        (b"class,subset\nA,train\n", "no column for the file name"),
        (b"", "no column for the class"),
        ("class,img_name\nCoup\u00e9,1.jpg\n".encode("latin-1"), "not UTF-8"),
        (b'class,img_name\n"A' + b"a" * 200_000, "cannot be read as a table"),
    ],
)
def test_a_table_that_cannot_be_understood_is_refused(tmp_path, content, words):
    touch(tmp_path / "1.jpg")
    (tmp_path / "labels.csv").write_bytes(content)

    with pytest.raises(DatasetError, match=rf"labels\.csv .*{words}"):
        layouts.read(tmp_path)


def test_empty_and_stray_things_are_reported_and_litter_is_not(tmp_path):
    drawing.draw_classes(tmp_path, ("Red Van", "Blue Bus"), each=1)
    (tmp_path / "Empty").mkdir()
    touch(tmp_path / "Only litter" / ".DS_Store")
    touch(tmp_path / "Red Van" / "deeper" / "1.jpg")
    touch(tmp_path / "stray.jpg")
    for litter in (".DS_Store", "Red Van/._0.jpg", "Red Van/Thumbs.db", "notes.txt"):
        touch(tmp_path / litter)
    touch(tmp_path / "__MACOSX" / "Red Van" / "0.jpg")
    touch(tmp_path / ".ipynb_checkpoints" / "0.jpg")
    touch(tmp_path / ".git" / "HEAD")

    layout = layouts.read(tmp_path)

    assert len(layout.entries) == 2
    assert reasons(layout) == {
        "Empty": "is empty, so it is no class.",
        "Only litter": "is empty, so it is no class.",
        "Red Van/deeper/1.jpg": "lies in a folder inside the class folder “Red Van”.",
        "stray.jpg": "lies outside every class folder.",
    }


def test_one_class_alone_is_refused(tmp_path):
    drawing.draw_classes(tmp_path, ("Red Van",), each=3)

    with pytest.raises(
        DatasetError, match=r"one class only, “Red Van”.*a folder for each"
    ):
        layouts.read(tmp_path)


def test_images_without_a_word_about_them_are_refused(tmp_path):
    touch(tmp_path / "1.jpg")

    with pytest.raises(DatasetError, match=r"nothing says what they show.*labels\.csv"):
        layouts.read(tmp_path)


def test_an_empty_folder_a_missing_one_and_a_file_are_refused(tmp_path):
    (tmp_path / "empty").mkdir()

    with pytest.raises(DatasetError, match="empty holds no images"):
        layouts.read(tmp_path / "empty")
    with pytest.raises(DatasetError, match="gone does not exist"):
        layouts.read(tmp_path / "gone")
    with pytest.raises(DatasetError, match=r"car\.jpg is a file, not a folder"):
        layouts.read(touch(tmp_path / "car.jpg"))


def test_a_broken_link_is_kept_for_the_reader_to_report(tmp_path):
    drawing.draw_classes(tmp_path, ("Red Van", "Blue Bus"), each=1)
    (tmp_path / "Red Van" / "broken.jpg").symlink_to(tmp_path / "gone.jpg")

    assert len(layouts.read(tmp_path).entries) == 3


@given(names=some.sets(NAMES, min_size=1, max_size=4))
def test_any_folder_name_is_a_class_of_that_name(tmp_path_factory, names):
    root = tmp_path_factory.mktemp("any")
    wanted = {"Plain", *(f"x{name}" for name in names)}
    for name in wanted:
        touch(root / name / "1.jpg")

    labels = {one.label for one in layouts.read(root).entries}

    assert labels == {class_name(name) for name in wanted}


@pytest.mark.parametrize(
    "name",
    ["...And Justice", " spaced out ", "“quoted” 'n' \"so\"", "🚗 & 🚙", "a\\b:c*?"],
)
def test_an_odd_folder_name_is_a_class(tmp_path, name):
    touch(tmp_path / name / "1.jpg")
    touch(tmp_path / "Plain" / "1.jpg")

    labels = {one.label for one in layouts.read(tmp_path).entries}

    assert labels == {name.strip(), "Plain"}


@given(label=some.text(max_size=60), file=some.text(max_size=60))
def test_no_table_however_odd_leads_outside_its_folder(tmp_path_factory, label, file):
    root = tmp_path_factory.getbasetemp() / "odd"
    touch(root / "1.jpg")
    touch(root / "2.jpg")
    touch(root.parent / "outside.jpg")
    with (root / "labels.csv").open("wb") as table:
        rows = f'class,file\nA,1.jpg\nB,2.jpg\n"{label}","{file}"\n'
        table.write(rows.encode("utf-8", "replace"))

    with suppress(DatasetError):
        for entry in layouts.read(root).entries:
            assert entry.path.is_relative_to(root)


def test_the_stanford_cars_at_hand_are_read_whole(shared):
    layout = layouts.read(shared / "data" / "cars_crops")

    assert len(layout.entries) == 4273
    assert len({one.label for one in layout.entries}) == 156
    assert layout.skipped == ()
