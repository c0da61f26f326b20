"""What the Compare tab sets side by side, and what it refuses to."""

import dataclasses
import re
from pathlib import Path

import gradio as gr
import pytest

from carclf import store
from carclf.experiments import importing
from carclf.records import EpochEnded
from carclf.store import imports, jobs, runs, versions
from carclf.ui import differences, lineage, tree
from carclf.ui.tabs import compare, compare_fixed, compare_import
from carclf.ui.tabs.compare import View
from carclf.ui.tabs.compare_fixed import BROKE, FIXED
from tests.experiments import logs


@pytest.fixture
def family(lab):
    """A run, one fine-tuned from its epoch 4, and a stranger; two were tested."""
    parent = lab.run("parent", best=0.7)
    child = lab.run("child <b>", best=0.9, parent=(parent, 4))
    stranger = lab.run("stranger", best=0.6, status="failed", reason="why")
    lab.evaluation(parent, wrong={0, 1, 2, 3, 4})
    lab.evaluation(child, wrong={4, 5})
    return parent, child, stranger


def everyone(lab):
    with store.connect(lab.settings.db_path) as db:
        return lineage.everyone(db)


def view(lab, chosen=None, metric="val_accuracy", seen=()):
    *shown, _ = compare.refresh(lab.settings, chosen, metric, list(seen))
    return View(*shown)


def test_without_a_run_the_tab_leads_to_training(lab):
    shown = view(lab)

    assert "Train two or more" in shown.hint
    assert shown.table["visible"] is False
    assert shown.curves is None


def test_a_row_tells_what_a_run_was_and_how_good_it_got(lab, family):
    rows = {
        row[0]: dict(zip(lineage.COLUMNS, row, strict=True))
        for row in view(lab).table["value"]
    }

    child = rows["child <b>"]
    assert child["Val. accuracy %"] == 90.0
    assert child["Test accuracy %"] == 83.3
    assert child["Parent"] == "parent, epoch 4"
    assert (child["Mode"], rows["parent"]["Mode"]) == ("fine-tuned", "frozen")
    assert rows["stranger"]["Status"] == "failed"
    assert rows["stranger"]["Test accuracy %"] is None


def test_the_tab_opens_with_the_newest_runs_that_learnt(lab, family):
    parent, child, _ = family

    shown = view(lab)

    assert shown.chosen["value"] == [child.id, parent.id]
    assert "child <b> 88.0 %" in shown.curves["layout"]["meta"]


def test_the_curves_are_those_of_the_chosen_metric(lab, family):
    parent, *_ = family

    shown = view(lab, [parent.id], "loss", seen=["something"])

    assert shown.curves["layout"]["title"]["text"] == "Train loss by epoch"
    assert len(shown.curves["data"]) == 2


def test_a_refresh_sends_only_what_changed(lab, family):
    parent, *_ = family
    *_, seen = compare.refresh(lab.settings, [parent.id], "loss", ["something"])

    again = compare.refresh(lab.settings, [parent.id], "loss", seen)

    assert all(one == gr.skip() for one in again[:-1])


def test_a_late_answer_does_not_turn_back_the_choice_of_runs(lab, family):
    parent, *_ = family

    shown = view(lab, [parent.id], seen=["something"])

    assert "value" not in shown.chosen


def test_a_clicked_row_joins_the_comparison_and_leaves_it_again(lab, family):
    parent, child, _ = family

    def clicked(chosen):
        turned, *_ = compare.toggle_row(
            lab.settings, ["parent", "done"], chosen, "loss", ["something"]
        )
        return turned["value"]

    assert clicked([child.id]) == [child.id, parent.id]
    assert clicked([child.id, parent.id]) == [child.id]


def test_the_tree_hangs_a_run_below_the_one_it_came_from(lab, family):
    parent, child, stranger = family

    drawn = tree.draw(everyone(lab), [child.id])

    nodes = re.findall(r'<ul>|</ul>|data-run="(\d+)"', drawn)
    shape = re.findall(r'<ul>|</ul>|data-run="\d+"', drawn)
    assert [int(one) for one in nodes if one] == [parent.id, child.id, stranger.id]
    assert shape[1:4] == [f'data-run="{parent.id}"', "<ul>", f'data-run="{child.id}"']
    assert "fine-tuned EfficientNetLite0 from epoch 4 · drawn" in drawn
    assert drawn.count('aria-pressed="true"') == 1


