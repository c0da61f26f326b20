"""Before and after of one image, and the treatment of a whole version."""

from dataclasses import replace

import gradio as gr
import numpy as np
import pytest

from carclf import store
from carclf.background.box import crop
from carclf.config import Treatment
from carclf.records import Box
from carclf.store import jobs, versions
from carclf.ui import pictures
from carclf.ui.tabs import background, background_treatment
from tests import drawing


@pytest.fixture
def first(settings, version):
    with store.connect(settings.db_path) as db:
        return versions.examples(db, version.id)[0]


def dropped(path):
    return {"path": str(path), "orig_name": "my car.jpg"}


def test_a_click_on_a_tile_chooses_its_image():
    event = gr.SelectData(None, {"index": 2, "value": None})

    assert background.choose([11, 12, 13], event) == (13, None)


def test_the_strip_shows_a_dozen_images_spread_over_the_version(settings, version):
    page, ids, tiles = background.fill_strip(settings, 0, version.id)
    _, others, _ = background.fill_strip(settings, 1, version.id, page)

    assert len(ids) == len(tiles) == 12
    assert {caption for _, caption in tiles} == set(drawing.COLOURS)
    assert not set(ids) & set(others)


def test_the_known_box_is_cropped_to_and_told_in_words(settings, version, first):
    slider, told = background.before_and_after(
        settings, version.id, first.image_id, None, "box", "crop", "#ff00ff", 0.0
    )

    before, after = slider["value"]
    assert before.shape == after.shape
    box = first.box
    assert f"{box.left}, {box.top} – {box.right}, {box.bottom}" in told
    assert tuple(after[0, 0]) == (255, 0, 255)
    assert np.array_equal(
        after[box.top : box.bottom, box.left : box.right],
        before[box.top : box.bottom, box.left : box.right],
    )


def test_a_dropped_photograph_comes_before_the_chosen_one(
    settings, version, first, tmp_path
):
    path = drawing.draw(tmp_path / "upload.png", seed=5, height=60, width=200)

    slider, _ = background.before_and_after(
        settings,
        version.id,
        first.image_id,
        dropped(path),
        "none",
        background_treatment.CUT_OUT,
        "#ffffff",
        0.05,
    )

    assert slider["value"][0].shape == (60, 200, 3)


def test_a_damaged_photograph_is_refused_by_the_name_it_came_with(settings, tmp_path):
    path = tmp_path / "0f3a"
    path.write_bytes(b"not a photograph")

    with pytest.raises(gr.Error, match=r"my car\.jpg") as caught:
        background.before_and_after(
            settings, None, None, dropped(path), "none", "cutout", "#ffffff", 0.0
        )

    assert "0f3a" not in caught.value.message


def test_without_an_image_the_tab_says_to_choose_one(settings, version):
    slider, told = background.before_and_after(
        settings, version.id, None, None, "none", "cutout", "#ffffff", 0.0
    )

    assert slider["visible"] is False
    assert "Choose an image" in told


def test_no_vehicle_found_is_said_and_the_image_stays_whole(settings, tmp_path):
    path = drawing.draw(tmp_path / "car.jpg")

    slider, told = background.before_and_after(
        settings, None, None, dropped(path), "box", "crop", "#ffffff", 0.0
    )

    before, after = slider["value"]
    assert "No box is known" in told
    assert np.array_equal(before, after)


def test_a_crop_with_a_margin_stays_in_its_place_under_the_slider():
    image = np.arange(40 * 60 * 3, dtype=np.uint32).reshape(40, 60, 3).astype(np.uint8)
    box, how = Box(2, 10, 22, 30), Treatment(output="crop", margin=0.2)

    before, after = pictures.before_and_after(image, crop(image, box, how), how)

    assert np.array_equal(after[6:34, 0:26], before[6:34, 0:26])
    assert (after[:6] == 255).all()
    assert (after[:, 26:] == 255).all()


def test_fields_as_the_page_first_sends_them_are_a_treatment(settings):
    untouched = ("#ffffff", 0.05, False, 0.5, ["car", "truck"], 800, None)

    how = background_treatment.treatment(
        settings, "u2netp", background_treatment.CUT_OUT, *untouched
    )

    assert how == Treatment(remover="u2netp")


