"""What the Evaluate tab tells in numbers, and how a new evaluation is asked for."""

import csv
import re
from pathlib import Path

import gradio as gr
import pytest

from carclf import hierarchy, store
from carclf.records import Checkpoint, Skipped
from carclf.store import evaluations, jobs, runs, versions
from carclf.ui import evaluated
from carclf.ui.tabs import (
    evaluate,
    evaluate_classes,
    evaluate_confusions,
    evaluate_hierarchy,
    evaluate_pictures,
    evaluate_report,
    evaluate_summary,
    evaluate_wanted,
)
from carclf.ui.tabs.evaluate_classes import ANY
from tests.ui.conftest import CLASSES

VAN, COOPER = "Van `1`", "Mini <b>Cooper</b>"


@pytest.fixture
def judged(lab):
    """An evaluation of 12 test images with three mistakes, two of them of one class."""
    return lab.evaluation(lab.run("one"), wrong={0, 1, 5})


@pytest.fixture
def correct(lab, tmp_path):
    """Return a function that corrects what class names tell."""

    def set_to(text):
        path = tmp_path / "mine.csv"
        path.write_text(text, encoding="utf-8")
        return evaluate_hierarchy.take(
            lab.settings, {"path": str(path), "orig_name": "mine.csv"}
        )

    return set_to


def filled(lab, evaluation_id):
    found = evaluated.load(lab.settings, evaluation_id)
    return evaluate_report.fill(lab.settings, found)


def narrowed(lab, evaluation_id, rows="class", make=ANY, body=ANY, year=ANY, text=""):
    return evaluate_classes.narrow(
        lab.settings, evaluation_id, rows, make, body, year, text
    )


def names(table):
    return [row[0] for row in table["value"].itertuples(index=False)]


def test_the_headline_tells_accuracy_with_its_interval(lab, judged):
    headline = filled(lab, judged).headline

    # Wilson's, of 9 right in 12.
    assert "<dd>75.0 %</dd><dt>accuracy, 95 %: 46.8–91.1 %</dt>" in headline
    for name in ("right within five", "balanced accuracy", "macro F1"):
        assert f"<dt>{name}</dt>" in headline
    assert "<dd>12</dd><dt>images</dt>" in headline


def test_an_old_evaluation_without_figures_is_told_from_its_images(lab, judged):
    with store.connect(lab.settings.db_path) as db:
        db.execute("update evaluations set metrics = ?", ['{"accuracy": 0.1}'])

    headline = filled(lab, judged).headline

    assert "<dd>75.0 %</dd><dt>accuracy" in headline
    assert "calibration error" in headline


def test_the_headline_names_what_could_not_be_read(lab, judged):
    left_out = [Skipped("<a>.jpg", "is cut short.")]

    headline = filled(lab, again(lab, judged, CLASSES, left_out)).headline

    assert "Left out, because unreadable: 1 image" in headline
    assert "The first: &lt;a&gt;.jpg is cut short." in headline


def test_classes_that_the_run_never_learnt_are_told_with_what_that_means(lab, judged):
    headline = filled(lab, again(lab, judged, CLASSES[1:])).headline

    assert "3 images of 12 show 1 class that this run never learnt" in headline
    assert "each of them counts as a mistake" in headline
    assert "On the others it is right on 88.9 %" in headline


def again(lab, judged, classes, skipped=()):
    """Record an evaluation once more, of a network with these classes."""
    with store.connect(lab.settings.db_path) as db:
        one = evaluations.get(db, judged)
        return evaluations.add(
            db,
            one.run_id,
            1,
            one.version_id,
            "test",
            classes,
            one.metrics,
            evaluations.judged(db, judged),
            skipped,
        )


def test_the_summary_draws_reliability_and_says_it_in_words(lab, judged):
    summary = filled(lab, judged).summary

    assert "expected calibration error is" in summary.believed
    assert "Reliability over 12 images" in summary.reliability["layout"]["meta"]
    shown = sum(summary.reliability["data"][3]["y"])
    assert shown == 12


