"""What a report says, and what it leaves out because the store does not know it."""

import re

import pytest

from carclf import report, store
from carclf.errors import StoreError
from carclf.experiments import importing
from carclf.report import html
from carclf.store import notes, runs, versions
from tests.report.reading import Page

UNKNOWN = re.compile(r"\b(None|nan|NaN|null)\b")


def test_a_run_without_an_evaluation_is_told_by_its_validation_accuracy(lab, page_of):
    page = page_of(lab.run("alone", best=0.8))

    assert "reached 80.0 % validation accuracy at epoch 4" in page.lead()
    assert "No run was evaluated" in page.words("results")
    assert not UNKNOWN.search(page.words())


def test_a_run_without_an_epoch_is_no_result(lab, page_of):
    page = page_of(lab.run("waiting", status="queued"))

    assert page.lead() == "“waiting” has no accuracy on record yet."
    assert "No epoch has ended." in page.words("runs")
    assert not UNKNOWN.search(page.words())


def test_a_failed_run_says_why(lab, page_of):
    page = page_of(lab.run("broken", status="failed", reason="The disk is full."))

    assert "Its status is “failed”: The disk is full." in page.words("runs")


def test_what_happened_to_a_run_is_told(lab, page_of):
    run = lab.run("noted")
    with store.connect(lab.settings.db_path) as db:
        notes.add(db, run.id, "Memory ran out, so batches are halved.")

    assert "Memory ran out, so batches are halved." in page_of(run).words("runs")


def test_a_parent_that_is_not_chosen_is_shown_as_such(lab, page_of, two):
    _, child = two

    page = page_of(child)

    said = page.words("experiments")
    assert "from epoch 4 of “frozen”" in said
    assert "1 run in grey is not part of this report" in said
    assert "its parent “frozen”" in page.lead()
    assert "frozen" not in page.table("numbers")


def test_settings_that_differ_from_the_parent_are_told_and_no_others(lab, page_of):
    parent = lab.run("first")
    child = lab.run("second", parent=(parent, 4), changes={"seed": 7})

    table = page_of(parent, child).table(f"run-{child.id}")

    assert table["seed"] == {"What differs": "seed", "first": "123", "second": "7"}
    assert set(table) == {"seed", "learning.mode"}


def test_an_accuracy_on_the_rendered_sample_is_labelled_so(lab, page_of, two):
    with store.connect(lab.settings.db_path) as db:
        db.execute("update versions set name = 'sample'")

    page = page_of(*two)

    assert "rendered test images of “sample”" in page.lead()
    assert "renders that come with carclf, not photographs" in (page.words())


def test_what_leads_to_somebody_is_left_out(lab, page_of):
    secret = {
        "notify": {"webhook": "https://example.org/hook/s3cret"},
        "data": {"directory": "/home/somebody/cars/train"},
    }
    run = lab.run("private", changes=secret)
    with store.connect(lab.settings.db_path) as db:
        db.execute("update versions set source = '/home/somebody/pictures/cars'")

    text = page_of(run).text

    assert "s3cret" not in text
    assert "somebody" not in text
    assert "the folder “cars”" in text


def test_a_report_of_nothing_is_refused(lab):
    with pytest.raises(StoreError, match="Choose at least one run"):
        report.make(lab.settings, [])


def test_a_title_of_ones_own_stands_above(page_of, two):
    page = page_of(*two, title="Cars, autumn term")

    assert page.find(".//h1").text == "Cars, autumn term"
    assert page.find(".//title").text == "Cars, autumn term"


def test_the_course_reports_experiments_become_a_report(settings, shared):
    importing.import_runs(settings, shared / "seed_experiments", lambda *_: None)
    with store.connect(settings.db_path) as db:
        known = {one.name: one for one in runs.every(db)}

    document = report.make(settings, [one.id for one in known.values()])
    page = Page(html.render(settings, document))

    best = page.table("numbers")["exp_013"]
    assert "“exp_013”, a fine-tuned ResNet50, reached" in page.lead()
    assert best["Validation"] in page.lead()
    assert "from epoch 69 of “exp_005”" in page.words("experiments")
    assert "no dataset version on record" in page.words("data")
    assert "“car_ims_v1” and “car_ims_v2”" in page.words("data")
    assert not UNKNOWN.search(page.words())
    assert "/home/app" not in page.text


def test_photographs_that_left_the_disk_are_missing_and_no_obstacle(lab, page_of, two):
    with store.connect(lab.settings.db_path) as db:
        shown = versions.examples(db, lab.version_id)
    for one in shown:
        lab.settings.resolve(one.path).unlink()

    assert "file missing" in page_of(*two).words("data")
