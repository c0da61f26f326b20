"""What is found wrong with a version."""

import shutil

import pytest

from carclf.datasets import health, versions
from carclf.store import labels
from carclf.store import versions as stored
from tests import drawing


def kinds(findings: list[health.Finding]) -> dict[str, health.Finding]:
    return {finding.kind: finding for finding in findings}


@pytest.fixture
def poor(settings, tmp_path):
    """A version with something of everything wrong."""
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


def test_a_good_version_has_nothing_to_report(settings, tmp_path):
    drawing.draw_table(tmp_path / "cars", train=15, test=2)
    version = versions.import_folder(settings, tmp_path / "cars", "cars")

    assert health.check(settings, version.id) == []


def test_everything_that_is_wrong_is_told_with_what_to_do(settings, poor):
    found = kinds(health.check(settings, poor.id))

    assert list(found) == [
        *("untrained class", "no validation", "few images", "uneven classes"),
        *("copies", "skipped files", "tiny images"),
    ]
    assert "Green Coupe" in found["untrained class"].words
    assert "Blue Bus: 4" in found["few images"].words
    assert "Red Van has 40" in found["uneven classes"].words
    assert "both “Blue Bus” and “Red Van”" in found["copies"].words
    assert "Red Van/empty.jpg is empty" in found["skipped files"].words
    assert all(finding.words.endswith(".") for finding in found.values())


def test_findings_point_at_their_images(settings, db, poor):
    names = {one.image_id: one.file_name for one in stored.examples(db, poor.id)}

    found = kinds(health.check(settings, poor.id))

    assert [names[one] for one in found["tiny images"].image_ids] == ["tiny.jpg"]
    assert [names[one] for one in found["copies"].image_ids] == ["copy.jpg"]
    assert len(found["few images"].image_ids) == 4


def test_a_label_changed_since_is_told(settings, db, version):
    image_id = stored.examples(db, version.id)[0].image_id
    labels.set(db, image_id, "Lorry", "person")

    finding = kinds(health.check(settings, version.id))["relabelled"]

    assert "frozen: 1 label." in finding.words
    assert finding.image_ids == (image_id,)


def test_photographs_gone_from_the_disk_are_told(settings, db, version):
    for example in stored.examples(db, version.id)[:7]:
        settings.resolve(example.path).unlink()

    finding = health.check(settings, version.id)[0]

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
