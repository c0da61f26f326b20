"""A photograph that was labelled by itself comes into a version, once and whole."""

import pytest

from carclf import store
from carclf.config import Treatment
from carclf.datasets import additions, versions
from carclf.errors import DatasetError, UnreadableImageError
from carclf.store import images as stored_images
from carclf.store import labels
from carclf.store import versions as stored
from tests import drawing


@pytest.fixture
def photograph(tmp_path):
    return drawing.draw(tmp_path / "my car.jpg", "Yellow Cab", 99)


def test_it_becomes_an_image_with_a_label_event(settings, db, photograph):
    saved = additions.label(settings, photograph, "Yellow Cab", "person")

    image = stored_images.get(db, saved.image_id)
    assert settings.resolve(image.path).read_bytes() == photograph.read_bytes()
    assert [(one.name, one.source) for one in labels.history(db, image.id)] == [
        ("Yellow Cab", "person")
    ]
    assert additions.waiting(settings) == [saved]


def test_the_same_bytes_are_the_same_image_and_saying_it_twice_is_one_event(
    settings, db, photograph, tmp_path
):
    copy = drawing.copy(photograph, tmp_path / "copy.jpg")

    first = additions.label(settings, photograph, "Yellow Cab", "person")
    again = additions.label(settings, copy, "Yellow Cab", "run 3")
    other = additions.label(settings, copy, "Red Van", "person")

    assert again == first
    assert other.image_id == first.image_id
    assert additions.waiting(settings) == [other]


def test_a_new_version_is_the_old_one_and_what_waited(
    settings, version, photograph, db
):
    saved = additions.label(settings, photograph, "Yellow Cab", "person")

    made = additions.freeze(settings, version.id, "cars and a cab", "validation")

    assert made.parent_id == version.id
    assert made.counts == {
        **version.counts,
        "validation": version.counts["validation"] + 1,
    }
    assert set(made.classes) == {*version.classes, "Yellow Cab"}
    added = stored.example(db, made.id, saved.image_id)
    assert (added.label, added.split) == ("Yellow Cab", "validation")
    folder = settings.data / "versions" / "cars and a cab" / "validation" / "Yellow Cab"
    assert [one.read_bytes() for one in folder.iterdir()] == [photograph.read_bytes()]
    assert additions.waiting(settings) == []


def test_a_photograph_that_a_version_holds_does_not_wait_for_one(settings, version, db):
    member = stored.examples(db, version.id)[0]

    saved = additions.label(
        settings, settings.resolve(member.path), "Yellow Cab", "person"
    )

    assert saved.image_id == member.image_id
    assert additions.waiting(settings) == []
    assert [one.name for one in additions.holding(settings, saved.image_id)] == ["cars"]


def test_without_anything_that_waits_no_version_is_made(settings, version):
    with pytest.raises(DatasetError, match="No labelled photograph waits"):
        additions.freeze(settings, version.id, "again", "train")


def test_a_treated_version_takes_no_photograph_as_it_was_taken(
    settings, version, photograph
):
    treated = versions.treat(settings, version.id, Treatment(remover="box"), "boxes")
    additions.label(settings, photograph, "Yellow Cab", "person")

    with pytest.raises(DatasetError, match="were treated by box"):
        additions.freeze(settings, treated.id, "more boxes", "train")


def test_what_is_no_image_leaves_nothing_behind(settings, tmp_path):
    (tmp_path / "no.jpg").write_bytes(b"\xff\xd8\xff")

    with pytest.raises(UnreadableImageError):
        additions.label(settings, tmp_path / "no.jpg", "Yellow Cab", "person")
    assert not (settings.data / "images").exists()


def test_a_store_that_fails_leaves_no_photograph_behind(
    settings, photograph, monkeypatch
):
    def fails(*_, **__):
        raise RuntimeError("the store is gone")

    monkeypatch.setattr(labels, "set", fails)
    with pytest.raises(RuntimeError):
        additions.label(settings, photograph, "Yellow Cab", "person")

    assert not [one for one in settings.data.rglob("*") if one.is_file()]
    with store.connect(settings.db_path) as db:
        assert labels.outside_versions(db) == []
