"""What the Compare tab sets side by side, and what it refuses to."""

import re
from pathlib import Path

import gradio as gr
import pytest

from carclf import store
from carclf.experiments import importing
from carclf.records import EpochEnded
from carclf.store import jobs, marks, runs
from carclf.ui import differences
from carclf.ui.tabs import compare, compare_import
from carclf.ui.tabs.compare_curves import Wanted as CurvesWanted
from carclf.ui.tabs.compare_runs import Wanted
from tests.experiments import logs
from tests.ui.comparing import asked, gathered, imported, rows, view


def test_without_a_run_the_tab_leads_to_training(lab):
    shown = view(lab)

    assert "Train two or more" in shown.hint
    assert shown.table.table == ""
    assert shown.curves.chart is None


def test_the_tab_opens_with_the_newest_runs_that_learnt(lab, family):
    parent, child, _ = family

    shown = view(lab)

    assert shown.chosen["value"] == [child.id, parent.id]
    assert "child <b> 88.0 %" in shown.curves.chart["layout"]["meta"]


def test_the_curves_are_those_of_the_chosen_metric(lab, family):
    parent, *_ = family

    shown = view(lab, [parent.id], "something", curves=CurvesWanted("loss"))

    assert shown.curves.chart["layout"]["title"]["text"] == "Train loss by epoch"
    assert len(shown.curves.chart["data"]) == 2


def test_curves_can_lie_along_time(lab, family):
    parent, child, _ = family

    wanted = CurvesWanted("val_accuracy", "time")
    shown = view(lab, [parent.id, child.id], "something", curves=wanted)

    assert shown.curves.chart["data"][0]["x"] == [1.2, 2.4, 3.6, 4.8, 6.0]
    assert shown.curves.told == ""


def test_runs_without_steps_are_drawn_by_epoch_and_named(lab, family):
    parent, *_ = family

    wanted = CurvesWanted("val_accuracy", "step")
    shown = view(lab, [parent.id], "something", curves=wanted)

    assert "no steps were recorded of parent" in shown.curves.told
    assert shown.curves.chart["data"][0]["x"] == [1, 2, 3, 4, 5]


def test_a_refresh_asks_the_store_nothing_while_nothing_changed(lab, family):
    parent, *_ = family
    inputs = asked([parent.id]).inputs
    *_, seen = compare.refresh(lab.settings, *inputs, "something")

    again = compare.refresh(lab.settings, *inputs, seen)

    assert all(one == gr.skip() for one in again)


def test_a_refresh_sends_only_what_changed(lab, family):
    parent, *_ = family
    inputs = asked([parent.id]).inputs
    *_, seen = compare.refresh(lab.settings, *inputs, "something")
    with store.connect(lab.settings.db_path) as db:
        marks.write(db, parent.id, "seen nowhere but by the filter")

    *again, _ = compare.refresh(lab.settings, *inputs, seen)

    assert all(one == gr.skip() for one in again)


def test_a_late_answer_does_not_turn_back_the_choice_of_runs(lab, family):
    parent, *_ = family

    shown = view(lab, [parent.id], "something")

    assert "value" not in shown.chosen


@pytest.mark.parametrize("act", [compare.act_on_table, compare.act_on_tree])
def test_a_clicked_run_joins_the_comparison_and_leaves_it_again(lab, family, act):
    parent, child, _ = family

    def clicked(chosen):
        *shown, _ = act(
            lab.settings, parent.id, "choose", *asked(chosen).inputs, "something"
        )
        return gathered(shown)

    assert clicked([child.id]).chosen["value"] == [child.id, parent.id]
    assert clicked([child.id, parent.id]).chosen["value"] == [child.id]
    assert clicked([]).about["value"] == parent.id


def test_a_run_below_another_is_folded_away_and_shown_again(lab, family):
    parent, child, _ = family

    def clicked(does, form):
        *shown, _ = compare.act_on_tree(
            lab.settings, parent.id, does, *asked(tree=form).inputs, "something"
        )
        return gathered(shown).tree

    folded = clicked("fold", {})
    opened = clicked("unfold", folded.form)

    assert f'data-run="{child.id}"' not in folded.drawing
    assert "Show 1 run below parent" in folded.drawing
    assert f'data-run="{child.id}"' in opened.drawing


