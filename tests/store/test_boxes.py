"""Boxes that people draw are events over those that a version brings."""

import pytest

from carclf.errors import StoreError
from carclf.records import Box
from carclf.store import boxes, versions

FIRST, SECOND = Box(1, 2, 30, 40), Box(5, 6, 70, 80)


@pytest.fixture
def example(db, version):
    return versions.examples(db, version.id)[0]


def test_the_last_box_that_stands_counts(db, example):
    boxes.set(db, example.image_id, FIRST, "person")
    boxes.set(db, example.image_id, SECOND, "person")

    [now] = boxes.drawn(db, [example])
    boxes.undo(db, example.image_id, "person")
    [before] = boxes.drawn(db, [example])

    assert (now.box, before.box) == (SECOND, FIRST)


def test_a_box_that_was_undone_leaves_the_one_of_the_version(db, example):
    boxes.set(db, example.image_id, FIRST, "person")

    assert boxes.undo(db, example.image_id, "person") is None

    assert boxes.drawn(db, [example]) == [example]
    assert versions.box_of(db, example.image_id) == example.box
    with pytest.raises(StoreError, match="no box to take back"):
        boxes.undo(db, example.image_id, "person")


def test_a_person_can_say_that_there_is_no_box(db, example):
    boxes.set(db, example.image_id, None, "person")

    assert boxes.drawn(db, [example])[0].box is None
    assert versions.box_of(db, example.image_id) is None


def test_a_drawn_box_counts_wherever_the_box_of_an_image_is_asked_for(db, example):
    boxes.set(db, example.image_id, SECOND, "person")

    assert versions.box_of(db, example.image_id) == SECOND
    assert boxes.standing(db, example.image_id)[-1].source == "person"
