"""What the Compare tab sets side by side, and what it refuses to."""

import re
from pathlib import Path

import gradio as gr
import pytest

from carclf import lineage, store
from carclf.experiments import importing
from carclf.records import EpochEnded
from carclf.store import imports, jobs, marks, runs
from carclf.ui import differences
from carclf.ui.tabs import compare, compare_about, compare_import
from carclf.ui.tabs.compare import Asked, View
from carclf.ui.tabs.compare_curves import Shown as Curves
from carclf.ui.tabs.compare_curves import Wanted as CurvesWanted
from carclf.ui.tabs.compare_runs import Shown as Table
from carclf.ui.tabs.compare_runs import Wanted
from carclf.ui.tabs.compare_tree import Shown as Tree
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


def asked(chosen=(), table=None, curves=None, tree=None, differing=()):
    wanted = table or Wanted(), curves or CurvesWanted()
    return Asked(list(chosen), *wanted, tree or {}, differing)


def gathered(values):
    """Return the outputs of a handler as the view that they are."""
    chosen, hint, *rest = values
    table = Table(*[rest.pop(0) for _ in Table._fields])
    curves = Curves(*[rest.pop(0) for _ in Curves._fields])
    tree = Tree(*[rest.pop(0) for _ in Tree._fields])
    return View(chosen, hint, table, curves, tree, *rest)


def view(lab, chosen=(), seen=(), **wanted):
    *shown, _ = compare.refresh(
        lab.settings, *asked(chosen, **wanted).inputs, list(seen)
    )
    return gathered(shown)


def rows(shown):
    """Return the cells of the table of runs by the run's name."""
    found = {}
    for row in re.findall(r"<tr.*?</tr>", shown.table.table)[1:]:
        cells = [
            re.sub("<.*?>", "", one) for one in re.findall(r"<t[hd].*?</t[hd]>", row)
        ]
        found[cells[0][1:]] = cells[1:]
    return found


def headings(shown):
    head = shown.table.table.partition("</thead>")[0]
    return re.findall(r">([^<>]+)</button></th>", head)


def test_without_a_run_the_tab_leads_to_training(lab):
    shown = view(lab)

    assert "Train two or more" in shown.hint
    assert shown.table.table == ""
    assert shown.curves.chart is None


def test_a_row_tells_what_a_run_was_and_how_good_it_got(lab, family):
    shown = view(lab)

    told = {
        name: dict(zip(headings(shown)[1:], cells, strict=True))
        for name, cells in rows(shown).items()
    }
    child = told["child &lt;b&gt;"]
    assert child["Val. accuracy"] == "90.0 %"
    assert child["Test accuracy"] == "83.3 %"
    assert child["Parent"] == "parent, epoch 4"
    assert (child["Mode"], told["parent"]["Mode"]) == ("fine-tuned", "frozen")
    assert told["stranger"]["Status"] == "failed"
    assert told["stranger"]["Test accuracy"] == "–"


def test_a_click_on_a_heading_sorts_and_another_turns_the_order(lab, family):
    def sorted_by(column, table=None):
        *shown, _ = compare.act_on_table(
            lab.settings, 0, column, *asked(table=table).inputs, ["something"]
        )
        return gathered(shown)

    best = sorted_by("best val_accuracy")
    worst = sorted_by("best val_accuracy", Wanted(form=best.table.form))

    assert list(rows(best)) == ["child &lt;b&gt;", "parent", "stranger"]
    assert list(rows(worst)) == ["stranger", "parent", "child &lt;b&gt;"]
    assert 'aria-sort="ascending"' in worst.table.table


