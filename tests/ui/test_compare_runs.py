"""The table of runs: what it tells, how it is filtered, and the marks people give."""

import gradio as gr
import pytest

from carclf import store
from carclf.store import marks, runs
from carclf.ui.tabs import compare, compare_about
from carclf.ui.tabs.compare_runs import Wanted
from tests.ui.comparing import asked, gathered, headings, rows, view


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


def test_a_name_cut_short_on_the_page_is_told_whole(lab):
    lab.run("exp_003 (start of <2022-11-12> 07:30)")

    name = "exp_003 (start of &lt;2022-11-12&gt; 07:30)"
    assert f'title="{name}"' in view(lab).table.table
    assert f">{name}</button>" in view(lab).table.table


def test_a_click_on_a_heading_sorts_and_another_turns_the_order(lab, family):
    def sorted_by(column, table=None):
        *shown, _ = compare.act_on_table(
            lab.settings, 0, column, *asked(table=table).inputs, "something"
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

        shown = view(lab, seen="something", table=Wanted(form=form))

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

    shown = view(lab, seen="something", table=Wanted(**wanted))

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
            lab.settings, parent.id, "star", *asked().inputs, "something"
        )
        table = gathered(shown).table.table
        return 'aria-pressed="true" aria-label="Star parent"' in table

    assert [clicked(), clicked()] == [True, False]


def test_a_table_of_many_runs_has_pages(lab):
    for number in range(52):
        lab.run(f"run-{number:02d}", epochs=0)

    first = view(lab)
    *shown, _ = compare.turn_table(lab.settings, 1, *asked().inputs, "something")
    second = gathered(shown)

    assert len(rows(first)) == 50
    assert list(rows(second)) == ["run-01", "run-00"]
    assert "51–52 of 52" in second.table.where


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
