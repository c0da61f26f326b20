"""Several photographs at once, and many as a job, as the tab shows them."""

import csv
import json
from pathlib import Path

import gradio as gr
import pytest

from carclf import jobs, store, worker
from carclf.store import jobs as stored_jobs
from carclf.ui.tabs import predict_many
from tests import drawing
from tests.ui.test_predict_tab import dropped


@pytest.fixture
def folder(tmp_path):
    for number in range(5):
        drawing.draw(tmp_path / "in" / f"{number}.png", "Blue Bus", number)
    (tmp_path / "in" / "9.png").write_bytes(b"no image")
    return tmp_path / "in"


def view(shown):
    return predict_many._Job(*shown)


def work(settings):
    """Do the job that waits, as a worker does."""
    with store.connect(settings.db_path) as db:
        job = stored_jobs.claim_next(db)
    assert worker.main(job.id, settings) == 0
    return job.id


def test_several_photographs_make_a_table_and_the_same_to_download(
    settings, colour_run, folder
):
    payloads = [dropped(folder / "0.png", "good.png"), dropped(folder / "9.png", "bad")]

    said, table, as_csv, as_json = predict_many.predict_at_once(
        settings, colour_run.id, [], payloads
    )

    assert said == ""
    assert list(table["value"]["file"]) == ["good.png", "bad"]
    assert table["value"]["probability"][0].endswith(" %")
    assert "cannot be read" in table["value"]["note"][1]
    with Path(as_csv["value"]).open(encoding="utf-8") as file:
        good, bad = csv.DictReader(file)
    assert 1 / 3 < float(good["probability"]) <= 1
    assert (bad["class"], json.loads(Path(as_json["value"]).read_text())[1]["top"]) == (
        "",
        [],
    )


def test_more_than_a_few_are_left_to_a_job(settings, colour_run, folder):
    payloads = [dropped(folder / "0.png")] * (predict_many.AT_ONCE + 1)

    said, table, *_ = predict_many.predict_at_once(
        settings, colour_run.id, None, payloads
    )

    assert "61 photographs take a while" in said
    assert table["visible"] is False


def test_a_folder_is_predicted_as_a_job_and_offered_to_download(
    settings, colour_run, folder
):
    waits = view(predict_many.start_job(settings, colour_run.id, [], str(folder), None))
    work(settings)
    done = view(predict_many.watch(settings, None))

    assert "waits in the queue" in waits.told
    assert waits.stop["visible"]
    assert "6 of 6 photographs predicted; 1 could not be read" in done.told
    assert not done.stop["visible"]
    assert len(done.table["value"]) == 6
    assert len(json.loads(Path(done.as_json["value"]).read_text())) == 6


def test_uploaded_photographs_of_one_name_are_told_apart(settings, colour_run, folder):
    payloads = [dropped(folder / f"{n}.png", "car.png") for n in (0, 1)]

    predict_many.start_job(settings, colour_run.id, [], "", payloads)
    work(settings)

    done = view(predict_many.watch(settings, None))
    assert list(done.table["value"]["file"]) == ["car.png", "car.png (2)"]


def test_a_stopped_job_goes_on_into_the_same_table(settings, colour_run, folder):
    predict_many.start_job(settings, colour_run.id, [], str(folder), None)
    stopped = view(predict_many.stop_job(settings))
    assert stopped.resume["visible"]

    predict_many.resume_job(settings)
    job_id = work(settings)

    with store.connect(settings.db_path) as db:
        job = stored_jobs.get(db, job_id)
    assert job.status == "done"
    assert job.result == {"done": 6, "unreadable": 1, "total": 6}
    assert len(jobs.predictions(settings, job).read_text().splitlines()) == 7


def test_what_cannot_be_a_job_is_refused_in_words(settings, colour_run, tmp_path):
    with pytest.raises(gr.Error, match="Give a folder or a CSV file"):
        predict_many.start_job(settings, colour_run.id, [], " ", None)
    with pytest.raises(gr.Error, match="does not exist on this machine"):
        predict_many.start_job(
            settings, colour_run.id, [], str(tmp_path / "none"), None
        )
    with pytest.raises(gr.Error, match="Choose at least one run"):
        predict_many.start_job(settings, None, [], str(tmp_path), None)
