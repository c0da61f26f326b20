"""Looking through treated versions: what is likely wrong, and what is decided."""

from dataclasses import replace

import numpy as np
import pytest

from carclf.background import facts
from carclf.config import Treatment
from carclf.datasets import review, versions
from carclf.errors import DatasetError, StoreError
from carclf.records import Box, Cutout, Removal
from carclf.store import images as stored_images
from carclf.store import labels, removals
from carclf.store import versions as stored
from tests import drawing

BOXED = Treatment(remover="box", output="crop", margin=0.0)
RIGHT = Removal(Box(10, 10, 60, 60), covered=0.3, score=0.99, vehicles=1)


@pytest.fixture
def boxed(settings, version):
    return versions.treat(settings, version.id, BOXED, "boxed")


def words_of(removal, known=None):
    return [one.words for one in review.reasons(removal, known)]


def test_a_removal_with_nothing_odd_about_it_is_not_suspected():
    assert words_of(RIGHT) == []
    assert words_of(RIGHT, known=Box(12, 10, 60, 58)) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"box": None}, "nothing was found"),
        ({"covered": 0.04}, "covers 4 % of the image"),
        ({"covered": 0.96}, "covers 96 % of the image"),
        ({"score": 0.6}, "the detector is 60 % sure"),
        ({"vehicles": 3}, "one of 3 vehicles"),
        ({"touches_border": True}, "touches the border"),
    ],
)
def test_what_is_odd_about_a_removal_is_told(change, told):
    assert words_of(replace(RIGHT, **change)) == [told]


def test_a_box_far_from_the_known_one_is_suspected_the_more_the_farther():
    near, far = (
        list(review.reasons(RIGHT, known))
        for known in (Box(35, 10, 85, 60), Box(80, 80, 90, 90))
    )

    assert near[0].words == "its box and the data set's share 33 %"
    assert far[0].weight == 1.0 > near[0].weight


def test_the_facts_of_a_removal_are_those_of_its_mask():
    image, mask = np.zeros((40, 50, 3), np.uint8), np.zeros((40, 50), bool)
    mask[10:20, 10:30] = True

    inside = facts.of(image, Cutout(image, Box(10, 10, 30, 20), mask))
    mask[10:20, 49] = True
    outside = facts.of(image, Cutout(image, Box(10, 10, 50, 20), mask))

    assert inside.covered == pytest.approx(200 / 2000)
    assert (inside.touches_border, outside.touches_border) == (False, True)
    assert facts.of(image, Cutout(image, Box(0, 5, 25, 40))).touches_border
    assert facts.of(image, Cutout(image, vehicles=0)).box is None


def test_the_most_suspect_come_first_and_the_figures_are_those_of_all(
    settings, db, tmp_path
):
    drawing.draw_table(tmp_path / "some", train=3, test=1)
    drawing.draw_classes(tmp_path / "more", ("Red Van", "Blue Bus"), each=2)
    boxes = versions.import_folder(settings, tmp_path / "some", "some")
    none = versions.import_folder(settings, tmp_path / "more", "more")
    made = versions.treat(settings, boxes.id, BOXED, "boxed")
    lost = versions.treat(settings, none.id, BOXED, "whole")

    found = review.suspects(settings, made.id)
    figures = review.coverage(found)

    assert [one.suspicion for one in found] == sorted(
        (one.suspicion for one in found), reverse=True
    )
    assert figures.found_rate == 1
    assert figures.overlaps == pytest.approx([1.0] * 12)
    boxes = [one.box for one in stored.examples(db, boxes.id)]
    areas = [(b.right - b.left) * (b.bottom - b.top) / (96 * 128) for b in boxes]
    assert figures.mean_covered == pytest.approx(np.mean(areas))
    assert review.coverage(review.suspects(settings, lost.id)).found_rate == 0
    for one in found:
        assert review.suspect(settings, made.id, one.example.image_id) == one


def test_decisions_are_events_and_the_last_one_counts(settings, db, boxed):
    one, other, *_ = review.suspects(settings, boxed.id)
    ids = [one.example.image_id, other.example.image_id]

    review.accept(settings, boxed.id, ids[0])
    review.instead(settings, boxed.id, ids[0], Treatment())
    review.accept(settings, boxed.id, ids[1])
    review.undo(settings, boxed.id, ids[1])

    decided = removals.decisions(db, boxed.id)
    assert list(decided) == [ids[0]]
    assert decided[ids[0]].treatment["remover"] == "none"
    assert db.execute("select count(*) from decisions").fetchone() == (4,)
    with pytest.raises(StoreError, match="Nothing was decided"):
        review.undo(settings, boxed.id, ids[1])


def test_freezing_follows_the_decisions(settings, db, version, boxed):
    kept, accepted, *rest = review.suspects(settings, boxed.id)
    review.instead(settings, boxed.id, kept.example.image_id, Treatment())
    review.accept(settings, boxed.id, accepted.example.image_id)

    frozen = versions.freeze(settings, boxed.id, "reviewed")

    before = {one.image_id for one in stored.examples(db, boxed.id)}
    after = {one.image_id: one for one in stored.examples(db, frozen.id)}
    (new,) = set(after) - before
    assert before - set(after) == {kept.example.image_id}
    whole = stored_images.get(db, new)
    assert whole.parent_id == kept.photograph_id
    assert (whole.height, whole.width) == (96, 128)
    assert (after[new].label, after[new].split) == (
        kept.example.label,
        kept.example.split,
    )
    assert frozen.treatment == boxed.treatment
    assert "1 background as reviewed" in frozen.source
    again = review.suspects(settings, frozen.id)
    assert len(again) == len(rest) + 2


def test_a_dropped_image_is_not_treated_again(settings, db, boxed):
    one = review.suspects(settings, boxed.id)[0].example
    review.instead(settings, boxed.id, one.image_id, Treatment())
    labels.set(db, one.image_id, one.label, "person", is_dropped=True)

    frozen = versions.freeze(settings, boxed.id, "without")

    assert sum(frozen.counts.values()) == 35


def test_a_photograph_lost_since_cannot_be_treated_otherwise(settings, db, boxed):
    one = review.suspects(settings, boxed.id)[0]
    path = stored_images.get(db, one.photograph_id).path
    settings.resolve(path).unlink()

    with pytest.raises(DatasetError, match="is missing"):
        review.instead(settings, boxed.id, one.example.image_id, Treatment())

    assert removals.decisions(db, boxed.id) == {}


def test_an_untreated_version_has_nothing_to_review(settings, version):
    with pytest.raises(DatasetError, match="was not recorded for this version"):
        review.suspects(settings, version.id)
