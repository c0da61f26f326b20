"""What one run fixed and the other broke, picture by picture and class by class."""

import dataclasses

import gradio as gr
import pytest

from carclf import store
from carclf.store import evaluations, versions
from carclf.ui.tabs import compare_classes, compare_fixed, compare_look
from carclf.ui.tabs.compare_fixed import BROKE, FIXED, Result


@pytest.fixture
def pair(lab):
    """Two evaluations: the later fixes places 0 to 3, breaks 5, and still errs on 4."""
    parent = lab.run("parent", best=0.7)
    child = lab.run("child <b>", best=0.9, parent=(parent, 4))
    before = lab.evaluation(parent, wrong={0, 1, 2, 3, 4})
    return before, lab.evaluation(child, wrong={4, 5})


def test_fixed_and_broken_pictures_are_told_with_how_sure_it_is(lab, pair):
    before, after, *rest = compare_fixed.open_pair(lab.settings, None, None)
    shown = Result(*rest)

    assert (before["value"], after["value"]) == pair
    assert "child &lt;b&gt; is right on 10 of 12 images, parent on 7" in shown.verdict
    assert "+25.0 points (95 % interval" in shown.verdict
    assert "That may be chance alone." in shown.verdict
    assert shown.which["choices"] == [("Fixed (4)", FIXED), ("Broke (1)", BROKE)]
    assert len(shown.gallery["value"]) == len(shown.ids) == 4
    assert "1–4 of 4" in shown.where


def test_a_broken_picture_says_what_it_was_and_what_it_is_called_now(lab, pair):
    _, _, gallery, _ = compare_fixed.turn_page(lab.settings, 0, *pair, BROKE)

    (_, caption), *_ = gallery["value"]
    assert caption == (
        "Mini <b>Cooper</b>: was right (67 %), now called Stock Car 1 (67 %)"
    )


def test_classes_are_listed_with_the_greatest_loss_first(lab, pair):
    shown = compare_fixed.compare_pair(lab.settings, *pair)

    assert shown.classes["value"] == [
        ["Mini <b>Cooper</b>", 3, 33.3, 33.3, 0.0, 1, 1],
        ["Stock Car 1", 3, 100.0, 100.0, 0.0, 0, 0],
        ["Van `1`", 3, 100.0, 100.0, 0.0, 0, 0],
        ["Baja Bug", 3, 0.0, 100.0, 100.0, 3, 0],
    ]


def test_a_clear_difference_is_called_more_than_chance(lab):
    worse = lab.evaluation(lab.run("worse"), wrong=set(range(10)))
    better = lab.evaluation(lab.run("better"), wrong=set())

    shown = compare_fixed.compare_pair(lab.settings, worse, better)

    assert "That is more than chance." in shown.verdict
    assert "p = 0.00195" in shown.verdict


def test_many_runs_beside_one_are_told_with_a_corrected_p(lab):
    first = lab.evaluation(lab.run("first"), wrong=set(range(10)))
    for name, wrong in (
        ("clear", set()),
        ("<i>", {0, 1, 2, 3}),
        ("same", set(range(10))),
    ):
        lab.evaluation(lab.run(name), wrong=wrong)

    with store.connect(lab.settings.db_path) as db:
        told = compare_classes.others(db, evaluations.get(db, first))

    assert "0.00195" in told
    # Three times the smallest p, by Holm.
    assert "0.00586" in told
    assert '<th scope="row">&lt;i&gt;</th>' in told


def test_runs_judged_on_different_splits_are_not_set_against_each_other(lab):
    run = lab.run("one")
    on_test = lab.evaluation(run, wrong={0})
    on_validation = lab.evaluation(lab.run("two"), wrong={0}, split="validation")

    shown = compare_fixed.compare_pair(lab.settings, on_test, on_validation)

    assert "judged on different images" in shown.verdict
    assert shown.gallery["visible"] is False
    assert shown.classes["visible"] is False


def twin(lab, name, **changes):
    """Return a version with the same examples, changed or not."""
    with store.connect(lab.settings.db_path) as db:
        examples = [
            dataclasses.replace(one, **changes)
            for one in versions.examples(db, lab.version_id)
        ]
        version_id = versions.create(
            db,
            name,
            "another hash",
            examples,
            treatment={"remover": "none"},
            source="drawn",
            split_rule="by turns",
        )
    return dataclasses.replace(lab, version_id=version_id)


def test_equal_splits_of_two_versions_can_be_compared(lab):
    before = lab.evaluation(lab.run("one"), wrong={0})
    other = twin(lab, "copy")
    after = other.evaluation(other.run("two"), wrong={1})

    shown = compare_fixed.compare_pair(lab.settings, before, after)

    assert "two is right on 11 of 12 images" in shown.verdict
    assert "stand in “drawn” and in “copy”" in shown.verdict


def test_the_same_photographs_with_other_labels_are_refused(lab):
    before = lab.evaluation(lab.run("one"), wrong={0})
    other = twin(lab, "relabelled", label="Baja Bug")
    after = other.evaluation(other.run("two"), wrong={1})

    shown = compare_fixed.compare_pair(lab.settings, before, after)

    assert "judged on different images" in shown.verdict
    assert "“relabelled”" in shown.verdict


def test_one_evaluation_alone_says_what_is_missing(lab):
    lab.evaluation(lab.run("one"), wrong=set())

    *_, verdict = compare_fixed.open_pair(lab.settings, None, None)[:3]

    assert "Two evaluations are needed" in verdict


def test_a_picture_opens_large_with_what_both_runs_said_of_it(lab, colour_run):
    before = lab.evaluation(lab.run("without <model>"), wrong={0})
    after = lab.evaluation(colour_run, wrong=set())
    shown = compare_fixed.compare_pair(lab.settings, before, after)

    look = compare_look.choose(lab.settings, 0, None, before, after, shown.ids)

    assert look.image_id == shown.ids[0]
    assert '<section class="opinion top-five" aria-label="colours">' in look.said
    assert 'without &lt;model&gt; <span class="badge failed">wrong' in look.said
    assert "What it looked at cannot be shown" in look.said
    assert look.said.count("<img") >= 1
    assert look.panel["visible"] is True


def test_a_choice_of_evaluations_that_are_gone_is_made_anew(lab, pair):
    before, after, *_ = compare_fixed.open_pair(lab.settings, 98, 99)

    assert (before["value"], after["value"]) == pair


def test_an_evaluation_that_is_gone_is_refused_in_words(lab, pair):
    with pytest.raises(gr.Error, match="no evaluation 98"):
        compare_fixed.turn_page(lab.settings, 0, 98, 99, FIXED)
