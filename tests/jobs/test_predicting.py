"""Predicting a folder by a real worker: stopped, gone on with, and told of."""

import csv

import pytest

from carclf import jobs, store
from carclf.errors import BundleError, DatasetError, JobError
from carclf.store import jobs as store_jobs
from carclf.store import runs
from tests import drawing
from tests.test_bundle import network, write_facts

PHOTOGRAPHS = 800


@pytest.fixture
def run(settings, version, tiny):
    with store.connect(settings.db_path) as db:
        config = tiny().model_dump(mode="json")
        run = runs.create(db, "colours", config, version_id=version.id)
    folder = settings.resolve(run.folder) / "bundle"
    folder.mkdir(parents=True)
    network(folder / "model.onnx")
    write_facts(folder)
    return run


@pytest.fixture
def folder(tmp_path):
    """Many names of one picture, so that they are quickly made."""
    one = drawing.draw(tmp_path / "one.png", height=600, width=800)
    (tmp_path / "in").mkdir()
    for number in range(PHOTOGRAPHS):
        (tmp_path / "in" / f"{number:04d}.png").hardlink_to(one)
    return tmp_path / "in"


def names(settings, job):
    with jobs.predictions(settings, job).open(encoding="utf-8", newline="") as file:
        return [row["file"] for row in csv.DictReader(file)]


def test_a_job_that_is_stopped_keeps_its_lines_and_another_goes_on(
    settings, run, folder, dispatcher, until
):
    first = jobs.submit_prediction(settings, [run.id], folder)
    until(first.id, lambda job: job.progress.get("done", 0) > 0)
    jobs.stop_now(settings, first.id)
    stopped = until(first.id, lambda job: job.status in ("stopped", "done"))
    kept = names(settings, stopped)

    second = jobs.resume_prediction(settings, first.id)
    done = until(second.id, lambda job: job.status == "done")

    assert stopped.status == "stopped"
    assert 0 < len(kept) < PHOTOGRAPHS
    assert stopped.progress["seconds_left"] is not None
    assert names(settings, done)[: len(kept)] == kept
    assert len(set(names(settings, done))) == PHOTOGRAPHS
    assert done.result == {"done": PHOTOGRAPHS, "unreadable": 0, "total": PHOTOGRAPHS}


def test_what_cannot_be_predicted_is_not_queued(settings, run, tmp_path, db):
    with pytest.raises(DatasetError, match="does not exist on this machine"):
        jobs.submit_prediction(settings, [run.id], tmp_path / "none")
    with pytest.raises(DatasetError, match="Give a folder or a CSV file"):
        jobs.submit_prediction(settings, [run.id])
    (settings.resolve(run.folder) / "bundle" / "model.onnx").unlink()
    with pytest.raises(BundleError, match="no model of it to predict with"):
        jobs.submit_prediction(settings, [run.id], tmp_path)
    assert store_jobs.every(db) == []


def test_only_what_ended_before_its_end_can_be_gone_on_with(settings, run, tmp_path):
    job = jobs.submit_prediction(settings, [run.id], tmp_path)

    with pytest.raises(JobError, match="is queued: there is no rest to go on"):
        jobs.resume_prediction(settings, job.id)
