"""Importing photographs on the page: what is queued, refused, stopped, gone on with."""

import gradio as gr
import pytest

from carclf import store
from carclf.store import jobs as stored_jobs
from carclf.ui.tabs import datasets_import, datasets_look
from carclf.ui.tabs.datasets_look import NOT_THERE
from tests import drawing
from tests.datasets.sources import packing
from tests.ui.importing import form


def queued(settings):
    with store.connect(settings.db_path) as db:
        (job,) = stored_jobs.unfinished(db)
    return job


def upload(settings, name="cars.zip"):
    """Lay a file where Gradio lays uploads, and return what the page sends of it."""
    path = packing.pack(settings.uploads / "a1b2" / name, {"Red Van/1.jpg": b"1"})
    return {"path": str(path), "orig_name": name}


def test_a_folder_is_queued_under_its_own_name(settings, tmp_path):
    folder = drawing.draw_classes(tmp_path / "my cars")

    told = datasets_import.start(settings, f" {folder} ", None, "")

    assert "Import my cars" in told
    assert queued(settings).settings["name"] == "my cars"


def test_every_line_is_a_source_of_one_version(settings):
    lines = "s3://bucket/car_ims.tgz\n\n https://example.org/labels.csv\n"

    datasets_import.start(settings, lines, None, "mine", " work ", "", False)

    job = queued(settings)
    assert [one["kind"] for one in job.settings["sources"]] == ["s3", "web"]
    assert job.settings["access"]["profile"] == "work"
    assert job.settings["name"] == "mine"


def test_an_uploaded_archive_is_kept_until_it_is_imported(settings):
    payload = upload(settings)

    datasets_import.start(settings, None, [payload], None, None, None, None)

    (source,) = queued(settings).settings["sources"]
    assert source["shown"] == "cars.zip (uploaded)"
    assert source["text"].startswith(str(settings.cache / "downloads"))
    assert queued(settings).settings["name"] == "cars"


def after_a_look(settings, place, *corrections, now=None):
    """Import as a person does who looked at a place, and may name another since."""
    looked = datasets_look.look(settings, place, None)[0]
    bucket = ("", "", False)
    datasets_import.start(
        settings, now or place, None, "", *bucket, looked, *corrections
    )


@pytest.mark.parametrize("place", ["{cars}", "s3://bucket/cars"])
def test_an_import_obeys_the_form(settings, cars, place):
    corrections = form(columns={"split": NOT_THERE}, leave_out=["Red Van"])

    after_a_look(settings, place.format(cars=f" {cars} "), *corrections)

    job = queued(settings)
    assert job.settings["name"] == "cars"
    assert job.settings["reading"] == {
        "layout": "table",
        "columns": {"split": ""},
        "first_level": "class",
        "leave_out": ["Red Van"],
    }


def test_corrections_to_another_source_are_not_obeyed(settings, cars):
    after_a_look(settings, "s3://bucket/other", *form(), now=str(cars))

    assert queued(settings).settings["reading"] == {}


def test_no_file_but_an_uploaded_one_is_read_as_such(settings, tmp_path):
    secret = packing.pack(tmp_path / "secret.zip", {"1.jpg": b"1"})

    with pytest.raises(gr.Error, match="was not uploaded"):
        datasets_import.start(settings, "", [{"path": str(secret)}], "")


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ("  ", "Say where the photographs are"),
        ("/no/such", "There is nothing at /no/such"),
        ("ftp://example.org/x.zip", "begin with ftp:// are not known"),
    ],
)
def test_what_cannot_be_imported_is_refused_in_words(settings, places, told):
    with pytest.raises(gr.Error, match=told):
        datasets_import.start(settings, places, None, "new")


def test_a_taken_name_is_refused_before_anything_is_downloaded(settings, version):
    with pytest.raises(gr.Error, match="exists already"):
        datasets_import.start(settings, "s3://bucket/cars", None, "")


def test_a_secret_in_an_endpoint_is_refused_and_not_repeated(settings):
    with pytest.raises(gr.Error, match="keeps no secrets") as refused:
        datasets_import.start(
            settings, "s3://bucket/x", None, "", "", "https://me:hunter2@minio"
        )

    assert "hunter2" not in str(refused.value)


def test_an_import_can_be_stopped_and_gone_on_with(settings):
    datasets_import.start(settings, "s3://bucket/cars", None, "")
    assert shown(settings) == (True, False)

    assert "Removed from the queue" in datasets_import.stop_import(settings)
    assert shown(settings) == (False, True)

    assert "waits in the queue" in datasets_import.go_on(settings)
    assert queued(settings).settings["sources"][0]["text"] == "s3://bucket/cars"


def shown(settings):
    stop, again = datasets_import.offered(settings)
    return stop["visible"], again["visible"]


def test_without_an_import_there_is_nothing_to_stop_or_go_on_with(settings):
    assert shown(settings) == (False, False)
    with pytest.raises(gr.Error, match="not running any more"):
        datasets_import.stop_import(settings)
    with pytest.raises(gr.Error, match="Start one anew"):
        datasets_import.go_on(settings)