def test_a_node_tells_its_gain_over_the_same_test_images(lab, family):
    drawn = tree.draw(everyone(lab), [])

    assert "83.3 % test" in drawn
    assert "+25.0 points" in drawn
    assert "child &lt;b&gt;" in drawn


def imported(lab, name, config, history=(), start=None):
    with store.connect(lab.settings.db_path) as db:
        return imports.add(
            db,
            name,
            config,
            {"start": start or name, "experiment": name, "folder": f"/lab/{name}"},
            history,
            best_epoch=None,
            started_at="2022-11-13T03:26:20.000+00:00",
            ended_at=None,
        )


def test_an_imported_run_shows_its_own_directory_and_what_was_not_recorded(lab):
    told = {
        "data": {"directory": "/home/app/src/data/car_ims_v2/train"},
        "model": {"backbone": "ResNet50", "weights": "/x/exp_009/model.22-0.4.h5"},
    }
    imported(lab, "known", told, [EpochEnded(1, {"val_accuracy": 0.5})])
    imported(lab, "unknown", {})

    drawn = tree.draw(everyone(lab), [])
    rows = {row[0]: row for row in lineage.rows(everyone(lab))}

    assert (
        "fine-tuned ResNet50 from exp_009/model.22-0.4.h5 · car_ims_v2</small>" in drawn
    )
    assert "network not recorded from weights not recorded · images not" in drawn
    place = lineage.COLUMNS.index
    assert rows["known"][place("Version")] == "car_ims_v2"
    assert rows["unknown"][place("Mode")] == "not recorded"
    assert rows["unknown"][place("Backbone")] == "not recorded"


def test_a_curve_that_only_an_imported_log_has_can_be_looked_at(lab):
    history = [EpochEnded(one, {"top 5": one / 4}) for one in (1, 2, 3)]
    run = imported(lab, "one", {}, history)

    shown = view(lab, [run.id], "top 5", seen=["something"])

    assert ("top 5", "top 5") in shown.metric["choices"]
    assert shown.curves["layout"]["title"]["text"] == "top 5 by epoch"


def test_runs_of_other_directories_have_no_gain_to_tell(lab):
    history = [EpochEnded(1, {"val_accuracy": 0.5})]
    first = {"data": {"directory": "/data/v1/train"}}
    imported(lab, "one", first, history)
    imported(lab, "same", first, history)
    imported(lab, "other", {"data": {"directory": "/data/v2/train"}}, history)

    other, same, one = everyone(lab)

    assert lineage.gain(same, one) == (0.0, "validation")
    assert lineage.gain(other, one) is None


def test_settings_that_one_run_lacks_are_not_told_as_defaults(lab):
    one = imported(lab, "one", {"model": {"weights": "imagenet"}})
    none = imported(lab, "none", {})

    table = differences.table([one, none])

    assert re.findall(r"<tr><td>(.*?)</td>", table) == [
        "learning.mode",
        "model.weights",
    ]
    assert "<td>freeze</td><td>–</td>" in table


def test_the_tree_of_the_report_is_the_one_it_draws(lab, shared):
    importing.import_runs(lab.settings, shared / "seed_experiments", lambda *_: None)

    drawn = tree.draw(everyone(lab), [])

    assert _shape(drawn) == [
        "exp_001",
        ["exp_002", "exp_003", "exp_004", ["exp_005", "exp_006"], "exp_008"],
        "exp_003 (start of 2022-11-12 07:30)",
        "exp_007",
        ["exp_009", "exp_010"],
        "exp_011",
        ["exp_012", "exp_013"],
    ]
    (last,) = re.findall(r"<b>exp_013</b>.*?</button>", drawn)
    assert "71.5 % validation" in last
    assert "+29.1 points" in last
    assert "fine-tuned ResNet50 from epoch 24 · car_ims_v2" in last


def _shape(drawn):
    """Return the names in a tree; a run with children as a list with them."""
    marks = re.findall(r"<ul>|</ul>|<b>(.*?)</b>", drawn)
    found = [[]]
    for mark, name in zip(re.findall(r"<ul>|</ul>|<b>", drawn), marks, strict=True):
        if mark == "<ul>":
            # A list below a run takes its name along.
            found.append([found[-1].pop()] if found[-1] and _is_inside(found) else [])
        elif mark == "</ul>":
            whole = found.pop()
            found[-1] += [whole] if _is_inside(found) else whole
        else:
            found[-1].append(name)
    return found[0]


