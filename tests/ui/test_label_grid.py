"""Many images are chosen, labelled at once, and taken back at once."""

import json
import re

import gradio as gr
import pytest

from carclf import store
from carclf.store import labels
from carclf.ui.image_filters import Filters
from carclf.ui.tabs import label_grid

EVERYTHING = Filters()


@pytest.fixture
def shown(version):
    """What a button sends beside the chosen images: filters, page, times dealt."""
    return (version.id, *EVERYTHING, 0, 0)


def ids_on(grid):
    return [int(one) for one in re.findall(r'type="checkbox" value="(\d+)"', grid.page)]


def names_of(settings, image_ids):
    with store.connect(settings.db_path) as db:
        return [labels.current(db, one).name for one in image_ids]


def test_the_grid_shows_a_page_of_images_to_choose_by_name(settings, version):
    grid = label_grid.fill(settings, version.id, *EVERYTHING)

    assert len(ids_on(grid)) == 36
    assert 'aria-label="Choose Blue Bus, test, blue-08.jpg"' in grid.page
    assert "1–36 of 36" in grid.where
    assert grid.name["choices"] == ["Blue Bus", "Green Coupe", "Red Van"]
    assert (grid.told, grid.batch, grid.undo["visible"]) == ("", None, False)


def test_chosen_images_get_one_class_and_get_theirs_back_by_one_undo(settings, shown):
    chosen = ids_on(label_grid.fill(settings, *shown[:-2]))[:4]
    before = names_of(settings, chosen)

    grid = label_grid.label_chosen(settings, json.dumps(chosen), "red VAN", *shown)
    during = names_of(settings, chosen)
    undone = label_grid.undo_last(settings, grid.batch, *shown)

    assert during == ["Red Van"] * 4
    assert "“Red Van” said of 4 images by person" in grid.told
    assert names_of(settings, chosen) == before
    assert "Taken back: 4 labels" in undone.told
    assert undone.batch is None


def test_what_was_dealt_with_is_chosen_no_more(settings, shown):
    chosen = ids_on(label_grid.fill(settings, *shown[:-2]))[:2]

    grid = label_grid.reject_chosen(settings, json.dumps(chosen), *shown)

    assert grid.dealt == 1
    assert f'data-dealt="{shown[0]} 1"' in grid.page
    assert names_of(settings, chosen) == [None, None]
    assert grid.page.count("<em>now not a vehicle</em>") == 2


def test_chosen_images_can_be_dropped(settings, shown):
    chosen = ids_on(label_grid.fill(settings, *shown[:-2]))[:3]

    grid = label_grid.drop_chosen(settings, json.dumps(chosen), *shown)

    assert "“dropped” said of 3 images" in grid.told
    assert grid.page.count("<em>dropped</em>") == 3


def test_one_picture_can_be_looked_at_large(settings, version, shown):
    one = ids_on(label_grid.fill(settings, *shown[:-2]))[0]

    told = label_grid.look(settings, one, "look", version.id)

    assert "gradio_api/file=" in told
    assert "blue-08.jpg" in told


def test_the_last_act_can_be_undone_on_a_page_opened_anew(settings, shown):
    chosen = ids_on(label_grid.fill(settings, *shown[:-2]))[:2]
    label_grid.drop_chosen(settings, json.dumps(chosen), *shown)

    anew = label_grid.fill(settings, *shown[:-2])
    assert anew.undo["visible"]
    label_grid.undo_last(settings, anew.batch, *shown)

    with store.connect(settings.db_path) as db:
        assert not any(labels.current(db, one).is_dropped for one in chosen)


@pytest.mark.parametrize("sent", ["[]", "", None])
def test_nothing_is_said_of_nothing(settings, shown, sent):
    with pytest.raises(gr.Error, match="Choose images first"):
        label_grid.label_chosen(settings, sent, "Red Van", *shown)
    with pytest.raises(gr.Error, match="nothing to undo"):
        label_grid.undo_last(settings, None, *shown)


def test_pages_stop_at_both_ends(settings, version, monkeypatch):
    monkeypatch.setattr(label_grid, "PAGE", 10)

    def place(step, page):
        number, _, where = label_grid.turn_page(
            *(settings, step, version.id, *EVERYTHING, page, 0)
        )
        return number, re.search(r"\d+–\d+ of 36", where)[0]

    assert place(-1, 0) == (0, "1–10 of 36")
    assert place(1, 2) == (3, "31–36 of 36")
    assert place(1, 3) == (3, "31–36 of 36")


def test_a_grid_of_nothing_says_what_to_do(settings, version):
    nothing = label_grid.fill(settings, version.id, *Filters(text="no such car"))

    assert "clear the filters" in nothing.page
    assert "Import photographs" in label_grid.fill(settings, None, *EVERYTHING).page
