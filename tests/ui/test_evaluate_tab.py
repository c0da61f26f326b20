"""What the Evaluate tab tells of a run, and the pictures it tells it by."""

import gradio as gr
import pytest

from carclf import store
from carclf.datasets import relabelling
from carclf.store import evaluations
from carclf.ui.tabs import evaluate, evaluate_look, evaluate_pictures
from carclf.ui.tabs.evaluate_pictures import ANY
from tests.test_bundle import write_facts
from tests.ui.conftest import CLASSES

MISTAKES, BY_LOSS, RIGHT, CLOSEST, ATTENTION = evaluate_pictures.KINDS


@pytest.fixture
def judged(lab):
    """An evaluation of 12 test images with three mistakes, two of them of one class."""
    return lab.evaluation(lab.run("one"), wrong={0, 1, 5})


def captions(shown):
    return [caption for _, caption in shown.gallery["value"]]


def page(lab, evaluation_id, kind=MISTAKES, label=ANY, predicted=ANY):
    return evaluate_pictures.turn_page(
        lab.settings, 0, evaluation_id, kind, label, predicted
    )


def test_without_a_run_the_tab_leads_to_training(settings):
    _, _, _, newest, headline, *_ = evaluate.open_run(settings, None)

    assert newest is None
    assert "No run to evaluate yet" in headline


def test_a_run_without_an_evaluation_says_how_to_make_one(lab):
    run = lab.run("one")

    _, _, panel, _, headline, *_ = evaluate.open_run(lab.settings, run.id)

    assert panel["open"] is True
    assert "press “Evaluate”" in headline


def test_the_newest_evaluation_of_a_run_is_shown_first(lab, judged):
    with store.connect(lab.settings.db_path) as db:
        run_id = evaluations.get(db, judged).run_id

    run, evaluation, panel, newest, headline, *_ = evaluate.open_run(
        lab.settings, run_id
    )

    assert (run["value"], evaluation["value"], newest) == (run_id, judged, judged)
    assert evaluation["choices"][0][0] == "test of drawn · epoch 4 · 75.0 %"
    assert panel["open"] is False
    assert "75.0 %" in headline


def test_mistakes_come_most_confident_first_with_what_they_were_called(lab, judged):
    shown = page(lab, judged)

    assert captions(shown) == [
        "Mini <b>Cooper</b>, called Stock Car 1 (67 %)",
        "Baja Bug, called Mini <b>Cooper</b> (53 %)",
        "Baja Bug, called Mini <b>Cooper</b> (50 %)",
    ]
    assert "1–3 of 3" in shown.where


def test_right_answers_come_least_confident_first(lab, judged):
    assert captions(page(lab, judged, RIGHT))[0] == "Baja Bug (57 %)"


def test_mistakes_can_be_narrowed_to_a_class_and_to_what_it_was_called(lab, judged):
    of_class = page(lab, judged, BY_LOSS, "Baja Bug")
    of_pair = page(lab, judged, BY_LOSS, "Baja Bug", "Stock Car 1")

    assert len(captions(of_class)) == 2
    assert captions(of_pair) == []
    assert "No mistakes here" in of_pair.where


def test_pages_turn_and_stop_at_the_last(lab, judged, monkeypatch):
    monkeypatch.setattr("carclf.ui.pictures.PAGE", 5)

    def turn(step, at):
        return evaluate_pictures.turn_page(
            lab.settings, step, judged, RIGHT, ANY, ANY, None, at
        )

    assert "6–9 of 9" in turn(1, 0).where
    assert turn(1, 1).page == 1
    assert turn(-1, 0).page == 0


def test_a_clicked_confusion_opens_its_pictures(lab, judged):
    tabs, kind, label, predicted, chosen, *shown = evaluate.show_pair(
        lab.settings, ["Baja Bug", CLASSES[1], 2, 3, 66.7], judged
    )

    assert tabs.selected == "pictures"
    assert (kind, label, predicted) == (MISTAKES, "Baja Bug", CLASSES[1])
    assert chosen is None
    assert len(shown[1]) == 2


def test_a_picture_without_a_network_still_shows_its_answers(lab, judged):
    shown = page(lab, judged)

    look = evaluate_look.choose(lab.settings, 0, None, judged, shown.ids)

    assert "Mini &lt;b&gt;Cooper&lt;/b&gt;, called Stock Car 1" in look.answers
    assert look.answers.count('class="bar') == 4
    assert "What it looked at cannot be shown" in look.told
    assert look.for_predicted["visible"] is False
    assert look.version_id == lab.version_id


def test_a_mistake_is_explained_for_the_answer_and_for_the_label(lab, colour_run):
    folder = lab.settings.resolve(colour_run.folder) / "bundle"
    write_facts(folder, classes=CLASSES[:3])
    evaluation_id = lab.evaluation(colour_run, wrong={0})
    shown = page(lab, evaluation_id)

    look = evaluate_look.choose(lab.settings, 0, None, evaluation_id, shown.ids)

    assert look.for_predicted["value"].shape == (32, 48, 3)
    assert look.for_true["visible"] is True
    assert "These maps are those of epoch 3" in look.told


def test_a_better_label_shows_on_the_tile_and_the_numbers_stay(lab, judged):
    image_id = page(lab, judged).ids[0]

    relabelling.save(lab.settings, image_id, lab.version_id, "stock car 1")

    with store.connect(lab.settings.db_path) as db:
        found = evaluations.get(db, judged)
    refreshed = evaluate_look.refresh(lab.settings, judged, MISTAKES, ANY, ANY, None, 0)
    assert found.metrics["accuracy"] == 0.75
    assert refreshed["value"][0][1].endswith("· now Stock Car 1")


def test_an_evaluation_that_ended_meanwhile_appears_by_itself(lab):
    run = lab.run("one")
    *_, seen = evaluate.watch(lab.settings, run.id, None, None)
    newest = lab.evaluation(run, wrong=set())

    _, picker, evaluation, _, known, *_ = evaluate.watch(
        lab.settings, run.id, None, seen
    )
    again = evaluate.watch(lab.settings, run.id, known, seen)

    assert picker == gr.skip()
    assert evaluation["value"] == known == newest
    assert all(one == gr.skip() for one in again[:-1])


def test_coming_back_to_the_tab_keeps_what_is_looked_at(lab, judged):
    with store.connect(lab.settings.db_path) as db:
        run_id = evaluations.get(db, judged).run_id

    runs, *view = evaluate.open_tab(lab.settings, run_id, judged)

    assert runs["value"] == run_id
    assert all(one == gr.skip() for one in view)
