"""What the Predict tab answers."""

import os

import gradio as gr
import numpy as np
import pytest

from carclf import images
from carclf.ui import bundles, pictures
from carclf.ui.tabs import predict, predict_answer
from tests import drawing
from tests.prediction.conftest import acquaint, paint
from tests.test_bundle import write_facts


def dropped(path, name="my car.jpg"):
    return {"path": str(path), "orig_name": name}


def test_without_a_run_the_tab_leads_to_training(settings):
    run, _, about, train, asking, *_ = predict.open_tab(settings, None, None)

    assert run["choices"] == []
    assert "Train one first" in about
    assert train["variant"] == "primary"
    assert asking["visible"] is False


def test_the_most_accurate_run_is_asked_first(settings, colour_run, better_run):
    run, _, about, *_ = predict.open_tab(settings, None, None)

    assert run["value"] == better_run.id
    assert [words for words, _ in run["choices"]] == [
        "better · 90.0 % on validation",
        "colours · 60.0 % on validation",
    ]
    assert "48 × 32, squash" in about


def test_a_choice_that_still_stands_is_not_sent_back(settings, colour_run, better_run):
    run, others, *_ = predict.open_tab(settings, colour_run.id, [better_run.id])

    assert "value" not in run
    assert "value" not in others


def test_a_run_that_is_gone_makes_room_for_the_most_accurate(settings, better_run):
    run, others, *_ = predict.open_tab(settings, 999, [998])

    assert run["value"] == better_run.id
    assert others["value"] == []


def test_a_photograph_is_answered_with_bars_pictures_and_time(
    settings, colour_run, tmp_path
):
    path = drawing.draw(tmp_path / "a.png", "Red Van")

    found = look(settings, colour_run, dropped(path))

    assert found.top.count('class="bar') == 3
    assert found.top.count('class="bar first"') == 1
    assert found.seen["value"].shape == found.looked_at["value"].shape == (32, 48, 3)
    assert "128 × 96 squashed to 48 × 32, background kept" in found.told
    assert "Answered in" in found.told
    assert found.each == ""


def look(settings, run, payload, others=()):
    *shown, _, _ = predict.look(settings, run.id, [one.id for one in others], payload)
    return predict_answer.Shown(*shown)


def test_clearing_the_photograph_clears_the_answer(settings, colour_run):
    found = look(settings, colour_run, None)

    assert "Drop a photograph" in found.top
    assert (found.seen["visible"], found.looked_at["visible"], found.told) == (0, 0, "")


def test_several_runs_answer_together_and_each_beside_the_others(
    settings, colour_run, better_run, tmp_path
):
    path = drawing.draw(tmp_path / "a.png", "Red Van")

    found = look(settings, colour_run, dropped(path), [better_run, colour_run])

    assert "All together" in found.top
    assert found.each.count("<article") == 2
    assert 'aria-label="better"' in found.each
    assert found.each.count("data:image/jpeg;base64,") == 2
    assert found.seen["visible"] is False


def test_runs_of_other_classes_are_refused_together(
    settings, colour_run, better_run, tmp_path
):
    write_facts(
        settings.resolve(better_run.folder) / "bundle", classes=["blue", "pink", "red"]
    )
    path = drawing.draw(tmp_path / "a.png")

    with pytest.raises(gr.Error, match="do not tell the same classes apart"):
        look(settings, colour_run, dropped(path), [better_run])


@pytest.mark.parametrize(
    ("colour", "said"),
    [((225, 30, 30), predict_answer.KNOWN), ((0, 250, 0), predict_answer.UNKNOWN)],
)
def test_an_image_unlike_the_training_images_is_said_to_be_unknown(
    settings, colour_run, tmp_path, colour, said
):
    acquaint(bundles.load(settings, colour_run.id))

    found = look(settings, colour_run, dropped(paint(tmp_path / "a.png", colour)))

    assert f"<b>{said}</b>" in found.top
    assert "left:95%" in found.top


def test_a_run_that_cannot_tell_what_is_unknown_says_nothing_of_it(
    settings, colour_run, tmp_path
):
    found = look(settings, colour_run, dropped(paint(tmp_path / "a.png", (0, 250, 0))))

    assert "familiar" not in found.top


def test_a_photograph_prepared_otherwise_than_in_training_is_warned_of(
    settings, colour_run, tmp_path
):
    write_facts(
        settings.resolve(colour_run.folder) / "bundle",
        preparation={"height": 32, "width": 48, "treatment": {"remover": "box"}},
    )
    path = drawing.draw(tmp_path / "a.jpg")

    found = look(settings, colour_run, dropped(path))

    assert 'class="note warn"' in found.told
    assert "no box is known" in found.told


def test_what_a_treatment_took_away_is_shown_before_and_after(
    settings, colour_run, tmp_path
):
    write_facts(
        settings.resolve(colour_run.folder) / "bundle",
        preparation={"height": 32, "width": 48, "treatment": {"remover": "u2netp"}},
    )
    image, _ = drawing.car("Red Van", height=240, width=320)
    images.write(tmp_path / "a.png", image)

    found = look(settings, colour_run, dropped(tmp_path / "a.png"))

    before, after = found.apart["value"]
    np.testing.assert_array_equal(before, image)
    assert (after != image).any()
    assert "background removed by u2netp" in found.told


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\xff\xd8\xff\xe0 cut short"])
def test_a_file_that_is_no_photograph_is_refused_by_its_name(
    settings, colour_run, tmp_path, content
):
    path = tmp_path / "upload"
    path.write_bytes(content)

    with pytest.raises(gr.Error, match=r"my car\.jpg"):
        look(settings, colour_run, dropped(path))


def test_a_run_that_has_no_model_yet_is_refused_in_words(settings, lab, tmp_path):
    run = lab.run("unfinished", status="running")

    with pytest.raises(gr.Error, match="“unfinished” has no model"):
        look(settings, run, dropped(drawing.draw(tmp_path / "a.jpg")))


def test_a_model_is_read_once_and_again_when_its_file_changes(settings, colour_run):
    once = bundles.load(settings, colour_run.id)
    model = settings.resolve(colour_run.folder) / "bundle" / "model.onnx"

    assert bundles.load(settings, colour_run.id) is once
    os.utime(model, (1, 1))
    assert bundles.load(settings, colour_run.id) is not once


def test_the_spotlight_keeps_what_was_looked_at_and_greys_the_rest():
    image = np.full((2, 2, 3), (200, 40, 40), np.uint8)
    activation = np.array([[1.0, 0.0], [0.0, 0.0]], np.float32)

    lit = pictures.spotlight(image, activation)

    assert tuple(lit[0, 0]) == (200, 40, 40)
    assert len(set(lit[1, 1])) == 1
    assert lit[1, 1, 0] < 100
