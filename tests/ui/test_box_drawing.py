"""A vehicle's box is drawn, corrected and taken back."""

import json

import gradio as gr
import pytest

from carclf import store
from carclf.records import Box
from carclf.store import boxes, versions
from carclf.ui import box_drawing


@pytest.fixture
def one(db, version):
    """An image of 128 × 96 pixels whose box came with the dataset."""
    return versions.examples(db, version.id)[0]


def sent(one, *edges):
    return json.dumps([str(one.image_id), *map(str, edges)])


def box_now(settings, one):
    with store.connect(settings.db_path) as db:
        return versions.box_of(db, one.image_id)


def test_the_box_that_came_with_the_dataset_is_shown(settings, one):
    drawing, told = box_drawing.show(settings, one.image_id)

    assert f'data-side="left" value="{one.box.left}" min="0" max="128"' in drawing
    assert f'data-side="bottom" value="{one.box.bottom}" min="0" max="96"' in drawing
    assert 'role="application" aria-label="Vehicle box"' in drawing
    assert "came with the dataset" in told


def test_a_saved_box_is_an_event_by_a_person_and_undo_takes_it_back(settings, one):
    _, told, first = box_drawing.save_box(
        settings, sent(one, 1, 2, 30, 40), one.image_id
    )
    saved = box_now(settings, one)
    _, undone, then = box_drawing.undo_box(settings, one.image_id)

    assert saved == Box(1, 2, 30, 40)
    assert "Drawn by person" in told
    assert "came with the dataset" in undone
    assert box_now(settings, one) == one.box
    assert first != then


def test_a_box_beyond_the_picture_is_cut_to_it(settings, one):
    box_drawing.save_box(settings, sent(one, -5, 90.4, 500, 96), one.image_id)

    assert box_now(settings, one) == Box(0, 90, 128, 96)


@pytest.mark.parametrize(
    ("edges", "words"),
    [
        (("", "", "", ""), "no box yet"),
        ((9, 9, 9, 20), "no box yet"),
        (("x", 1, 2, 3), "no box yet"),
        ((200, 5, 300, 9), "outside the picture"),
    ],
)
def test_what_is_no_box_is_refused(settings, one, edges, words):
    with pytest.raises(gr.Error, match=words):
        box_drawing.save_box(settings, sent(one, *edges), one.image_id)

    assert box_now(settings, one) == one.box


def test_a_box_that_was_drawn_on_the_image_before_is_refused(
    settings, db, version, one
):
    other = versions.examples(db, version.id)[1]

    with pytest.raises(gr.Error, match="Another image came up"):
        box_drawing.save_box(settings, sent(one, 1, 2, 3, 4), other.image_id)


def test_an_image_can_be_said_to_have_no_box(settings, one):
    drawing, told, _ = box_drawing.save_none(settings, "", one.image_id)

    assert 'data-side="left" value=""' in drawing
    assert "Said to have no box by person" in told
    assert box_now(settings, one) is None


def test_saving_the_box_that_stands_adds_no_event(settings, db, one):
    edges = (one.box.left, one.box.top, one.box.right, one.box.bottom)

    box_drawing.save_box(settings, sent(one, *edges), one.image_id)

    assert boxes.standing(db, one.image_id) == []
    with pytest.raises(gr.Error, match="no box to take back"):
        box_drawing.undo_box(settings, one.image_id)


def test_without_an_image_there_is_nothing_to_draw_on(settings):
    assert box_drawing.show(settings, None) == ("", "")
    with pytest.raises(gr.Error, match="no image"):
        box_drawing.save_none(settings, "", None)
