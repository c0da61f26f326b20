"""What is shown of a folder before anything of it is imported."""

import pytest

from carclf.datasets import layouts, proposal, versions
from carclf.datasets.layouts import Kind
from carclf.errors import DatasetError
from carclf.records import Box
from carclf.store import versions as stored
from tests import drawing
from tests.datasets.writing import touch
from tests.waiting import PATIENCE_S


def found_of(root, kind, **correction):
    reading = layouts.Reading.model_validate(correction)
    looked = proposal.look(root, reading, opening_s=PATIENCE_S)
    return next((one for one in looked.findings if one.kind is kind), None)


def test_a_look_tells_layout_counts_boxes_and_plan(cars):
    looked = proposal.look(cars, opening_s=PATIENCE_S)

    assert (looked.layout, looked.words) == ("table", "a table, labels.csv")
    assert looked.counts[("Blue Bus", "train")] == 8
    assert looked.counts[("Red Van", "test")] == 4
    assert (looked.total, looked.boxes, looked.opened) == (36, 36, 36)
    assert looked.mapping["class"] == "class"
    assert looked.mapping["right"] == "x2"
    assert (looked.findings, looked.problem) == ((), "")
    assert looked.plan[0].startswith("36 images of 3 classes")
    assert "20 % of each class" in looked.plan[1]


def test_looking_writes_nothing_to_the_store(settings, db, cars):
    before = settings.db_path.stat().st_mtime_ns, sorted(settings.home.rglob("*"))

    proposal.look(cars)

    assert (
        settings.db_path.stat().st_mtime_ns,
        sorted(settings.home.rglob("*")),
    ) == before
    assert stored.every(db) == []


def test_what_was_shown_is_what_is_imported(settings, cars):
    touch(cars / "images" / "stray.jpg")
    reading = layouts.Reading(leave_out=("Red Van",), splits={"test": "validation"})

    looked = proposal.look(cars, reading)
    version = versions.import_folder(settings, cars, "cars", reading=reading)

    assert looked.total == sum(version.counts.values()) == 24
    assert version.counts["validation"] == 8
    assert version.classes == ("Blue Bus", "Green Coupe")
    assert "Red Van" in looked.classes


def test_a_folder_that_cannot_be_imported_yet_is_shown_with_its_columns(cars):
    text = (cars / "labels.csv").read_text().replace("class,", "Bauart,")
    (cars / "labels.csv").write_text(text)

    looked = proposal.look(cars)

    assert "no column for the class" in looked.problem
    assert looked.columns[:3] == ("Bauart", "img_name", "subset")
    assert looked.plan == ()
    assert proposal.look(cars, layouts.Reading(columns={"class": "Bauart"})).total == 36


def test_boxes_beyond_their_image_are_found_and_cut_at_the_import(settings, db, cars):
    lines = (cars / "labels.csv").read_text().splitlines()
    start = ",".join(lines[1].split(",")[:3])
    lines[1] = f"{start},100,40,400,90"
    (cars / "labels.csv").write_text("\n".join(lines))

    finding = found_of(cars, Kind.BEYOND)
    version = versions.import_folder(settings, cars, "cars")

    assert finding.count == 1
    assert "100, 40, 400, 90 in an image of 128 × 96" in finding.examples[0]
    assert Box(100, 40, 128, 90) in {one.box for one in stored.examples(db, version.id)}
    assert "it is cut to the image" in stored.skipped(db, version.id)[0].reason


def test_files_that_are_no_images_are_found_by_their_first_bytes(tmp_path):
    drawing.draw_classes(tmp_path, each=3)
    (tmp_path / "Red Van" / "0.jpg").write_text("no picture")

    finding = found_of(tmp_path, Kind.UNREADABLE)

    assert finding.count == 1
    assert finding.examples[0].startswith("Red Van/0.jpg cannot be read as an image")


def test_examples_are_few_and_counts_are_whole(tmp_path):
    drawing.draw_classes(tmp_path, each=1)
    for number in range(20):
        touch(tmp_path / f"{number}.jpg")

    finding = found_of(tmp_path, Kind.STRAY)

    assert (finding.count, len(finding.examples)) == (20, proposal.EXAMPLES)


def test_classes_told_apart_by_case_or_signs_alone_are_named(tmp_path):
    drawing.draw_classes(tmp_path, ("BMW 3-Series", "bmw 3 series", "Audi"), each=2)

    finding = found_of(tmp_path, Kind.ALIKE)

    assert finding.examples == ("BMW 3-Series (2), bmw 3 series (2) are told apart.",)


def test_missing_splits_and_classes_without_training_images_are_told(tmp_path):
    for place in ("train/A/1.jpg", "train/B/2.jpg", "valid/C/3.jpg"):
        drawing.draw(tmp_path / place)

    assert "train, validation" in found_of(tmp_path, Kind.NO_TEST).examples[0]
    assert "“C” has images to test" in found_of(tmp_path, Kind.UNTRAINED).examples[0]
    assert found_of(tmp_path, Kind.SINGLE).count == 3


def test_a_short_time_opens_some_and_says_so(cars):
    looked = proposal.look(cars, opening_s=0.0)

    assert looked.opened < looked.total
    assert f"{looked.opened} of 36 images were opened" in looked.plan[-1]


def test_samples_come_from_classes_evenly_chosen(tmp_path):
    for number in range(30):
        drawing.draw(tmp_path / f"class {number:02d}" / "1.jpg")

    samples = proposal.look(tmp_path).samples

    assert [one.label for one in samples] == [
        f"class {at:02d}" for at in range(0, 30, 3)
    ]


@pytest.mark.parametrize(
    ("correction", "told"),
    [
        ({"columns": {"colour": "x"}}, "columns colour"),
        ({"layout": "zip"}, "layout"),
        ({"splits": {"a": "b"}}, "splits a"),
        ({"wheels": 4}, "wheels"),
    ],
)
def test_a_correction_that_is_none_is_refused_by_name(correction, told):
    with pytest.raises(DatasetError, match=f"“{told}” cannot be read so"):
        layouts.reading.from_plain(correction)


@pytest.mark.parametrize(
    ("name", "images", "classes", "boxes"),
    [
        ("sample_renders", 468, 13, 468),
        ("cars_small12", 380, 12, 0),
        ("cars_crops", 4273, 156, 0),
        ("cars_uncropped128", 4112, 156, 4112),
    ],
)
def test_the_sets_at_hand_are_recognised_whole(shared, name, images, classes, boxes):
    looked = proposal.look(shared / "data" / name)

    assert (looked.total, len(looked.classes), looked.boxes) == (images, classes, boxes)
    assert looked.problem == ""
    assert {one.kind for one in looked.findings} <= {Kind.BEYOND}
