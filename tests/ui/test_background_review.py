"""Reviewing removals in the Background tab, and asking whether they help."""

import json

import gradio as gr
import pytest

from carclf import store
from carclf.config import Treatment
from carclf.datasets import versions
from carclf.settings import PROJECT
from carclf.store import removals, runs
from carclf.store import versions as stored
from carclf.ui import box_drawing
from carclf.ui.tabs import background_helps, background_removal, background_review
from tests import drawing

ALL, TO_LOOK_AT, REVIEWED = (
    background_review.ALL,
    background_review.TO_LOOK_AT,
    background_review.REVIEWED,
)


@pytest.fixture
def whole(settings, tmp_path):
    """A version in which no vehicle was found, for no box is known."""
    drawing.draw_classes(tmp_path / "some", ("Red Van", "Blue Bus"), each=8)
    version = versions.import_folder(settings, tmp_path / "some", "some")
    return versions.treat(settings, version.id, Treatment(remover="box"), "whole")


@pytest.fixture
def boxed(settings, version):
    return versions.treat(settings, version.id, Treatment(remover="box"), "boxed")


def opened(settings, version_id, which, image_id=None):
    picker, *parts = background_review.open_review(
        settings, version_id, which, image_id
    )
    look = len(background_removal.Look._fields)
    return (
        picker,
        background_removal.Look(*parts[:look]),
        background_review.Pile(*parts[look:]),
    )


def test_the_newest_treated_version_is_offered_with_what_is_likely_wrong(
    settings, version, whole
):
    picker, _, found = opened(settings, version.id, TO_LOOK_AT)

    assert picker["value"] == whole.id
    assert [one for _, one in picker["choices"]] == [whole.id]
    assert len(found.ids) == 12
    assert {caption.split(":")[1] for _, caption in found.gallery["value"]} == {
        " nothing was found"
    }
    assert "1–12 of 16" in found.where
    assert "0.0 %" in found.figures
    assert found.covered is None


def test_pages_end_at_the_last_one(settings, whole):
    last = background_review.turn_page(settings, 5, whole.id, ALL, 0)

    assert last.page == 1
    assert len(last.ids) == 4


def test_the_figures_are_plotted(settings, boxed):
    found = background_review.turn_page(settings, 0, boxed.id, ALL)

    assert sum(found.covered["data"][0]["y"]) == 36
    assert found.overlaps["data"][0]["y"][-1] == 36
    assert "100.0 %" in found.figures
    assert "36 known boxes" in found.figures


def test_without_a_treated_version_the_review_says_what_to_do(settings, version):
    picker, _, found = opened(settings, None, ALL)

    assert picker["value"] is None
    assert "No treated version yet" in found.figures


def test_what_is_looked_at_stays_while_the_pile_changes(settings, whole):
    (one, *_) = background_review.turn_page(settings, 0, whole.id, ALL).ids

    _, before_any_click, _ = opened(settings, whole.id, ALL)
    _, stays, _ = opened(settings, whole.id, REVIEWED, one)

    # An answer that comes after a click would hide what was clicked.
    assert all(part == gr.skip() for part in before_any_click)
    assert stays.image_id == one
    assert stays.actions["visible"]


def test_what_another_version_does_not_hold_is_looked_at_no_longer(
    settings, whole, boxed
):
    (one, *_) = background_review.turn_page(settings, 0, whole.id, ALL).ids

    _, gone, _ = opened(settings, boxed.id, ALL, one)

    assert gone == background_removal.nothing_chosen()


def test_a_removal_stands_beside_its_photograph(settings, boxed):
    ids = background_review.turn_page(settings, 0, boxed.id, ALL).ids

    look = background_review.choose(settings, 1, None, boxed.id, ids)

    assert look.image_id == ids[1]
    (photograph, legend), (result, _) = look.both["value"]
    assert photograph.shape == (96, 128, 3)
    assert result.shape[0] < 96
    assert "found: orange" in legend
    assert look.actions["visible"]


