"""What the Predict tab answers."""

import csv
import os
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from carclf.ui import bundles, pictures
from carclf.ui.tabs import predict
from tests import drawing
from tests.test_bundle import write_facts


def dropped(path, name="my car.jpg"):
    return {"path": str(path), "orig_name": name}


def test_without_a_run_the_tab_leads_to_training(settings):
    run, about, train, asking, *_ = predict.open_tab(settings, None)

    assert run["choices"] == []
    assert "Train one first" in about
    assert train["variant"] == "primary"
    assert asking["visible"] is False


def test_the_most_accurate_run_is_asked_first(settings, colour_run, better_run):
    run, about, *_ = predict.open_tab(settings, None)

    assert run["value"] == better_run.id
    assert [words for words, _ in run["choices"]] == [
        "better · 90.0 % on validation",
        "colours · 60.0 % on validation",
    ]
    assert "48 × 32, squash" in about


def test_a_photograph_is_answered_with_bars_pictures_and_time(
    settings, colour_run, tmp_path
):
    path = drawing.draw(tmp_path / "a.png", "Red Van")

    top, seen, looked_at, told = predict.look(settings, colour_run.id, dropped(path))

    assert top.count('class="bar') == 3
    assert top.count('class="bar first"') == 1
    assert seen["value"].shape == looked_at["value"].shape == (32, 48, 3)
    assert "Answered in" in told


def test_clearing_the_photograph_clears_the_answer(settings, colour_run):
    top, seen, looked_at, told = predict.look(settings, colour_run.id, None)

    assert "Drop a photograph" in top
    assert (seen["visible"], looked_at["visible"], told) == (False, False, "")


def test_a_photograph_prepared_otherwise_than_in_training_is_warned_of(
    settings, colour_run, tmp_path
):
    write_facts(
        settings.resolve(colour_run.folder) / "bundle",
        preparation={"height": 32, "width": 48, "treatment": {"remover": "box"}},
    )
    path = drawing.draw(tmp_path / "a.jpg")

    *_, told = predict.look(settings, colour_run.id, dropped(path))

    assert 'class="note warn"' in told
    assert "no box is known" in told


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\xff\xd8\xff\xe0 cut short"])
def test_a_file_that_is_no_photograph_is_refused_by_its_name(
    settings, colour_run, tmp_path, content
):
    path = tmp_path / "upload"
    path.write_bytes(content)

    with pytest.raises(gr.Error, match=r"my car\.jpg"):
        predict.look(settings, colour_run.id, dropped(path))


def test_several_photographs_make_a_table_and_the_same_csv(
    settings, colour_run, tmp_path
):
    good = drawing.draw(tmp_path / "1.jpg", "Blue Bus")
    bad = tmp_path / "2"
    bad.write_bytes(b"no image")

    table, download = predict.predict_many(
        settings, colour_run.id, [dropped(good, "good.jpg"), dropped(bad, "bad.jpg")]
    )

    assert list(table["value"]["file"]) == ["good.jpg", "bad.jpg"]
    assert table["value"]["class"][0] in ("red", "green", "blue")
    assert "bad.jpg" in table["value"]["note"][1]
    with Path(download["value"]).open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == predict.COLUMNS
    assert [row[:2] for row in rows[1:]] == table["value"].iloc[
        :, :2
    ].to_numpy().tolist()
    assert 1 / 3 < float(rows[1][2]) <= 1
    assert table["value"]["probability"][0].endswith(" %")


def test_a_run_that_has_no_model_yet_is_refused_in_words(settings, lab, tmp_path):
    run = lab.run("unfinished", status="running")

    with pytest.raises(gr.Error, match="“unfinished” has no model"):
        predict.look(settings, run.id, dropped(drawing.draw(tmp_path / "a.jpg")))


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