def _is_inside(found):
    return len(found) > 1


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
    said, seen = compare_import.refresh(lab.settings, [])

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


def test_a_gain_over_other_images_is_not_told(lab):
    parent = lab.run("parent")
    lab.run("child", parent=(parent, 4))
    child, before = everyone(lab)
    with store.connect(lab.settings.db_path) as db:
        other = versions.get(db, lab.version_id)

    elsewhere = dataclasses.replace(child, version=dataclasses.replace(other, id=99))

    assert lineage.gain(child, before) is not None
    assert lineage.gain(elsewhere, before) is None


def test_only_settings_that_differ_are_listed(lab):
    one = lab.run("one")
    other = lab.run("other <b>", changes={"data": {"batch_size": 8}, "seed": 5})

    table = differences.table([one, other])

    assert re.findall(r"<tr><td>(.*?)</td>", table) == ["data.batch_size", "seed"]
    assert "<td>32</td><td>8</td>" in table
    assert "other &lt;b&gt;" in table


def test_equal_settings_are_said_to_be_equal(lab):
    assert "same settings" in differences.table([lab.run("one"), lab.run("other")])


def test_fixed_and_broken_pictures_are_told_with_how_sure_it_is(lab, family):
    before, after, verdict, which, _, gallery, where = compare_fixed.open_pair(
        lab.settings, None, None
    )

    assert before["value"] < after["value"]
    assert "child &lt;b&gt; is right on 10 of 12 images, parent on 7" in verdict
    assert "+25.0 points (95 % interval" in verdict
    assert "That may be chance alone." in verdict
    assert which["choices"] == [("Fixed (4)", FIXED), ("Broke (1)", BROKE)]
    assert len(gallery["value"]) == 4
    assert "1–4 of 4" in where


def test_a_broken_picture_says_what_it_was_and_what_it_is_called_now(lab, family):
    before, after, *_ = compare_fixed.open_pair(lab.settings, None, None)

    _, gallery, _ = compare_fixed.turn_page(
        lab.settings, 0, before["value"], after["value"], BROKE
    )

    (_, caption), *_ = gallery["value"]
    assert caption == (
        "Mini <b>Cooper</b>: was right (67 %), now called Stock Car 1 (67 %)"
    )


def test_a_clear_difference_is_called_more_than_chance(lab):
    worse = lab.evaluation(lab.run("worse"), wrong=set(range(10)))
    better = lab.evaluation(lab.run("better"), wrong=set())

    shown = compare_fixed.compare_pair(lab.settings, worse, better)

    assert "That is more than chance." in shown.verdict
    assert "p = 0.00195" in shown.verdict


def test_runs_judged_on_different_splits_are_not_set_against_each_other(lab):
    run = lab.run("one")
    on_test = lab.evaluation(run, wrong={0})
    on_validation = lab.evaluation(lab.run("two"), wrong={0}, split="validation")

    shown = compare_fixed.compare_pair(lab.settings, on_test, on_validation)

    assert "judged on different images" in shown.verdict
    assert shown.gallery["visible"] is False


def test_one_evaluation_alone_says_what_is_missing(lab):
    lab.evaluation(lab.run("one"), wrong=set())

    _, _, verdict, *_ = compare_fixed.open_pair(lab.settings, None, None)

    assert "Two evaluations are needed" in verdict


def test_a_deleted_run_is_gone_with_its_folder(lab, family):
    *_, stranger = family
    folder = lab.settings.resolve(stranger.folder)
    folder.mkdir(parents=True, exist_ok=True)

    compare.delete_run(lab.settings, stranger.id)

    assert not folder.exists()
    assert "stranger" not in tree.draw(everyone(lab), [])


def test_a_run_that_another_came_from_stays(lab, family):
    parent, *_ = family

    with pytest.raises(gr.Error, match="because “child &lt;b&gt;” started from it"):
        compare.delete_run(lab.settings, parent.id)

    with store.connect(lab.settings.db_path) as db:
        assert runs.get(db, parent.id).name == "parent"
