"""Labels and boxes of many photographs from the command line."""

import csv

import pytest

from tests import drawing
from tests.cli.test_cli import TINY, caller

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("label")


@pytest.fixture(scope="module")
def carclf(home):
    """The command, in a home with a run on drawn cars."""
    call = caller(home)
    call("datasets", "import", drawing.draw_table(home / "in"), "--name", "cars")
    recipe = home / "tiny.yml"
    recipe.write_text(TINY % 2)
    call("train", recipe)
    return call


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_labels_go_out_come_in_and_are_taken_back(carclf, home):
    out = home / "labels.csv"
    carclf("label", "export", "cars", out)
    vans = [one for one in rows_of(out) if one["class"] == "Red Van"]
    rows = [
        [one["img_name"], "Blue Bus" if place < 3 else one["class"]]
        for place, one in enumerate(vans[:6])
    ]
    table = drawing.write_table(home / "new.csv", ["file", "class"], rows)

    said = carclf("label", "import", "cars", table).stdout
    carclf("label", "undo-batch", 1)
    again = carclf("label", "import", "cars", out).stdout

    assert "3 labels changed, 3 said the same before." in said
    assert "carclf label undo-batch 1" in said
    assert "0 labels changed, 36 said the same before." in again


def test_what_an_import_does_not_know_is_told(carclf, home):
    rows = [["gone.jpg", "Red Van"], ["red-01.jpg", "Lorry"]]
    table = drawing.write_table(home / "odd.csv", ["file", "class"], rows)

    said = carclf("label", "import", "cars", table).stdout

    assert "gone.jpg" in said
    assert "“Lorry” (1)" in said


def test_a_box_is_set_by_file(carclf, home):
    image = home / "in" / "images" / "red-01.jpg"

    said = carclf("label", "box", image, 1, 2, 30, 40).stdout
    none = carclf("label", "box", image).stdout
    refused = carclf("label", "box", image, 1, 2, 3, code=1).stderr

    outside = carclf("label", "box", image, 900, 2, 950, 40, code=1).stderr
    back = carclf("label", "box", image, "--undo").stdout

    assert "red-01.jpg: 1, 2, 30, 40" in said
    assert "red-01.jpg: no box" in none
    assert "1 2 3 is no box" in refused
    assert "lies outside the picture, which is 128 × 96 pixels" in outside
    assert "red-01.jpg: 1, 2, 30, 40" in back


def test_undo_goes_back_label_by_label_to_what_was_imported(carclf, home):
    image = home / "in" / "images" / "red-02.jpg"
    for name in ("Blue Bus", "Green Coupe"):
        carclf("label", "set", image, name)

    said = [carclf("label", "undo", image).stdout for _ in range(2)]
    refused = carclf("label", "undo", image, code=1).stderr

    assert "red-02.jpg: Blue Bus" in said[0]
    assert "red-02.jpg: Red Van" in said[1]
    assert "nothing to undo" in refused


def test_a_table_that_cannot_be_written_or_read_is_told_in_words(carclf, home):
    nowhere = carclf("label", "export", "cars", home / "no" / "out.csv", code=1).stderr
    missing = carclf("label", "import", "cars", home / "no.csv", code=1).stderr

    assert "Make its folder first" in nowhere
    assert "Check the path" in missing


@pytest.mark.parametrize(("split", "images"), [("test", 12), ("train", 18)])
def test_the_labels_to_doubt_are_listed(carclf, split, images):
    listed = carclf("label", "queue", "tiny", "--split", split).stdout.splitlines()

    assert len(listed) == images
    assert all(len(line.split("\t")) == 6 for line in listed)
