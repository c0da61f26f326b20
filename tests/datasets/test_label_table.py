"""Labels go out as a CSV file and come in again as one act."""

import csv

import pytest

from carclf import store
from carclf.datasets import label_table, relabelling, versions
from carclf.errors import DatasetError
from carclf.store import labels
from carclf.store import versions as stored
from tests import drawing


@pytest.fixture
def first(db, version):
    return stored.examples(db, version.id)[0]


def table(folder, *rows, header=("file", "label")):
    return drawing.write_table(folder / "labels.csv", list(header), list(rows))


def name_of(settings, one):
    with store.connect(settings.db_path) as db:
        return labels.current(db, one.image_id).name


def read_back(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_label_goes_out_as_it_is_now_with_who_said_so(
    settings, version, first, tmp_path
):
    relabelling.save(settings, first.image_id, version.id, "Red Van")

    count = label_table.write(settings, version.id, tmp_path / "out.csv")

    rows = read_back(tmp_path / "out.csv")
    [line] = [one for one in rows if one["sha256"] == first.sha256]
    assert count == len(rows) == 36
    assert (line["class"], line["frozen_class"]) == ("Red Van", "Blue Bus")
    assert (line["img_name"], line["source"]) == (first.file_name, "person")
    assert int(line["x1"]) == first.box.left


def test_what_went_out_comes_in_again_and_changes_nothing(settings, version, tmp_path):
    path = tmp_path / "out.csv"
    label_table.write(settings, version.id, path)

    report = label_table.read(settings, version.id, path)

    assert (report.batch, report.same) == (None, 36)
    assert label_table.in_words(report) == [
        "0 labels changed, 36 said the same before."
    ]


def test_no_vehicle_and_dropped_survive_the_way_out_and_in(
    settings, version, db, tmp_path
):
    no_vehicle, dropped = stored.examples(db, version.id)[:2]
    relabelling.reject(settings, no_vehicle.image_id)
    relabelling.drop(settings, dropped.image_id)
    label_table.write(settings, version.id, tmp_path / "out.csv")
    for one in (no_vehicle, dropped):
        relabelling.undo(settings, one.image_id)

    report = label_table.read(settings, version.id, tmp_path / "out.csv")

    assert report.batch.events == 2
    assert name_of(settings, no_vehicle) is None
    assert labels.current(db, dropped.image_id).is_dropped


def test_an_import_is_undone_as_one(settings, version, first, tmp_path):
    path = table(tmp_path, [first.file_name, "red van"], ["red-00.jpg", "Blue Bus"])

    report = label_table.read(settings, version.id, path)
    during = name_of(settings, first)
    relabelling.undo_batch(settings, report.batch.id)

    assert (report.batch.what, report.batch.events) == ("as in labels.csv", 2)
    assert (during, name_of(settings, first)) == ("Red Van", "Blue Bus")


def test_unknown_images_and_classes_are_told_and_not_taken(
    settings, version, first, tmp_path
):
    rows = [["gone.jpg", "Red Van"], [first.file_name, "Lorry"]]

    report = label_table.read(settings, version.id, table(tmp_path, *rows))

    assert report.unknown_images == ("gone.jpg",)
    assert report.new_classes == {"Lorry": 1}
    assert report.batch is None
    assert "“Lorry” (1)" in " ".join(label_table.in_words(report))
    assert name_of(settings, first) == "Blue Bus"


def test_new_classes_are_taken_where_that_is_asked(settings, version, first, tmp_path):
    path = table(tmp_path, [first.file_name, "Lorry"])

    label_table.read(settings, version.id, path, may_add_classes=True)

    assert name_of(settings, first) == "Lorry"


def test_content_tells_an_image_whatever_its_file_is_called(
    settings, version, first, tmp_path
):
    path = table(
        tmp_path,
        ["other.jpg", "Red Van", first.sha256],
        header=("img_name", "class", "sha256"),
    )

    assert label_table.read(settings, version.id, path).batch.events == 1
    assert name_of(settings, first) == "Red Van"


def test_a_name_that_several_images_have_is_not_guessed_at(settings, tmp_path):
    cars = drawing.draw_classes(tmp_path / "cars")
    version = versions.import_folder(settings, cars, "cars")

    report = label_table.read(
        settings, version.id, table(tmp_path, ["0.jpg", "Red Van"])
    )

    assert report.batch is None
    assert "3 images are called 0.jpg" in report.troubles[0]


@pytest.mark.parametrize(
    ("header", "words"),
    [(("file", "x"), "no column for the class"), (("class", "x"), "the file name")],
)
def test_a_table_without_class_or_file_is_refused(
    settings, version, tmp_path, header, words
):
    path = table(tmp_path, ["a.jpg", "b"], header=header)

    with pytest.raises(DatasetError, match=words):
        label_table.read(settings, version.id, path)


def test_an_exported_table_beside_its_images_is_a_data_set(
    settings, version, cars, first
):
    relabelling.save(settings, first.image_id, version.id, "Red Van")
    label_table.write(settings, version.id, cars / "labels.csv")

    again = versions.import_folder(settings, cars, "again", validation_split=0)

    with store.connect(settings.db_path) as db:
        assert stored.example(db, again.id, first.image_id).label == "Red Van"
        assert stored.example(db, again.id, first.image_id).box == first.box
