"""What a person says of an image is an event, and freezing obeys it."""

import pytest

from carclf import store
from carclf.datasets import relabelling, versions
from carclf.errors import DatasetError
from carclf.records import Change
from carclf.store import labels
from carclf.store import versions as stored


@pytest.fixture
def first(settings, version):
    with store.connect(settings.db_path) as db:
        return stored.examples(db, version.id)[0]


def frozen_again(settings, version):
    again = versions.freeze(settings, version.id, "again")
    with store.connect(settings.db_path) as db:
        skipped = [(one.path, one.reason) for one in stored.skipped(db, again.id)]
        return stored.examples(db, again.id), skipped


def test_a_dropped_image_is_left_out_of_the_next_frozen_version(
    settings, version, first
):
    relabelling.drop(settings, first.image_id)

    examples, skipped = frozen_again(settings, version)

    assert len(examples) == 35
    assert first.image_id not in {one.image_id for one in examples}
    assert skipped == [(first.file_name, "was dropped by a person.")]


def test_an_image_of_no_vehicle_is_left_out_for_another_reason(
    settings, version, first
):
    relabelling.reject(settings, first.image_id)

    _, skipped = frozen_again(settings, version)

    assert skipped == [(first.file_name, "is labelled as no vehicle of any class.")]


def test_a_drop_that_was_undone_leaves_nothing_out(settings, version, first):
    relabelling.drop(settings, first.image_id)
    relabelling.undo(settings, first.image_id)

    examples, skipped = frozen_again(settings, version)

    assert (len(examples), skipped) == (36, [])


def test_saving_a_label_takes_a_dropped_image_in_again(settings, version, first):
    relabelling.drop(settings, first.image_id)

    is_new = relabelling.save(settings, first.image_id, version.id, first.label)

    assert is_new
    assert len(frozen_again(settings, version)[0]) == 36


def test_saying_the_same_again_adds_no_event(settings, db, version, first):
    assert relabelling.drop(settings, first.image_id)
    assert not relabelling.drop(settings, first.image_id)
    assert not relabelling.undo(settings, first.image_id).is_dropped
    assert not relabelling.save(settings, first.image_id, version.id, first.label)

    assert len(labels.history(db, first.image_id)) == 3


def test_an_import_takes_no_dropped_image_in_again(settings, cars, db, first):
    relabelling.drop(settings, first.image_id)

    versions.import_folder(settings, cars, "again")

    assert labels.current(db, first.image_id).is_dropped


def test_what_nobody_said_cannot_be_undone(settings, first):
    with pytest.raises(DatasetError, match="nothing to undo"):
        relabelling.undo(settings, first.image_id)


def test_without_a_version_any_class_in_use_may_be_meant(settings, db, first):
    relabelling.save(settings, first.image_id, None, "  red   van ")

    assert labels.current(db, first.image_id).name == "Red Van"


def test_changes_are_told_by_kind():
    relabelled = Change(1, "Van", "Bus")
    dropped = [Change(2, "Van", "Van", True), Change(3, "Van", "Van", True)]

    assert relabelling.summary([]) == ""
    assert relabelling.summary([relabelled]) == "1 label differs from this version"
    assert relabelling.summary([relabelled, *dropped]) == (
        "1 label differs from this version, 2 images are dropped"
    )


def test_many_images_are_labelled_as_one_and_taken_back_as_one(settings, db, version):
    examples = stored.examples(db, version.id)[:3]
    chosen = [one.image_id for one in examples]

    batch = relabelling.save_many(settings, chosen, version.id, "green  COUPE")
    named = [labels.current(db, one).name for one in chosen]
    relabelling.undo_batch(settings, batch.id)

    assert named == ["Green Coupe"] * 3
    assert [labels.current(db, one).name for one in chosen] == [
        one.label for one in examples
    ]


def test_a_batch_holds_only_what_is_new(settings, db, version):
    chosen = [one.image_id for one in stored.examples(db, version.id)[:3]]
    relabelling.drop(settings, chosen[0])

    batch = relabelling.drop_many(settings, chosen)

    assert (batch.what, batch.events) == ("dropped", 2)
    with pytest.raises(DatasetError, match="said of these images already"):
        relabelling.drop_many(settings, chosen)
    with pytest.raises(DatasetError, match="Choose images first"):
        relabelling.reject_many(settings, [])


def test_many_images_can_show_no_vehicle(settings, db, version):
    chosen = [one.image_id for one in stored.examples(db, version.id)[:2]]

    relabelling.reject_many(settings, chosen)

    assert [labels.current(db, one).name for one in chosen] == [None, None]