def test_runs_without_a_value_come_last_either_way(lab, family):
    for is_descending in (True, False):
        form = {"by": "test accuracy", "is_descending": is_descending}

        shown = view(lab, seen=["something"], table=Wanted(form=form))

        assert list(rows(shown))[-1] == "stranger"


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        ({"text": "PARENT"}, ["parent"]),
        ({"text": "lite0 again"}, ["child &lt;b&gt;"]),
        ({"status": "failed"}, ["stranger"]),
        ({"tag": "paper"}, ["parent"]),
        ({"only": ["Starred"]}, ["parent"]),
        ({"only": ["Archive"]}, ["old"]),
        ({"version": "drawn"}, ["stranger", "child &lt;b&gt;", "parent"]),
        ({"version": "another"}, []),
    ],
)
def test_a_filter_lets_through_what_was_asked_for(lab, family, wanted, left):
    parent, child, _ = family
    old = lab.run("old")
    with store.connect(lab.settings.db_path) as db:
        marks.archive(db, old.id)
        marks.tag(db, parent.id, ["paper"])
        marks.star(db, parent.id)
        marks.write(db, child.id, "try again")

    shown = view(lab, seen=["something"], table=Wanted(**wanted))

    assert list(rows(shown)) == left


def test_only_columns_that_differ_are_shown_when_asked_for(lab):
    lab.run("one")
    lab.run("other", changes={"data": {"batch_size": 8}}, best=0.9)

    shown = view(lab, table=Wanted(only=["Only what differs"]))

    assert "data.batch_size" in headings(shown)
    assert "Val. accuracy" in headings(shown)
    assert "seed" not in headings(shown)
    assert "Backbone" not in headings(shown)


def test_any_setting_and_metric_can_be_a_column(lab, family):
    columns = ["setting fit.epochs", "best accuracy", "test macro_f1"]

    shown = view(lab, table=Wanted(columns=columns))

    assert headings(shown) == ["Run", "fit.epochs", "Best accuracy", "Test macro f1"]
    assert rows(shown)["parent"][:2] == ["30", "80.0 %"]
    offered = {name for _, name in shown.table.columns["choices"]}
    assert offered >= {*columns, "status"}


def test_a_star_is_given_and_taken_by_a_click(lab, family):
    parent, *_ = family

    def clicked():
        *shown, _ = compare.act_on_table(
            lab.settings, parent.id, "star", *asked().inputs, ["something"]
        )
        table = gathered(shown).table.table
        return 'aria-pressed="true" aria-label="Star parent"' in table

    assert [clicked(), clicked()] == [True, False]


def test_a_table_of_many_runs_has_pages(lab):
    for number in range(52):
        lab.run(f"run-{number:02d}", epochs=0)

    first = view(lab)
    *shown, _ = compare.turn_table(lab.settings, 1, *asked().inputs, ["something"])
    second = gathered(shown)

    assert len(rows(first)) == 50
    assert list(rows(second)) == ["run-01", "run-00"]
    assert "51–52 of 52" in second.table.where


def test_the_tab_opens_with_the_newest_runs_that_learnt(lab, family):
    parent, child, _ = family

    shown = view(lab)

    assert shown.chosen["value"] == [child.id, parent.id]
    assert "child <b> 88.0 %" in shown.curves.chart["layout"]["meta"]


def test_the_curves_are_those_of_the_chosen_metric(lab, family):
    parent, *_ = family

    shown = view(lab, [parent.id], ["something"], curves=CurvesWanted("loss"))

    assert shown.curves.chart["layout"]["title"]["text"] == "Train loss by epoch"
    assert len(shown.curves.chart["data"]) == 2


def test_curves_can_lie_along_time(lab, family):
    parent, child, _ = family

    wanted = CurvesWanted("val_accuracy", "time")
    shown = view(lab, [parent.id, child.id], ["something"], curves=wanted)

    assert shown.curves.chart["data"][0]["x"] == [1.2, 2.4, 3.6, 4.8, 6.0]
    assert shown.curves.told == ""


def test_runs_without_steps_are_drawn_by_epoch_and_named(lab, family):
    parent, *_ = family

    wanted = CurvesWanted("val_accuracy", "step")
    shown = view(lab, [parent.id], ["something"], curves=wanted)

    assert "no steps were recorded of parent" in shown.curves.told
    assert shown.curves.chart["data"][0]["x"] == [1, 2, 3, 4, 5]


def test_a_refresh_asks_the_store_nothing_while_nothing_changed(lab, family):
    parent, *_ = family
    inputs = asked([parent.id]).inputs
    *_, seen = compare.refresh(lab.settings, *inputs, ["something"])

    again = compare.refresh(lab.settings, *inputs, seen)

    assert all(one == gr.skip() for one in again)