def test_without_makes_in_the_names_only_the_class_is_a_level(lab, judged, correct):
    before = filled(lab, judged).summary.levels
    correct("class,make\nBaja Bug,Mini\nVan `1`,Ford\n")
    after = filled(lab, judged).summary.levels

    assert "Exact class" in before
    assert re.search(r"Make, of the \d+ images whose class tells it", after)
    assert evaluate_summary.MISS_COLUMNS[0] in filled(lab, judged).summary.misses


def test_a_kind_of_mistake_opens_its_pairs(lab, judged, correct):
    correct("class,make\nBaja Bug,Mini\n")

    tabs, miss, pairs, download = evaluate_report.show_miss(
        lab.settings, ["Right make, wrong model", 2, 66.7], judged
    )

    assert tabs.selected == "confusions"
    assert miss == "Right make, wrong model"
    assert pairs.iloc[0].tolist() == ["Baja Bug", COOPER, 2, 3, 66.7]
    assert len(pairs) == 1
    assert Path(download).read_text().splitlines()[1] == f"Baja Bug,{COOPER},2,3"


def test_classes_come_worst_first_in_percent(lab, judged):
    table = filled(lab, judged).classes.table["value"]

    assert table.iloc[0].tolist()[:3] == ["Baja Bug", 3, 33.3]
    assert table.iloc[0]["Most often called"] == f"{COOPER} (2)"


def test_classes_are_found_by_name_and_filtered_by_make(lab, judged, correct):
    correct("class,make,year\nBaja Bug,Volkswagen,1969\n")

    assert names(narrowed(lab, judged, text="car").table) == ["Stock Car 1"]
    assert names(narrowed(lab, judged, make="Volkswagen").table) == ["Baja Bug"]
    assert names(narrowed(lab, judged, year="1969").table) == ["Baja Bug"]
    nothing = narrowed(lab, judged, make="Volkswagen", text="car")
    assert names(nothing.table) == []
    assert "No class matches" in nothing.averages


def test_averages_are_over_the_classes_in_sight(lab, judged):
    whole = narrowed(lab, judged).averages
    part = narrowed(lab, judged, text="Baja").averages

    assert "<dd>75.0 %</dd><dt>recall, macro average</dt>" in whole
    assert "<dd>33.3 %</dd><dt>recall, macro average</dt>" in part
    assert "<dd>1</dd><dt>class</dt>" in part


def test_makes_have_rows_and_a_click_opens_their_classes(lab, judged, correct):
    correct("class,make\nBaja Bug,Mini\nVan `1`,Ford\n")
    asked = ("make", ANY, ANY, ANY, "")

    groups = narrowed(lab, judged, *asked).table
    rows, make, *_, averages, table, _ = evaluate_classes.open_group(
        lab.settings, ["Mini", 2, 6, 50.0, 60.0, 50.0], judged, *asked
    )

    assert set(names(groups)) == {"Mini", "Ford", "not told"}
    assert (rows, make) == ("class", "Mini")
    assert set(names(table)) == {"Baja Bug", COOPER}
    assert "<dd>2</dd>" in averages


def test_the_classes_can_be_taken_away_with_their_averages(lab, judged):
    path = Path(filled(lab, judged).classes.download)

    assert path.name == "classes.csv"
    assert path.is_relative_to(lab.settings.uploads)
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert rows[0]["class"] == "Baja Bug"
    assert float(rows[0]["recall"]) == pytest.approx(1 / 3)
    assert [row["class"] for row in rows[-2:]] == ["macro average", "weighted average"]
    assert float(rows[-1]["recall"]) == 0.75


def test_a_damaged_file_of_corrections_is_refused_in_words(lab, correct):
    with pytest.raises(gr.Error, match="has no column “class”"):
        correct("brand\nFord\n")


def test_corrections_are_told_and_forgotten(lab, judged, correct):
    said, _ = correct("class,make\nBaja Bug,Volkswagen\n")
    known = filled(lab, judged).hierarchy

    assert "mine.csv is taken: it says something of 1 class" in said
    assert "Names and your corrections tell of 4 classes: make of 2" in known.told
    assert "Baja Bug,Volkswagen,Baja Bug,-,-" in Path(known.download).read_text()
    evaluate_hierarchy.go_back(lab.settings)
    assert not hierarchy.place(lab.settings).exists()


