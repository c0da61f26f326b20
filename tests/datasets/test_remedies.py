"""What helps against a finding: events that are undone as one, and then frozen."""

import pytest

from carclf.datasets import relabelling, remedies, versions
from carclf.errors import DatasetError, StoreError
from carclf.store import batches, moves
from carclf.store import versions as stored


@pytest.fixture
def ids(db, version):
    """The images of a version, in its order: test, train, validation."""
    return [one.image_id for one in stored.examples(db, version.id)]


def splits(db, version_id):
    return stored.splits(db, version_id)


def test_moved_images_are_in_their_new_split_once_the_version_is_frozen(
    settings, db, version, ids
):
    before = splits(db, version.id)
    remedies.move(settings, version.id, ids[:3], "train")

    frozen = versions.freeze(settings, version.id, "moved")

    after = splits(db, frozen.id)
    assert after == before | dict.fromkeys(ids[:3], "train")
    assert splits(db, version.id) == before
    assert "but for 3 images that were moved" in frozen.split_rule
    assert frozen.hash != version.hash
    assert remedies.dealt_with(db, frozen.id) == {}


def test_the_moved_file_lies_in_the_folder_of_its_new_split(settings, db, version, ids):
    remedies.move(settings, version.id, ids[:1], "validation")

    versions.freeze(settings, version.id, "moved")

    name = stored.example(db, version.id, ids[0]).file_name
    found = (settings.data / "versions" / "moved").rglob(name)
    assert [path.parts[-3] for path in found] == ["validation"]


def test_a_move_of_one_version_leaves_others_as_they_are(settings, db, version, ids):
    other = versions.freeze(settings, version.id, "other")
    remedies.move(settings, version.id, ids[:3], "train")

    again = versions.freeze(settings, other.id, "again")

    assert again.hash == other.hash == version.hash


def test_a_deed_is_undone_as_one(settings, db, version, ids):
    moved = remedies.move(settings, version.id, ids[:3], "train")
    dropped = remedies.drop(settings, ids[2:6])
    assert (moved.events, dropped.events) == (3, 4)
    assert set(remedies.dealt_with(db, version.id)) == set(ids[:6])

    assert remedies.undo(settings, dropped.id) == 4
    assert set(remedies.dealt_with(db, version.id)) == set(ids[:3])
    assert remedies.undo(settings, moved.id) == 3

    assert remedies.dealt_with(db, version.id) == {}
    assert versions.freeze(settings, version.id, "same").hash == version.hash


def test_undoing_a_move_brings_back_the_one_before(settings, db, version, ids):
    remedies.move(settings, version.id, ids[:2], "train")
    second = remedies.move(settings, version.id, ids[1:3], "validation")

    remedies.undo(settings, second.id)

    assert remedies.dealt_with(db, version.id) == dict.fromkeys(
        ids[:2], "moved to train"
    )


def test_what_was_moved_again_since_stays_when_the_first_move_is_undone(
    settings, db, version, ids
):
    first = remedies.move(settings, version.id, ids[:2], "train")
    remedies.move(settings, version.id, ids[1:2], "validation")

    assert remedies.undo(settings, first.id) == 1

    assert remedies.dealt_with(db, version.id) == {ids[1]: "moved to validation"}
    with pytest.raises(StoreError, match="Nothing is left to take back"):
        remedies.undo(settings, first.id)


def test_a_move_to_where_all_images_are_is_refused(settings, version, ids):
    with pytest.raises(DatasetError, match="in test already"):
        remedies.move(settings, version.id, ids[:2], "test")
    with pytest.raises(DatasetError, match="Choose images first"):
        remedies.move(settings, version.id, [], "train")


def test_an_image_of_another_version_is_not_moved(settings, db, version):
    with pytest.raises(StoreError, match="is not in dataset version"):
        remedies.move(settings, version.id, [999], "train")

    assert moves.since_frozen(db, version.id) == []


def test_the_deeds_of_a_version_are_listed_newest_first(settings, db, version, ids):
    remedies.move(settings, version.id, ids[:3], "train")
    remedies.relabel(settings, ids[:2], version.id, "red van")
    undone = remedies.drop(settings, ids[5:6])
    remedies.undo(settings, undone.id)

    listed = [
        (one.what, one.events, one.undone)
        for one in batches.of_version(db, version.id, 10)
    ]

    assert listed == [("dropped", 1, 1), ("Red Van", 2, 0), ("moved to train", 3, 0)]


def test_what_waits_to_be_frozen_is_told_in_words(settings, db, version, ids):
    assert remedies.summary(db, version.id) == ""
    remedies.move(settings, version.id, ids[:1], "train")
    relabelling.drop(settings, ids[4])

    assert remedies.summary(db, version.id) == (
        "1 image is dropped, 1 image is moved to another split"
    )
    assert remedies.dealt_with(db, version.id) == {
        ids[0]: "moved to train",
        ids[4]: "dropped",
    }


def test_only_what_is_asked_after_is_told_with_all_that_was_done_to_it(
    settings, db, version, ids
):
    remedies.move(settings, version.id, ids[:2], "train")
    remedies.relabel(settings, ids[:2], version.id, "red van")
    remedies.drop(settings, ids[:1])

    assert remedies.dealt_with(db, version.id, ids[:1]) == {
        ids[0]: "now Red Van, dropped, moved to train"
    }
    assert remedies.dealt_with(db, version.id, ids[2:]) == {}


def test_of_images_moved_together_one_is_taken_back_alone(settings, db, version, ids):
    moved = remedies.move(settings, version.id, ids[:3], "train")

    remedies.undo_last(settings, version.id, ids[1])

    assert set(remedies.dealt_with(db, version.id)) == {ids[0], ids[2]}
    assert batches.get(db, moved.id).undone == 1
    assert remedies.undo(settings, moved.id) == 2
    with pytest.raises(DatasetError, match="nothing to undo"):
        remedies.undo_last(settings, version.id, ids[1])
