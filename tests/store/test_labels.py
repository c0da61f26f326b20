"""Labels are events; none is ever changed or lost."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from carclf import store
from carclf.errors import StoreError
from carclf.records import Change
from carclf.store import images, labels, versions


@pytest.fixture
def image_id(db):
    return images.add(db, "a" * 64, Path("a.jpg"), 1, 1, 1)


def test_the_last_label_counts_and_all_are_kept(db, image_id):
    labels.set(db, image_id, "Red Van", "import")
    labels.set(db, image_id, "Blue Bus", "person")
    labels.set(db, image_id, None, "run 3")

    events = labels.history(db, image_id)

    assert [(one.name, one.source) for one in events] == [
        ("Red Van", "import"),
        ("Blue Bus", "person"),
        (None, "run 3"),
    ]
    assert labels.current(db, image_id) == events[-1]


def test_an_image_that_nobody_labelled_has_no_label(db, image_id):
    assert labels.current(db, image_id) is None


@given(name=some.text(some.characters(exclude_categories=["Cs"])))
def test_any_class_name_comes_back_as_it_was(tmp_path_factory, name):
    db_path = tmp_path_factory.getbasetemp() / "names" / "runs.db"
    store.prepare(db_path)
    with store.connect(db_path) as db:
        image_id = images.add(db, "a" * 64, Path("a.jpg"), 1, 1, 1)
        labels.set(db, image_id, name, "person")

        assert labels.current(db, image_id).name == name


def test_undoing_brings_the_label_before_back_by_an_event(db, image_id):
    labels.set(db, image_id, "Red Van", "import")
    wrong = labels.set(db, image_id, "Blue Bus", "person")

    undone = labels.undo(db, wrong.id, "person")

    assert labels.current(db, image_id) == undone
    assert (undone.name, undone.undoes) == ("Red Van", wrong.id)
    assert len(labels.history(db, image_id)) == 3


def test_an_undo_can_be_undone(db, image_id):
    labels.set(db, image_id, "Red Van", "import")
    wrong = labels.set(db, image_id, "Blue Bus", "person")

    again = labels.undo(db, labels.undo(db, wrong.id, "person").id, "person")

    assert again.name == "Blue Bus"


def test_only_the_last_label_can_be_undone(db, image_id):
    labels.set(db, image_id, "Red Van", "import")
    early = labels.set(db, image_id, "Blue Bus", "person")
    labels.set(db, image_id, "Green Coupe", "person")

    with pytest.raises(StoreError, match="labelled again since"):
        labels.undo(db, early.id, "person")

    assert labels.current(db, image_id).name == "Green Coupe"


def test_a_first_label_and_an_unknown_one_cannot_be_undone(db, image_id):
    first = labels.set(db, image_id, "Red Van", "import")

    with pytest.raises(StoreError, match="first label"):
        labels.undo(db, first.id, "person")
    with pytest.raises(StoreError, match="no label event 99"):
        labels.undo(db, 99, "person")


def test_changes_since_freezing_are_told_and_a_change_back_is_none(db, version):
    first, second, *_ = versions.examples(db, version.id)
    labels.set(db, first.image_id, "Other", "person")
    labels.set(db, second.image_id, "Other", "person")
    labels.set(db, second.image_id, second.label, "person")

    changed = labels.changed_since_frozen(db, version.id)

    assert changed == [Change(first.image_id, first.label, "Other")]


def test_a_label_taken_away_is_a_change(db, version):
    first, *_ = versions.examples(db, version.id)
    labels.set(db, first.image_id, None, "person")

    assert labels.changed_since_frozen(db, version.id) == [
        Change(first.image_id, first.label, None)
    ]


def test_a_drop_is_a_change_that_leaves_the_class_alone(db, version):
    first, *_ = versions.examples(db, version.id)
    dropped = labels.set(db, first.image_id, first.label, "person", is_dropped=True)

    changed = labels.changed_since_frozen(db, version.id)
    labels.undo(db, dropped.id, "person")

    assert changed == [Change(first.image_id, first.label, first.label, True)]
    assert labels.current(db, first.image_id).is_dropped is False
    assert labels.changed_since_frozen(db, version.id) == []


def test_an_undone_label_is_dropped_again_if_it_was_before(db, image_id):
    labels.set(db, image_id, "Red Van", "import")
    labels.set(db, image_id, "Red Van", "person", is_dropped=True)
    taken_in = labels.set(db, image_id, "Blue Bus", "person")

    labels.undo(db, taken_in.id, "person")

    now = labels.current(db, image_id)
    assert (now.name, now.is_dropped) == ("Red Van", True)


def test_the_classes_in_use_are_those_of_the_labels_that_count(db, image_id):
    labels.set(db, image_id, "Red Van", "import")
    labels.set(db, image_id, "Blue Bus", "person")

    assert labels.names(db) == ["Blue Bus"]


def test_a_label_before_one_that_was_undone_can_be_undone_too(db, image_id):
    labels.set(db, image_id, "Red Van", "import")
    early = labels.set(db, image_id, "Blue Bus", "person")
    late = labels.set(db, image_id, "Green Coupe", "person")

    labels.undo(db, late.id, "person")
    labels.undo(db, early.id, "person")

    assert labels.current(db, image_id).name == "Red Van"
    assert labels.standing(labels.history(db, image_id))[-1].name == "Red Van"


@given(said=some.lists(some.sampled_from(["Red Van", "Blue Bus", None]), max_size=6))
def test_undoing_everything_leads_back_to_the_first_label(tmp_path_factory, said):
    db_path = tmp_path_factory.mktemp("undone") / "runs.db"
    store.prepare(db_path)
    with store.connect(db_path) as db:
        image_id = images.add(db, "a" * 64, Path("a.jpg"), 1, 1, 1)
        labels.set(db, image_id, "First", "import")
        events = [labels.set(db, image_id, name, "person") for name in said]

        for event in reversed(events):
            labels.undo(db, event.id, "person")

        assert labels.current(db, image_id).name == "First"
        assert len(labels.history(db, image_id)) == 1 + 2 * len(said)


@pytest.fixture
def batch(db):
    """Three images, relabelled at once."""
    with db.atomic():
        batch = labels.begin_batch(db, "Blue Bus", "person")
        for number in range(3):
            image_id = images.add(db, str(number), Path("a.jpg"), 1, 1, 1)
            labels.set(db, image_id, "Red Van", "import")
            labels.set(db, image_id, "Blue Bus", "person", batch=batch)
    return batch


def test_a_batch_is_undone_as_one_and_each_image_gets_its_label_back(db, batch):
    undone = labels.undo_batch(db, batch, "person")

    assert [labels.current(db, one.image_id).name for one in undone] == ["Red Van"] * 3
    told = labels.get_batch(db, batch)
    assert (told.what, told.events, told.undone) == ("Blue Bus", 3, 3)


def test_undoing_a_batch_leaves_what_was_said_since(db, batch):
    labels.set(db, 2, "Green Coupe", "person")

    undone = labels.undo_batch(db, batch, "person")

    assert {one.image_id for one in undone} == {1, 3}
    assert labels.current(db, 2).name == "Green Coupe"
    assert labels.get_batch(db, batch).undone == 2


def test_a_batch_is_undone_once(db, batch):
    labels.undo_batch(db, batch, "person")

    with pytest.raises(StoreError, match="Nothing is left to take back of “Blue Bus”"):
        labels.undo_batch(db, batch, "person")
    with pytest.raises(StoreError, match="no batch 99"):
        labels.undo_batch(db, 99, "person")


def test_the_last_batch_is_the_last_that_can_be_taken_back(db, batch):
    later = labels.begin_batch(db, "dropped", "person")
    labels.set(db, 1, "Blue Bus", "person", is_dropped=True, batch=later)
    assert labels.last_batch(db).id == later

    over = labels.set(db, 1, "Red Van", "person")
    assert labels.last_batch(db).id == batch
    labels.undo(db, over.id, "person")
    assert labels.last_batch(db).id == later
    for one in (later, batch):
        labels.undo_batch(db, one, "person")
    assert labels.last_batch(db) is None