@pytest.mark.parametrize(
    ("given", "fill"),
    [("#0a141e", "#0a141e"), ("rgba(10, 20.2, 30, 1)", "#0a141e")],
)
def test_a_colour_is_understood_as_the_picker_gives_it(settings, given, fill):
    how = background_treatment.treatment(
        settings, "u2netp", background_treatment.CUT_OUT, given, 0.1
    )

    assert how == Treatment(remover="u2netp", output="cutout", fill=fill, margin=0.1)


@pytest.mark.parametrize(
    ("fill", "margin"), [("mauve", 0.1), ("rgba(", 0.1), ("#ffffff", 7.0)]
)
def test_a_setting_that_cannot_be_is_refused_in_words(settings, version, fill, margin):
    with pytest.raises(gr.Error, match=r"cannot be used as (fill|margin)"):
        background.treat_version(
            settings, version.id, "new", "box", background_treatment.CROP, fill, margin
        )


def test_a_whole_version_is_treated_by_a_job(settings, version):
    told = background.treat_version(
        settings,
        version.id,
        "cropped",
        "box",
        background_treatment.CROP,
        "#000000",
        0.1,
    )

    assert "waits in the queue" in told
    with store.connect(settings.db_path) as db:
        (job,) = jobs.unfinished(db)
    assert job.settings["treatment"]["margin"] == 0.1
    assert "Remove backgrounds of cars" in background.treating_now(settings)


def test_a_failed_treatment_says_why(settings, version):
    background.treat_version(
        settings,
        version.id,
        "cut",
        "u2netp",
        background_treatment.CUT_OUT,
        "#ffffff",
        0.0,
    )
    with store.connect(settings.db_path) as db:
        job = jobs.claim_next(db)
        jobs.finish(db, job.id, "failed", reason="The disk is <full>.")

    told = background.treating_now(settings)

    assert "failed. The disk is &lt;full&gt;." in told


def test_a_remover_shows_the_fields_that_matter_to_it(settings):
    def shown(remover, output=background_treatment.CUT_OUT):
        updates = background_treatment.describe(settings, remover, output)[1:6]
        names = ("output", "fill", "margin", "square", "detector")
        both = zip(names, updates, strict=True)
        return {name for name, one in both if one["visible"]}

    assert shown("none") == set()
    assert shown("box") == {"fill", "margin", "square"}
    assert shown("u2netp") == {"output", "fill"}
    assert shown("u2netp", background_treatment.CROP) == {
        "output",
        "fill",
        "margin",
        "square",
    }
    assert "detector" in shown("detectron2-box")


def test_networks_of_rembg_are_chosen_and_fetched_by_name(settings):
    told, *_, network, own, fetch = background_treatment.describe(
        settings, "rembg", "x", "birefnet-general"
    )
    unknown, *_, not_fetched = background_treatment.describe(
        settings, "rembg", "x", "mine"
    )
    *_, needless = background_treatment.describe(
        settings, "rembg", "x", "mine", "/a.onnx"
    )
    job, *_ = background_treatment.fetch_network(settings, "rembg", "birefnet-general")

    assert "not here yet" in told
    assert network["visible"]
    assert own["visible"]
    assert fetch["visible"]
    assert "Where “mine” is fetched from is not known" in unknown
    assert not not_fetched["visible"]
    assert not needless["visible"]
    assert "Fetch the network of rembg: birefnet-general" in job


def test_a_remover_that_is_not_installed_says_how_to_install_it(settings, tmp_path):
    bare = replace(settings, detectron2=tmp_path / "nothing")

    told = background_treatment.describe(bare, "detectron2-mask", "x")[0]

    assert "make detectron2" in told
    with pytest.raises(gr.Error, match="make detectron2"):
        background_treatment.fetch_network(bare, "detectron2-mask", "")


def test_a_network_that_is_not_here_can_be_fetched(settings, tmp_path):
    python = tmp_path / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    bare = replace(settings, detectron2=tmp_path / "env")

    told, *_, fetch = background_treatment.describe(bare, "detectron2-box", "x")
    job, ticking, _ = background_treatment.fetch_network(bare, "detectron2-box", "")

    assert "not here yet" in told
    assert fetch["visible"]
    assert ticking.active
    assert "Fetch the network of detectron2-box" in job
