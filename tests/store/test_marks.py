"""What people say of a run stays with it, and goes with it."""

import pytest

from carclf.config import TrainConfig
from carclf.errors import StoreError
from carclf.records import Marks
from carclf.store import marks, runs


@pytest.fixture
def run(db):
    config = TrainConfig().model_dump(mode="json")
    return runs.create(db, "one", config, version_id=None)


def test_a_run_has_no_marks_at_first(db, run):
    assert marks.of_run(db, run.id) == Marks()


def test_tags_note_star_and_archive_are_kept(db, run):
    marks.tag(db, run.id, ["baseline", " for the paper "])
    marks.write(db, run.id, "Try again with more epochs.\n")
    marks.star(db, run.id)
    marks.archive(db, run.id)

    assert marks.of_run(db, run.id) == Marks(
        ("baseline", "for the paper"), "Try again with more epochs.", True, True
    )


def test_a_tag_given_twice_is_one_and_can_be_taken_away(db, run):
    marks.tag(db, run.id, ["a", "b"])
    marks.tag(db, run.id, ["a"])
    marks.untag(db, run.id, ["b", "never given"])

    assert marks.of_run(db, run.id).tags == ("a",)


@pytest.mark.parametrize("name", ["", "  ", "one, two", "x" * 41])
def test_what_cannot_be_a_tag_is_refused_and_changes_nothing(db, run, name):
    marks.tag(db, run.id, ["kept"])

    with pytest.raises(StoreError, match="cannot be a tag"):
        marks.set_tags(db, run.id, ["new", name])

    assert marks.of_run(db, run.id).tags == ("kept",)


def test_all_tags_in_use_are_told_once(db, run):
    other = runs.create(db, "two", run.config, version_id=None)
    marks.tag(db, run.id, ["b", "a"])
    marks.tag(db, other.id, ["a"])

    assert marks.tags(db) == ["a", "b"]


def test_a_deleted_run_takes_its_tags_along(db, run):
    marks.tag(db, run.id, ["a"])

    runs.delete(db, run.id)

    assert marks.tags(db) == []


def test_marks_of_a_run_that_is_not_there_are_refused(db):
    with pytest.raises(StoreError, match="no run 7"):
        marks.of_run(db, 7)
