"""Treating a whole version from the Background tab: how it goes, and what failed."""

import gradio as gr
import pytest

from carclf import store, tasks
from carclf.store import jobs, versions
from carclf.ui.tabs import background_version
from carclf.ui.tabs.background_treatment import CROP

FIELDS = ("box", CROP, "#000000", 0.1)


def treat(settings, version, name="cropped", fields=FIELDS):
    told, *_ = background_version.treat_version(settings, version.id, name, *fields)
    return told


def work(settings, stop_requested=lambda: False):
    """Do what the queue holds, as a worker would."""
    with store.connect(settings.db_path) as db:
        job = jobs.claim_next(db)
        status = tasks.of(job.kind)(tasks.Work(settings, db, job, stop_requested))
        jobs.finish(db, job.id, status, reason="as asked" * (status == "stopped"))
        return jobs.get(db, job.id)


def watch(settings):
    told, stop, again, _ = background_version.watch(settings, None)
    return told, stop["visible"], again["visible"]


def lose(settings, version):
    """Take a photograph of the version away; return its name."""
    with store.connect(settings.db_path) as db:
        lost = versions.examples(db, version.id)[0]
    settings.resolve(lost.path).unlink()
    return lost.file_name


@pytest.mark.parametrize(
    ("fill", "margin"), [("mauve", 0.1), ("rgba(", 0.1), ("#ffffff", 7.0)]
)
def test_a_setting_that_cannot_be_is_refused_in_words(settings, version, fill, margin):
    with pytest.raises(gr.Error, match=r"cannot be used as (fill|margin)"):
        treat(settings, version, fields=("box", CROP, fill, margin))


def test_a_whole_version_is_treated_by_a_job(settings, version):
    told = treat(settings, version)

    assert "waits in the queue" in told
    with store.connect(settings.db_path) as db:
        (job,) = jobs.unfinished(db)
    assert job.settings["treatment"]["margin"] == 0.1
    assert watch(settings)[1:] == (True, False)


def test_what_was_made_is_told_with_where_to_look_through_it(settings, version):
    treat(settings, version)

    done = work(settings)

    told, *offered = watch(settings)
    assert done.progress["message"].startswith("Removing backgrounds · 36 of 36 images")
    assert done.progress["message"].endswith("images/s")
    assert "“cropped” holds 36 images" in told
    assert "Review a treated version" in told
    assert offered == [False, False]


def test_what_failed_is_counted_and_listed_with_the_reason(settings, version):
    lost = lose(settings, version)
    treat(settings, version)

    done = work(settings)

    told, *_ = watch(settings)
    assert done.progress["message"].endswith("· 1 failed")
    assert "1 photograph could not be treated" in told
    assert f"{lost} is missing from" in told
    assert "“cropped” holds 35 images" in told


def test_a_treating_that_was_stopped_can_be_gone_on_with(settings, version):
    treat(settings, version)
    asked = iter([False] * 5 + [True] * 100)
    work(settings, lambda: next(asked))
    treated = {
        path: path.stat().st_mtime_ns
        for path in (settings.cache / "treated").rglob("*.jpg")
    }
    assert watch(settings)[1:] == (False, True)

    told, *_ = background_version.go_on(settings)
    work(settings)

    assert "waits in the queue" in told
    assert len(treated) >= 5
    assert all(path.stat().st_mtime_ns == at for path, at in treated.items())
    assert "“cropped” holds 36 images" in watch(settings)[0]


def test_what_waits_can_be_taken_back(settings, version):
    treat(settings, version)

    told, *_ = background_version.stop_treating(settings)

    assert "stopped" in told
    with pytest.raises(gr.Error, match="not running any more"):
        background_version.stop_treating(settings)


def test_a_long_list_of_failures_is_cut_and_says_so(settings, version, monkeypatch):
    monkeypatch.setattr(background_version, "LISTED", 1)
    lose(settings, version)
    with store.connect(settings.db_path) as db:
        gone = versions.examples(db, version.id)[1]
    settings.resolve(gone.path).unlink()
    treat(settings, version)

    work(settings)

    assert "And 1 more." in watch(settings)[0]


def test_a_failed_treatment_says_why(settings, version):
    treat(settings, version)
    with store.connect(settings.db_path) as db:
        job = jobs.claim_next(db)
        jobs.finish(db, job.id, "failed", reason="The disk is <full>.")

    assert "failed. The disk is &lt;full&gt;." in watch(settings)[0]


def test_a_page_that_shows_it_already_is_sent_nothing(settings, version):
    treat(settings, version)
    *_, seen = background_version.watch(settings, None)

    again = background_version.watch(settings, seen)

    assert again == (gr.skip(),) * 4