def test_an_imported_run_shows_its_own_directory_and_what_was_not_recorded(lab):
    told = {
        "data": {"directory": "/home/app/src/data/car_ims_v2/train"},
        "model": {"backbone": "ResNet50"},
    }
    imported(lab, "known", told)
    imported(lab, "unknown", {})

    shown = view(lab, table=Wanted(columns=["version", "mode", "backbone"]))

    assert rows(shown)["known"] == ["car_ims_v2", "–", "ResNet50"]
    assert rows(shown)["unknown"] == ["images not recorded", "–", "–"]


def test_a_curve_that_only_an_imported_log_has_can_be_looked_at(lab):
    history = [EpochEnded(one, {"top 5": one / 4}) for one in (1, 2, 3)]
    run = imported(lab, "one", {}, history)

    shown = view(lab, [run.id], "something", curves=CurvesWanted("top 5"))

    assert ("top 5", "top 5") in shown.curves.metric["choices"]
    assert shown.curves.chart["layout"]["title"]["text"] == "top 5 by epoch"


def test_settings_that_one_run_lacks_are_not_told_as_defaults(lab):
    one = imported(lab, "one", {"model": {"weights": "imagenet"}})
    none = imported(lab, "none", {})

    table = differences.table([one, none])

    assert listed(table) == ["learning.mode", "model.weights"]
    assert "<td>freeze</td><td>–</td>" in table


def test_importing_runs_says_what_came_of_each_experiment(lab, tmp_path):
    train, validation = logs.epochs(3)
    logs.start(tmp_path / "a <b>", train=train, validation=validation)
    compare_import.start(lab.settings, f" {tmp_path} ")
    with store.connect(lab.settings.db_path) as db:
        (job,) = jobs.every(db)

    result = importing.import_runs(
        lab.settings, Path(job.settings["folder"]), lambda *_: None
    )
    with store.connect(lab.settings.db_path) as db:
        jobs.set_result(db, job.id, result)
        jobs.finish(db, job.id, "done")
    said, seen = compare_import.refresh(lab.settings, None)

    assert job.kind == "import_runs"
    assert "1 run imported from 1 experiment." in said
    assert "<summary>a &lt;b&gt;: 3 epochs</summary>" in said
    assert "epoch_loss (validation) 3" in said
    assert compare_import.refresh(lab.settings, seen)[0] == gr.skip()


def test_an_import_without_a_folder_is_not_queued(lab, tmp_path):
    with pytest.raises(gr.Error, match="Give the folder"):
        compare_import.start(lab.settings, " ")
    with pytest.raises(gr.Error, match="is not a folder on this machine"):
        compare_import.start(lab.settings, str(tmp_path / "nowhere"))


def test_only_settings_that_differ_are_listed(lab):
    one = lab.run("one")
    other = lab.run("other <b>", changes={"data": {"batch_size": 8}, "seed": 5})

    table = differences.table([one, other])

    assert listed(table) == ["data.batch_size", "seed"]
    assert "<td>32</td><td>8</td>" in table
    assert "other &lt;b&gt;" in table


def listed(table):
    return re.findall(r'<th scope="row">(.*?)</th>', table)


def test_equal_settings_are_said_to_be_equal(lab):
    assert "same settings" in differences.table([lab.run("one"), lab.run("other")])


def test_all_settings_can_be_shown_with_those_that_differ_marked(lab):
    one, other = lab.run("one"), lab.run("other", changes={"seed": 5})

    table = differences.table([one, other], only_differing=False)

    assert "fit.epochs" in listed(table)
    assert re.findall(r'class="differs"><th scope="row">(.*?)<', table) == ["seed"]


def test_the_environments_of_runs_are_set_side_by_side(lab):
    one, other = lab.run("one"), lab.run("other")
    with store.connect(lab.settings.db_path) as db:
        for run, version in ((one, "3.14.0"), (other, "3.15.1")):
            runs.begin(db, run.id, "CPU", {"keras": version, "python": "3.11.7"})
        known = [runs.get(db, run.id) for run in (one, other)]

    table = differences.table(known, differences.ENVIRONMENT)

    assert listed(table) == ["keras"]
    assert "<td>3.14.0</td><td>3.15.1</td>" in table
