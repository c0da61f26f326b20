"""One photograph by several removers, side by side."""

from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from carclf import background, images, store
from carclf.background.box import crop
from carclf.config import Treatment
from carclf.records import Box, Cutout
from carclf.store import versions
from carclf.ui import cutouts
from carclf.ui.tabs import background_look
from carclf.ui.tabs.background_look import BOX, MASK, RESULT, Asked, Chosen
from tests import drawing

FIELDS = ("u2netp", "crop", "#ff00ff", 0.0)


@pytest.fixture
def first(settings, version):
    with store.connect(settings.db_path) as db:
        return versions.examples(db, version.id)[0]


@pytest.fixture
def chosen(version, first):
    return Chosen(version.id, first.image_id)


def dropped(path):
    return Chosen(dropped={"path": str(path), "orig_name": "my car.jpg"})


def run(settings, name, chosen, *, tried=None, fields=FIELDS):
    asked = Asked(chosen, (name,))
    return background_look.run(settings, name, asked, RESULT, tried, *fields)


def seen(pair):
    return [images.read_rgb(Path(path)).astype(int) for path in pair]


def test_every_remover_that_does_something_has_a_place():
    assert set(background_look.REMOVERS) == set(background.names()) - {"none"}


def test_the_known_box_is_cropped_to_and_told_in_words(settings, chosen, first):
    slider, told, _ = run(settings, "box", chosen)

    before, after = seen(slider["value"])
    box = first.box
    inside = slice(box.top + 2, box.bottom - 2), slice(box.left + 2, box.right - 2)
    assert f"{box.left}, {box.top} – {box.right}, {box.bottom}" in told
    assert "taken" in told
    assert np.abs(after[0, 0] - (255, 0, 255)).max() < 40
    assert np.abs(after[inside] - before[inside]).mean() < 6


def test_pictures_lie_where_the_browser_may_fetch_them(settings, chosen):
    *_, tried = run(settings, "u2netp", chosen)

    paths = {path for pair in tried.pairs.values() for path in pair}
    assert all(path.startswith(str(settings.thumbnails)) for path in paths)
    assert set(tried.pairs) == {RESULT, MASK, BOX}
    assert len({first for first, _ in tried.pairs.values()}) == 1


def test_another_view_shows_what_was_made_without_making_it_again(settings, chosen):
    *_, tried = run(settings, "box", chosen)

    other, untried = background_look.show_as(BOX, tried, None)

    assert other["value"] == tried.pairs[BOX]
    assert "value" not in untried


def test_what_a_place_shows_already_is_not_made_again(settings, chosen):
    *_, tried = run(settings, "box", chosen)

    slider, told, same = run(settings, "box", chosen, tried=tried)
    *_, anew = run(settings, "box", chosen, tried=tried, fields=(*FIELDS[:3], 0.3))

    assert "value" not in slider
    assert "value" not in told
    assert same is tried
    assert anew.how.margin == 0.3


def test_a_remover_that_is_not_installed_says_so_in_its_place(
    settings, chosen, tmp_path
):
    bare = replace(settings, detectron2=tmp_path / "nothing")

    slider, told, tried = run(bare, "detectron2-mask", chosen)

    assert slider["visible"] is False
    assert "make detectron2" in told
    assert tried is None


def test_a_network_of_ones_own_is_no_other_removers(settings, chosen, tmp_path):
    own = (*FIELDS[:4], False, 0.5, ["car"], 800, None, str(tmp_path / "missing.onnx"))

    _, failed, _ = run(settings, "u2netp", chosen, fields=own)
    slider, _, _ = run(settings, "box", chosen, fields=own)

    assert "missing.onnx" in failed
    assert slider["visible"]


