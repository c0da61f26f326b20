"""What is found wrong with a version."""

import shutil

import cv2
import numpy as np
import pytest

from carclf import images
from carclf.datasets import health, versions
from carclf.store import checkups, looks
from carclf.store import versions as stored
from tests import drawing


def kinds(findings: list[health.Finding]) -> dict[str, health.Finding]:
    return {finding.kind: finding for finding in findings}


@pytest.fixture
def poor(settings, tmp_path):
    """A version with something of everything wrong in its list."""
    cars = tmp_path / "poor"
    for label, count in (("Red Van", 40), ("Blue Bus", 3)):
        for seed in range(count):
            drawing.draw(cars / "train" / label / f"{seed}.jpg", label, seed)
    drawing.draw(cars / "test" / "Green Coupe" / "0.jpg", "Green Coupe")
    drawing.draw(
        cars / "train" / "Red Van" / "tiny.jpg", "Red Van", 99, height=60, width=60
    )
    drawing.copy(
        cars / "train" / "Red Van" / "0.jpg", cars / "train" / "Blue Bus" / "copy.jpg"
    )
    (cars / "train" / "Red Van" / "empty.jpg").write_bytes(b"")
    return versions.import_folder(settings, cars, "poor", validation_split=0.0)


@pytest.fixture
def seen(settings, tmp_path):
    """Return a function that adds pictures to good ones, and tells what looking finds.

    A picture is named by split, class and file.
    """

    def look(pictures: dict[str, np.ndarray]) -> dict[str, list[str]]:
        folder = drawing.draw_scenes(tmp_path / "cars" / "train")
        for name, picture in pictures.items():
            images.write(folder.parent / name, picture)
        version = versions.import_folder(settings, folder.parent, "seen")
        found = health.look(settings, version.id)
        return {one.kind: named(settings, version, one) for one in found}

    return look


def named(settings, version, finding):
    """Return the names of a finding's files; of groups, a tuple each."""
    with health.store.connect(settings.db_path) as db:
        names = {one.image_id: one.file_name for one in stored.examples(db, version.id)}
    if finding.groups:
        return [tuple(names[one] for one in group) for group in finding.groups]
    return [names[one] for one in finding.image_ids]


def test_a_good_version_has_nothing_to_report(settings, tmp_path):
    folder = drawing.draw_scenes(tmp_path / "cars", each=15)
    version = versions.import_folder(settings, folder, "cars")

    assert health.look(settings, version.id) == []


def test_everything_that_is_wrong_is_told_with_what_to_do(settings, poor):
    found = kinds(health.check(settings, poor.id))

    assert list(found) == [
        *("disputed copies", "untrained class", "no validation", "too few to split"),
        *("few images", "tiny images", "uneven classes", "skipped files"),
    ]
    assert "Green Coupe" in found["untrained class"].words
    assert "Blue Bus: 4; " not in found["few images"].words
    assert "Blue Bus: 4" in found["few images"].words
    assert "Green Coupe: 1; Blue Bus: 4" in found["too few to split"].words
    assert "Red Van has 40" in found["uneven classes"].words
    copies = found["disputed copies"].words
    assert "(Red Van/0.jpg is Blue Bus/copy.jpg)" in copies
    assert "Red Van/empty.jpg is empty" in found["skipped files"].words
    assert all(finding.words.endswith(".") for finding in found.values())


def test_findings_point_at_their_images(settings, db, poor):
    names = {one.image_id: one.file_name for one in stored.examples(db, poor.id)}

    found = kinds(health.check(settings, poor.id))

    assert [names[one] for one in found["tiny images"].image_ids] == ["tiny.jpg"]
    assert [names[one] for one in found["disputed copies"].image_ids] == ["copy.jpg"]
    [few] = health.images_of(db, poor.id, found["few images"])
    assert {names[one] for one in few} == {"0.jpg", "1.jpg", "2.jpg", "copy.jpg"}


def test_photographs_gone_from_the_disk_are_told(settings, db, version):
    for example in stored.examples(db, version.id)[:7]:
        settings.resolve(example.path).unlink()

    finding = health.look(settings, version.id)[0]

    assert finding.kind == "missing files"
    assert ": 7 photographs (" in finding.words
    assert "and 2 more" in finding.words
    assert len(finding.image_ids) == 7


def test_a_photograph_altered_in_place_is_told_and_mended_by_importing_it_again(
    settings, db, cars, version, tmp_path
):
    originals = shutil.copytree(cars, tmp_path / "originals")
    one = stored.examples(db, version.id)[0]
    with settings.resolve(one.path).open("ab") as file:
        file.write(b"a comment")

    finding = health.check(settings, version.id)[0]
    versions.import_folder(settings, originals, "again")

    assert finding.kind == "altered files"
    assert finding.image_ids == (one.image_id,)
    assert "altered files" not in kinds(health.check(settings, version.id))


def test_a_file_of_the_same_size_with_other_bytes_is_told_as_altered(
    settings, db, version
):
    path = settings.resolve(stored.examples(db, version.id)[0].path)
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)

    [finding] = [
        one for one in health.look(settings, version.id) if one.of.grade == "grave"
    ]

    assert finding.kind in ("altered files", "unreadable files")
    assert len(finding.image_ids) == 1