@pytest.mark.parametrize("order", evaluate_confusions.ORDERS)
def test_a_square_opens_the_pictures_of_its_classes_in_any_order(lab, judged, order):
    drawn = evaluate_confusions.redraw(
        lab.settings, judged, order, evaluate_confusions.SHARES, False
    )
    # Two cars were called something else, in one square.
    told = drawn["data"][0]["text"]
    place = next(
        [row, column]
        for row, cells in enumerate(told)
        for column, cell in enumerate(cells)
        if cell and "called" in cell and "2 of 3" in cell
    )

    _, kind, label, predicted, _, *shown = evaluate.show_cell(
        lab.settings, place, None, judged, order
    )

    assert kind == next(iter(evaluate_pictures.KINDS))
    assert (label, predicted) == ("Baja Bug", COOPER)
    assert len(shown[1]) == 2


def test_a_clicked_square_on_the_diagonal_opens_right_answers(lab, judged):
    _, kind, label, predicted, _, *shown = evaluate.show_cell(
        lab.settings, [2, 2], None, judged, evaluate_confusions.AS_LEARNT
    )

    assert kind == evaluate_pictures.RIGHT
    assert (label, predicted) == ("Stock Car 1", evaluate_pictures.ANY)
    assert len(shown[1]) == 3


def test_the_epochs_that_were_kept_can_be_chosen_from_the_best(lab):
    run = lab.run("one", epochs=5)

    epoch, version = evaluate_wanted.offer(lab.settings, run.id)

    assert epoch["choices"] == [("5", 5), ("4 (best)", 4)]
    assert (epoch["value"], version["value"]) == (4, lab.version_id)


def test_what_was_chosen_stays_when_the_tab_is_shown_again(lab):
    run = lab.run("one", epochs=5)

    epoch, _ = evaluate_wanted.offer(lab.settings, run.id, 5, lab.version_id)

    assert epoch["value"] == 5


@pytest.mark.parametrize(("chosen", "judged_epoch"), [(None, 4), (5, 5)])
def test_evaluating_queues_a_job_for_the_chosen_epoch(lab, chosen, judged_epoch):
    run = lab.run("one", epochs=5)

    told = evaluate_wanted.evaluate(
        lab.settings, run.id, chosen, lab.version_id, "validation"
    )

    with store.connect(lab.settings.db_path) as db:
        job = jobs.unfinished(db)[0]
    assert f"Evaluate one, epoch {judged_epoch}, on drawn, validation" in told
    assert job.settings == {
        "version_id": lab.version_id,
        "split": "validation",
        "epoch": judged_epoch,
    }


def test_evaluating_nothing_is_refused_in_words(lab):
    with pytest.raises(gr.Error, match="Choose a run"):
        evaluate_wanted.evaluate(lab.settings, None, None, lab.version_id, "test")


def test_other_backgrounds_are_refused_before_anything_waits(lab):
    run = lab.run("one")
    with store.connect(lab.settings.db_path) as db:
        examples = versions.examples(db, lab.version_id)
        treated = versions.create(
            db,
            "treated",
            "another hash",
            examples,
            treatment={"remover": "u2netp"},
            source="drawn",
            split_rule="by turns",
        )

    with pytest.raises(gr.Error, match="Its accuracy there would mean nothing"):
        evaluate_wanted.evaluate(lab.settings, run.id, None, treated, "test")

    with store.connect(lab.settings.db_path) as db:
        assert jobs.unfinished(db) == []


def test_weights_that_left_the_disk_are_told_before_anything_waits(lab):
    run = lab.run("one")
    with store.connect(lab.settings.db_path) as db:
        runs.keep_checkpoint(db, Checkpoint(run.id, 2, Path("gone.h5"), 1))

    with pytest.raises(gr.Error, match="epoch 2 of “one” are gone from the disk"):
        evaluate_wanted.evaluate(lab.settings, run.id, 2, lab.version_id, "test")
