"""Files that are damaged, foreign or meant to harm: a sentence each, and no harm."""

import json
import os

import pytest

from carclf.datasets import layouts, proposal
from carclf.errors import DatasetError
from carclf.records import Box
from tests.datasets import writing
from tests.datasets.writing import Car, touch

CARS = [
    Car("1.jpg", "Red Van", "train", Box(0, 1, 20, 30)),
    Car("2.jpg", "Blue Bus", "test", Box(3, 4, 5, 6)),
]
HEADER = "class,img_name\n"
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {two} "{f"&{one};" * 10}">'
        for one, two in zip("abcdefg", "bcdefgh", strict=True)
    )
    + "]><annotation><filename>&h;</filename></annotation>"
)
OUTSIDE = (
    '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    "<annotation><filename>1.jpg</filename><object><name>&a;</name></object></annotation>"
)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (HEADER.encode() + b"A," + b"x" * 10_000_000, "line 2 is longer than 100,000"),
        (HEADER.encode() + b"A,1\0.jpg\n", "holds NUL bytes"),
        ((HEADER + "Coupé,1.jpg\n").encode("latin-1"), "is not UTF-8 text"),
        ((HEADER + "Coupe,1.jpg\n").encode("utf-16-le"), "holds NUL bytes"),
        (os.urandom(4096).replace(b"\0", b"\xff"), "is not UTF-8 text"),
        (b"\xff\xfe" + b"\x00\xd8" * 9, "is not UTF-8 text"),
        (b"{}", "has no column for the class"),
    ],
)
def test_a_table_that_is_none(tmp_path, content, told):
    touch(tmp_path / "1.jpg")
    (tmp_path / "labels.csv").write_bytes(content)

    with pytest.raises(DatasetError, match=rf"^labels\.csv .*{told}.+ .+\."):
        layouts.read(tmp_path)


@pytest.mark.parametrize("bomb", [BOMB, OUTSIDE])
def test_an_xml_file_that_declares_entities_is_left_out_and_named(tmp_path, bomb):
    writing.voc(tmp_path, CARS)
    (tmp_path / "Annotations" / "3.xml").write_text(bomb)

    contents = layouts.read(tmp_path)

    (refused,) = [one for one in contents.skipped if one.path == "Annotations/3.xml"]
    assert refused.reason.startswith("declares entities or a document type")
    assert {one.label for one in contents.entries} == {"Red Van", "Blue Bus"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<annotation><object>", "is not valid XML"),
        (b"", "is not valid XML"),
        (b'<?xml version="1.0" encoding="no-such"?><annotation/>', "is not valid XML"),
        (b"<svg/>", "is no annotation of Pascal VOC"),
        (b"<annotation>" + b" " * 1_000_000 + b"</annotation>", "is larger than 1 MB"),
        (b"<a>" * 100_000, "is not valid XML"),
    ],
)
def test_a_damaged_xml_file_is_left_out_and_named(tmp_path, content, told):
    writing.voc(tmp_path, CARS)
    (tmp_path / "Annotations" / "3.xml").write_bytes(content)

    skipped = {one.path: one.reason for one in layouts.read(tmp_path).skipped}

    assert skipped["Annotations/3.xml"].startswith(told)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"images": [], "annotations": [', "is not valid JSON at line 1"),
        ('{"images": [], "annotations": []}', "has no list of categories"),
        ('{"images": {}, "annotations": 3}', "has no list of categories or images or"),
        ('["images", "annotations"]', "has no list of categories"),
        ('{"images": ' + "[" * 100_000 + ', "annotations": 1}', "is not valid JSON"),
    ],
)
def test_a_coco_file_that_is_none(tmp_path, content, told):
    touch(tmp_path / "1.jpg")
    (tmp_path / "cars.json").write_text(content)

    with pytest.raises(DatasetError, match=rf"^cars\.json {told}.+ .+\."):
        layouts.read(tmp_path)


def test_coco_records_that_lack_something_are_named_and_the_rest_is_read(tmp_path):
    writing.coco(tmp_path, [*CARS, Car("3.jpg", "Red Van", "train", Box(1, 1, 9, 9))])
    path = tmp_path / "annotations" / "instances_train.json"
    content = json.loads(path.read_text())
    content["images"] += [
        {"id": 9},
        7,
        {"file_name": "x.jpg"},
        {"id": [], "file_name": 1},
    ]
    content["annotations"] += [
        {},
        7,
        {"image_id": 0},
        {"image_id": {}, "category_id": []},
    ]
    content["annotations"][1]["bbox"] = ["a", None, 1e999, {}]
    path.write_text(json.dumps(content))

    found = layouts.read(tmp_path)

    assert {(one.path.name, one.box) for one in found.entries} == {
        ("1.jpg", Box(0, 1, 20, 30)),
        ("2.jpg", Box(3, 4, 5, 6)),
        ("3.jpg", None),
    }
    said = [one.reason for one in found.skipped]
    assert sum("lacks its file_name or its id" in one for one in said) == 4
    assert sum("names no image of the file" in one for one in said) == 3
    assert sum("names no class of the file" in one for one in said) == 1
    assert sum("gives the box" in one for one in said) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"class,file\nA,1.jpg\n", "cannot be read as a MATLAB file"),
        (b"", "cannot be read as a MATLAB file"),
        (
            b"MATLAB 5.0 MAT-file" + b" " * 105 + b"\0\x01IM" + b"\xff" * 400,
            "cannot be read",
        ),
        (
            b"\x80\x04\x95cos\nsystem\n(S'touch pwned'\ntR.",
            "cannot be read as a MATLAB",
        ),
    ],
)
def test_a_devkit_file_that_is_none(tmp_path, content, told):
    touch(tmp_path / "1.jpg")
    (tmp_path / "cars_annos.mat").write_bytes(content)

    with pytest.raises(
        DatasetError, match=rf"^cars_annos\.mat {told}.+Fetch the devkit"
    ):
        layouts.read(tmp_path)


def test_a_devkit_file_cut_short_is_refused(tmp_path):
    writing.whole_devkit(tmp_path, CARS)
    path = tmp_path / "cars_annos.mat"
    path.write_bytes(path.read_bytes()[:-200])

    with pytest.raises(
        DatasetError, match=r"^cars_annos\.mat .+Fetch the devkit again"
    ):
        layouts.read(tmp_path)


def test_a_matlab_file_of_something_else_is_refused(tmp_path):
    touch(tmp_path / "1.jpg")
    writing.savemat(tmp_path / "cars_annos.mat", {"annotations": 3, "class_names": "x"})

    with pytest.raises(DatasetError, match=r"^cars_annos\.mat has annotations without"):
        layouts.read(tmp_path)


def test_a_pipe_among_the_images_is_passed_over(tmp_path):
    writing.folders(tmp_path, CARS, {"train": "train", "test": "test"})
    os.mkfifo(tmp_path / "train" / "Red Van" / "pipe.jpg")

    assert proposal.look(tmp_path).total == 2


def test_a_link_that_leads_back_is_followed_once(tmp_path):
    writing.folders(tmp_path, CARS, {"train": "train", "test": "test"})
    (tmp_path / "train" / "Red Van" / "again").symlink_to(tmp_path)

    assert len(layouts.read(tmp_path).entries) == 2
