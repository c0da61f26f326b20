"""Choosing an image, a remover and its settings."""

from dataclasses import replace

import gradio as gr
import pytest

from carclf.config import Treatment
from carclf.datasets import versions
from carclf.ui.tabs import background, background_treatment
from carclf.ui.tabs.background_look import Chosen
from tests import drawing


def test_a_click_on_a_tile_chooses_its_image():
    event = gr.SelectData(None, {"index": 2, "value": None})

    chosen, dropped = background.choose(7, [11, 12, 13], event)

    assert chosen == Chosen(version_id=7, image_id=13)
    assert dropped is None


def test_a_dropped_photograph_is_looked_at_until_it_is_taken_away():
    payload = {"path": "/somewhere/car.jpg", "orig_name": "car.jpg"}

    assert background.choose_dropped(payload) == Chosen(dropped=payload)
    assert background.choose_dropped(None) is None


def test_an_opened_tab_offers_the_removers_again(settings, version, tmp_path):
    bare = replace(settings, detectron2=tmp_path / "nothing")

    picker, *_, removers = background.open_tab(bare, None, 0)

    assert picker["value"] == version.id
    assert ("detectron2-box (not installed)", "detectron2-box") in removers["choices"]


def test_the_strip_shows_a_dozen_images_spread_over_the_version(settings, version):
    page, ids, tiles = background.fill_strip(settings, 0, version.id)
    _, others, _ = background.fill_strip(settings, 1, version.id, page)

    assert len(ids) == len(tiles) == 12
    assert {caption for _, caption in tiles} == set(drawing.COLOURS)
    assert not set(ids) & set(others)


def test_a_version_that_is_treated_is_not_offered_to_be_treated(settings, version):
    versions.treat(settings, version.id, Treatment(remover="box"), "boxed")

    picker, *_ = background.open_tab(settings, None, 0)

    assert picker["value"] == version.id
    assert [version_id for _, version_id in picker["choices"]] == [version.id]


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