def test_a_decision_moves_a_removal_to_the_reviewed(settings, whole):
    first, second, third = background_review.turn_page(
        settings, 0, whole.id, TO_LOOK_AT
    ).ids[:3]
    decide = background_removal.decide

    decide(settings, background_removal.accept, whole.id, first)
    kept = decide(settings, background_removal.use, whole.id, second)
    decide(settings, background_removal.use, whole.id, third, "u2netp")
    reviewed = background_review.turn_page(settings, 0, whole.id, REVIEWED)

    assert set(reviewed.ids) == {first, second, third}
    assert "To be kept in the next frozen version" in kept.told
    decide(settings, background_removal.undo, whole.id, second)
    with store.connect(settings.db_path) as db:
        decided = removals.decisions(db, whole.id)
    assert decided[third].treatment["remover"] == "u2netp"
    assert set(decided) == {first, third}


def test_a_drawn_box_decides_for_a_crop_to_it(settings, whole):
    (one, *_) = background_review.turn_page(settings, 0, whole.id, ALL).ids
    look = background_removal.look_at(settings, whole.id, one)
    sent = json.dumps([str(look.photograph_id), "20", "10", "80", "60"])
    control = box_drawing.Control(
        *box_drawing.save_box(settings, sent, look.photograph_id)
    )

    decided = background_removal.decide(
        settings, background_removal.use_box, whole.id, one
    )

    captions = [caption for _, caption in decided.both["value"]]
    crop = decided.both["value"][captions.index("as decided")][0]
    assert control.changed
    assert "To be cropped to its box" in decided.told
    # With the margin of the version, 5 % of each side.
    assert crop.shape == (54, 66, 3)


def test_a_box_that_was_taken_back_decides_nothing(settings, whole):
    (one, *_) = background_review.turn_page(settings, 0, whole.id, ALL).ids

    background_removal.decide(settings, background_removal.use_box, whole.id, one)

    with store.connect(settings.db_path) as db:
        assert removals.decisions(db, whole.id) == {}


def test_what_is_decided_is_shown_beside_what_the_version_holds(settings, boxed):
    (one, *_) = background_review.turn_page(settings, 0, boxed.id, ALL).ids

    kept = background_removal.decide(settings, background_removal.use, boxed.id, one)
    undone = background_removal.decide(settings, background_removal.undo, boxed.id, one)

    _, (in_version, _), (decided, caption) = kept.both["value"]
    assert caption == "as decided"
    assert decided.shape == (96, 128, 3) != in_version.shape
    assert len(undone.both["value"]) == 2


def test_another_remover_can_be_tried_without_deciding(settings, whole):
    (one, *_) = background_review.turn_page(settings, 0, whole.id, ALL).ids

    both, told = background_removal.try_remover(settings, whole.id, one, "u2netp")

    assert both["value"][1][1] == "u2netp"
    assert "Tried: cut out by u2netp" in told
    with store.connect(settings.db_path) as db:
        assert removals.decisions(db, whole.id) == {}


def test_the_reviewed_version_is_frozen_under_its_name(settings, whole):
    (one, *_) = background_review.turn_page(settings, 0, whole.id, ALL).ids
    background_removal.decide(settings, background_removal.use, whole.id, one, "u2netp")

    told = background_review.freeze(settings, whole.id, "reviewed")

    assert "“reviewed” holds 16 images" in told
    assert "1 background as reviewed" in told


def test_an_image_that_is_gone_is_told(settings, boxed):
    with pytest.raises(gr.Error, match="no longer in the version"):
        background_removal.look_at(settings, boxed.id, 99999)


def test_one_click_queues_the_recipe_with_and_without(settings, boxed):
    opened = background_helps.open_panel(settings, None, None, None, "Fixed")
    version, recipe = opened[0]["value"], opened[1]["value"]

    told = background_helps.train_both(settings, version, "quick-freeze.yml")
    after = background_helps.open_panel(settings, version, recipe, None, "Fixed")

    assert version == boxed.id
    assert (PROJECT / "assets" / "recipes" / recipe).is_file()
    assert told.count("waits in the queue") == 2
    assert "not judged yet" in after[3]
    with store.connect(settings.db_path) as db:
        assert {run.version_id for run in runs.every(db)} == {
            boxed.id,
            stored.get(db, boxed.id).parent_id,
        }
