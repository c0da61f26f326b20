"""The export on the Predict tab: what can be chosen, how it goes, what came of it."""

from functools import partial

import gradio as gr
import pytest
from gradio.utils import is_static_file

from carclf import jobs, store
from carclf.exports import folder
from carclf.exports.folder import Accuracy
from carclf.store import jobs as stored_jobs
from carclf.ui.tabs import predict_export
from tests.exports.conftest import INT8, ONNX, put_export

JOB, EXPORTS, SHEET, DOWNLOAD, DELETE, TIMER, SEEN = range(7)


@pytest.fixture
def put(settings, colour_run):
    """Return a function that puts an export beside the run."""
    return partial(put_export, settings, colour_run)


def view(settings, run, chosen=None):
    return predict_export.refresh(settings, run.id, chosen, None)


def test_epochs_and_the_size_of_each_format_are_offered(settings, colour_run):
    epochs, lines = predict_export.offered(settings, colour_run.id, None)

    assert epochs["choices"] == [("1 (best)", 1)]
    assert epochs["value"] == 1
    said = {name: words for words, name in lines["choices"]}
    assert said["onnx"].startswith("ONNX. For servers and desktops")
    assert "About 1 kB." in said["onnx"]


def test_a_run_without_a_network_offers_no_epoch(settings, lab):
    run = lab.run("waiting", status="queued", epochs=0)

    epochs, _ = predict_export.offered(settings, run.id, 3)

    assert (epochs["choices"], epochs["value"]) == ([], None)


def test_without_a_run_nothing_is_offered(settings):
    epochs, _ = predict_export.offered(settings, None, None)

    assert epochs["choices"] == []


def test_an_export_is_queued_with_what_was_chosen(settings, colour_run):
    predict_export.begin(settings, colour_run.id, 1, ["int8", "onnx"])

    with store.connect(settings.db_path) as db:
        (job,) = stored_jobs.unfinished(db)
    assert (job.kind, job.run_id) == ("export", colour_run.id)
    assert job.settings == {"formats": ["onnx", "int8"], "epoch": 1}


@pytest.mark.parametrize(
    ("chosen", "why"), [([], "at least one format"), (["<b>"], "no format")]
)
def test_what_cannot_be_exported_is_a_pop_up(settings, colour_run, chosen, why):
    with pytest.raises(gr.Error, match=why) as refused:
        predict_export.begin(settings, colour_run.id, 1, chosen)

    assert "<b>" not in str(refused.value)


def test_while_it_runs_the_page_asks_again_and_shows_how_far_it_is(
    settings, colour_run, put
):
    put("older")
    jobs.submit_export(settings, colour_run.id, ["onnx"])

    shown = view(settings, colour_run, "older")

    assert "waits in the queue" in shown[JOB]
    assert shown[TIMER]["active"] is True
    assert shown[EXPORTS]["visible"] is False


def test_once_done_the_new_export_is_shown_with_what_was_measured(
    settings, colour_run, put
):
    put("older")
    put("newer", ONNX, INT8, at="2026-02-02T03:04:05+00:00")

    shown = view(settings, colour_run)

    assert shown[EXPORTS]["value"] == "newer"
    assert len(shown[EXPORTS]["choices"]) == 2
    for said in (
        "same answer on 100 % of 64 images, logits within 3e-07",
        "91.2 % → 90.5 %",
        "11 ms, ONNX Runtime 1",
        "gave the same answer as carclf on 100 % of 24 photographs",
    ):
        assert said in shown[SHEET]
    assert shown[TIMER]["active"] is False


def test_an_older_export_can_be_looked_at(settings, colour_run, put):
    put("older")
    put("newer", at="2026-02-02T03:04:05+00:00")

    assert view(settings, colour_run, "older")[EXPORTS]["value"] == "older"


def test_a_notable_loss_is_said(settings, colour_run, put):
    lossy = Accuracy(0.9, 0.8, 0.85, 500, "test of <b>cars</b>")
    put("lossy", ONNX, type(INT8)(**{**vars(INT8), "accuracy": lossy}))

    sheet = view(settings, colour_run)[SHEET]

    assert "loses 10.0 points" in sheet
    assert "<b>cars" not in sheet


def test_the_zip_is_fetched_from_where_it_lies_and_nothing_beside_it(
    settings, colour_run, put
):
    made = put("first")

    download = view(settings, colour_run)[DOWNLOAD]

    assert download["value"] == str(made.zip_path)
    assert is_static_file(made.zip_path)
    assert not is_static_file(made.folder / folder.FACTS)
    assert not is_static_file(settings.resolve(colour_run.folder) / "config.yml")


def test_a_deleted_export_is_gone(settings, colour_run, put):
    put("first")

    predict_export.remove(settings, colour_run.id, "first")

    shown = view(settings, colour_run, "first")
    assert shown[EXPORTS]["visible"] is False
    assert shown[DOWNLOAD]["visible"] is False


def test_the_export_of_another_run_is_not_shown(settings, colour_run, better_run, put):
    put("first")
    jobs.submit_export(settings, colour_run.id, ["onnx"])

    shown = view(settings, better_run)

    assert shown[JOB] == ""
    assert shown[EXPORTS]["choices"] == []