def test_a_damaged_file_is_told_with_what_is_wrong(settings, db, version):
    path = settings.resolve(stored.examples(db, version.id)[0].path)
    size = path.stat().st_size
    path.write_bytes(b"\xff\xd8" + b"\0" * (size - 2))

    found = kinds(health.look(settings, version.id))

    assert "cannot be read as an image" in found["unreadable files"].words


def test_pictures_in_which_little_is_to_be_seen_are_told_apart(seen):
    one, two, three, four = (drawing.scene(seed) for seed in range(50, 54))
    grey = np.repeat(three.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    found = seen(
        {
            "train/Red Van/dark.png": one // 5,
            "train/Red Van/bleached.png": 100 + two // 2,
            "train/Red Van/grey.png": grey,
            "train/Red Van/soft.png": cv2.GaussianBlur(four, (0, 0), 4),
            "train/Red Van/blank.png": np.full((96, 128, 3), 90, np.uint8),
            "train/Red Van/tall.png": drawing.scene(54, 320, 200),
            "train/Red Van/strip.png": drawing.scene(55, 70, 320),
        }
    )

    assert found == {
        "blank": ["blank.png"],
        "dark": ["dark.png"],
        "washed out": ["bleached.png"],
        "blurred": ["soft.png"],
        "upended": ["tall.png"],
        "stripes": ["strip.png"],
        "grey": ["grey.png"],
        "few images": [],
    }


def test_the_light_of_cut_outs_is_not_judged(settings, db, tmp_path):
    folder = drawing.draw_scenes(tmp_path / "cars")
    images.write(folder / "Red Van" / "dark.png", drawing.scene(50) // 5)
    whole = versions.import_folder(settings, folder, "whole")
    treatment = {"remover": "u2netp", "output": "cutout", "fill": "#000000"}
    cut_out = stored.create(
        db,
        "cut out",
        "a hash",
        stored.examples(db, whole.id),
        treatment=treatment,
        source="drawn",
        split_rule="as before",
    )

    assert "dark" in kinds(health.look(settings, whole.id))
    assert "dark" not in kinds(health.look(settings, cut_out))


def test_a_photograph_that_the_camera_turned_is_told(settings, tmp_path):
    folder = drawing.draw_classes(tmp_path / "cars")
    drawing.draw(folder / "Red Van" / "x.jpg", "Red Van", 40)
    turn(folder / "Red Van" / "x.jpg", 6)
    version = versions.import_folder(settings, folder, "turned")

    found = kinds(health.look(settings, version.id))

    assert named(settings, version, found["turned"]) == ["x.jpg"]


def turn(path, orientation):
    with images.Pillow.open(path) as picture:
        exif = picture.getexif()
        exif[0x0112] = orientation
        picture.save(path, exif=exif, quality=95)


def test_the_same_picture_is_found_in_other_bytes_sizes_and_mirrored(seen):
    one, two, three = (drawing.scene(seed) for seed in (61, 62, 63))
    half = cv2.resize(two, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    found = seen(
        {
            "train/Red Van/one.png": one,
            "train/Red Van/again.jpg": one,
            "train/Red Van/two.png": two,
            "train/Blue Bus/half.png": half,
            "train/Red Van/three.png": three,
            "test/Red Van/mirrored.png": np.ascontiguousarray(three[:, ::-1]),
            "train/Red Van/four.png": drawing.scene(64),
        }
    )

    assert [set(group) for group in found["repeats"]] == [{"one.png", "again.jpg"}]
    assert [set(group) for group in found["conflict"]] == [{"two.png", "half.png"}]
    # What is to be kept comes first: the test image.
    assert found["leak"] == [("mirrored.png", "three.png")]


def test_what_was_looked_at_is_kept_for_other_versions(settings, db, version):
    health.look(settings, version.id)
    for one in stored.examples(db, version.id):
        path = settings.resolve(one.path)
        path.write_bytes(b"\0" * path.stat().st_size)
    frozen = versions.freeze(settings, version.id, "frozen")

    found = health.look(settings, frozen.id)

    # Nobody opened a file, or all would be told as unreadable.
    assert "unreadable files" not in kinds(found)
    assert len(looks.of_version(db, frozen.id, health.RULES)) == 36


def test_a_look_that_is_stopped_keeps_what_it_measured(settings, db, version):
    told = []
    found = health.look(
        settings,
        version.id,
        on_progress=lambda done, total: told.append((done, total)),
        stop_requested=lambda: told[-1][0] > 0,
    )

    assert found is None
    assert told == [(0, 36), (32, 36)]
    assert len(looks.of_version(db, version.id, health.RULES)) == 32
    assert checkups.get(db, version.id, health.RULES) is None


def test_what_was_found_is_told_again_without_looking(settings, version, poor):
    assert health.glance(settings, poor.id).at is None
    before = {one.kind for one in health.glance(settings, poor.id).findings}
    found = health.look(settings, poor.id)

    again = health.glance(settings, poor.id)

    assert list(again.findings) == found
    assert again.at is not None
    assert before < {one.kind for one in found}