def test_a_refresh_sends_only_what_changed(lab, family):
    parent, *_ = family
    inputs = asked([parent.id]).inputs
    *_, seen = compare.refresh(lab.settings, *inputs, ["something"])
    with store.connect(lab.settings.db_path) as db:
        marks.write(db, parent.id, "seen nowhere but by the filter")

    *again, _ = compare.refresh(lab.settings, *inputs, seen)

    assert all(one == gr.skip() for one in again)


def test_a_late_answer_does_not_turn_back_the_choice_of_runs(lab, family):
    parent, *_ = family

    shown = view(lab, [parent.id], ["something"])

    assert "value" not in shown.chosen


@pytest.mark.parametrize("act", [compare.act_on_table, compare.act_on_tree])
def test_a_clicked_run_joins_the_comparison_and_leaves_it_again(lab, family, act):
    parent, child, _ = family

    def clicked(chosen):
        *shown, _ = act(
            lab.settings, parent.id, "choose", *asked(chosen).inputs, ["something"]
        )
        return gathered(shown)

    assert clicked([child.id]).chosen["value"] == [child.id, parent.id]
    assert clicked([child.id, parent.id]).chosen["value"] == [child.id]
    assert clicked([]).about["value"] == parent.id


def test_a_run_below_another_is_folded_away_and_shown_again(lab, family):
    parent, child, _ = family

    def clicked(does, form):
        *shown, _ = compare.act_on_tree(
            lab.settings, parent.id, does, *asked(tree=form).inputs, ["something"]
        )
        return gathered(shown).tree

    folded = clicked("fold", {})
    opened = clicked("unfold", folded.form)

    assert f'data-run="{child.id}"' not in folded.drawing
    assert "Show 1 run below parent" in folded.drawing
    assert f'data-run="{child.id}"' in opened.drawing


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

    shown = view(lab, [run.id], ["something"], curves=CurvesWanted("top 5"))

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


def test_tags_and_notes_are_kept_and_shown_again(lab, family):
    parent, *_ = family

    compare_about.save(lab.settings, parent.id, ["paper", "b"], " try\nagain ")
    shown = compare_about.show(lab.settings, parent.id)

    assert shown.tags["value"] == ["b", "paper"]
    assert shown.note == "try\nagain"
    assert ">paper</span>" in view(lab).table.table
    assert ">paper</span>" in view(lab).tree.drawing


def test_a_tag_with_a_comma_is_refused_in_words(lab, family):
    parent, *_ = family

    with pytest.raises(gr.Error, match="cannot be a tag"):
        compare_about.save(lab.settings, parent.id, ["a, b"], "")


def test_an_archived_run_is_out_of_sight_until_asked_for(lab, family):
    *_, stranger = family

    compare_about.turn_archive(lab.settings, stranger.id)

    assert "stranger" not in rows(view(lab))
    assert list(rows(view(lab, table=Wanted(only=["Archive"])))) == ["stranger"]
    shown = compare_about.turn_archive(lab.settings, stranger.id)
    assert shown.archive["value"] == "Move to the archive"
    assert "stranger" in rows(view(lab))


def test_a_deleted_run_is_gone_with_its_folder(lab, family):
    *_, stranger = family
    folder = lab.settings.resolve(stranger.folder)
    folder.mkdir(parents=True, exist_ok=True)

    shown = compare_about.delete_run(lab.settings, stranger.id)

    assert not folder.exists()
    assert shown.panel["visible"] is False
    assert "stranger" not in rows(view(lab))


def test_a_run_that_another_came_from_stays(lab, family):
    parent, *_ = family

    with pytest.raises(gr.Error, match="because “child &lt;b&gt;” started from it"):
        compare_about.delete_run(lab.settings, parent.id)

    with store.connect(lab.settings.db_path) as db:
        assert runs.get(db, parent.id).name == "parent"


def test_nothing_is_done_to_no_run(lab):
    for act in (
        compare_about.delete_run,
        compare_about.turn_star,
        compare_about.turn_archive,
    ):
        with pytest.raises(gr.Error, match="Choose the run first"):
            act(lab.settings, None)