def test_while_a_remover_waits_its_place_shows_the_new_photograph(
    settings, version, first, chosen
):
    nothing_tried = [None] * len(background_look.REMOVERS)

    asked, hint, *places = background_look.wait(
        settings, chosen, ["box"], *nothing_tried
    )

    whole, slider, told = places[:3]
    assert asked == Asked(chosen, ("box",))
    assert hint["visible"] is False
    assert whole["visible"]
    assert slider["value"][0] == slider["value"][1]
    assert "Waits for its turn" in told
    assert [one["visible"] for one in places[3::3]] == [False] * (len(places) // 3 - 1)


def test_a_place_that_shows_this_photograph_stays_as_it_is(settings, chosen):
    *_, tried = run(settings, "box", chosen)
    others = [None] * (len(background_look.REMOVERS) - 1)

    _, _, whole, slider, *_ = background_look.wait(
        settings, chosen, ["box"], tried, *others
    )

    assert whole["visible"]
    assert "value" not in slider


def test_without_a_photograph_the_tab_says_to_choose_one(settings):
    asked, hint, *places = background_look.wait(settings, None, ["box"])

    assert asked.chosen is None
    assert hint["visible"]
    assert not any(one["visible"] for one in places[::3])


def test_a_damaged_photograph_is_refused_by_the_name_it_came_with(settings, tmp_path):
    path = tmp_path / "0f3a"
    path.write_bytes(b"not a photograph")

    with pytest.raises(gr.Error, match=r"my car\.jpg") as caught:
        background_look.wait(settings, dropped(path), ["box"])

    assert "0f3a" not in caught.value.message


def test_no_vehicle_found_is_said_and_the_image_stays_whole(settings, tmp_path):
    path = drawing.draw(tmp_path / "car.jpg")

    slider, told, _ = run(settings, "box", dropped(path))

    before, after = slider["value"]
    assert "No box is known" in told
    assert before == after


def test_what_is_odd_about_a_removal_is_told(settings, tmp_path):
    image = np.zeros((50, 50, 3), np.uint8)
    cutout = Cutout(image, Box(0, 10, 20, 20), score=0.55, vehicles=3)

    told = background_look.in_words(
        image, cutout, Treatment(remover="detectron2-box"), None, 0.25
    )

    assert "55 %" in told
    assert "One of 3 vehicles." in told
    assert "Touches the border." in told
    assert "250 ms" in told


def test_a_crop_with_a_margin_stays_in_its_place_under_the_slider():
    image = np.arange(40 * 60 * 3, dtype=np.uint32).reshape(40, 60, 3).astype(np.uint8)
    box, how = Box(2, 10, 22, 30), Treatment(output="crop", margin=0.2)

    before, after = cutouts.before_and_after(image, crop(image, box, how), how)

    assert np.array_equal(after[6:34, 0:26], before[6:34, 0:26])
    assert (after[:6] == 255).all()
    assert (after[:, 26:] == 255).all()


def test_a_mask_lies_over_the_photograph_and_nowhere_else():
    image = np.full((40, 60, 3), 90, np.uint8)
    mask = np.zeros((40, 60), np.bool_)
    mask[10:30, 20:50] = True

    over = cutouts.with_mask(image, Cutout(image, Box(20, 10, 50, 30), mask))

    changed = (over != image).any(axis=2)
    assert changed[mask].all()
    assert not changed[~mask].any()


def test_a_score_is_written_on_the_box_that_was_found():
    image = np.zeros((200, 300, 3), np.uint8)
    box = Box(50, 40, 250, 180)

    plain = cutouts.with_boxes(image, found=box, known=None)
    scored = cutouts.with_boxes(image, found=box, known=None, score=0.97)

    rows, columns = np.nonzero((plain != scored).any(axis=2))
    assert rows.min() >= 40
    assert rows.max() < 80
    assert columns.min() >= 50
    assert not image.any()


def test_pictures_of_yesterday_are_forgotten(settings, monkeypatch):
    old = cutouts.address(settings, np.zeros((8, 8, 3), np.uint8))
    monkeypatch.setattr(cutouts, "_KEPT_S", -1.0)

    new = cutouts.address(settings, np.ones((8, 8, 3), np.uint8))

    assert not (settings.home / old).exists()
    assert (settings.home / new).exists()
