"""How the run tree is drawn: who hangs where, what is folded, what a node says."""

import re

import pytest

from carclf import lineage, store
from carclf.experiments import importing
from carclf.records import Reached
from carclf.store import imports, runs, summaries
from carclf.ui import branches, tree
from carclf.ui.branches import View


def everyone(lab):
    with store.connect(lab.settings.db_path) as db:
        return lineage.everyone(db)


def grown(family, shown=None, view=None):
    ids = [one.run.id for one in family] if shown is None else shown
    return branches.grow(family, ids, view)


def drawn(lab, page, chosen=()):
    ids = [row.one.run.id for row in page.rows if row.one]
    with store.connect(lab.settings.db_path) as db:
        return tree.draw(page, summaries.courses(db, "val_accuracy", ids), chosen)


def placed(page):
    """Return (name, depth, where its line begins, where it ends) by row."""
    return [
        (row.one.run.name if row.one else row.title, row.depth, row.place, row.end)
        for row in page.rows
    ]


def node(html, name):
    (found,) = re.findall(rf"<b>{name}</b>.*?</button>", html)
    return re.sub(r"\s+", " ", re.sub("<.*?>", " ", found))


def test_a_line_leaves_its_parents_at_the_epoch_it_began_from(lab):
    parent = lab.run("parent", epochs=5)
    child = lab.run("child", epochs=3, parent=(parent, 4))
    lab.run("grandchild", epochs=2, parent=(child, 1))

    page = grown(everyone(lab))

    assert placed(page) == [
        ("ImageNet", 0, 0, 0),
        ("parent", 0, 0, 5),
        ("child", 1, 4, 7),
        ("grandchild", 2, 5, 7),
    ]
    assert [row.leaves for row in page.rows] == [[(0, 0)], [(4, 4)], [(5, 1)], []]
    assert page.length == 7


def test_lines_go_past_rows_between_and_cross_none(lab):
    parent = lab.run("parent", epochs=9)
    early = lab.run("early", parent=(parent, 2))
    lab.run("late", parent=(parent, 8))
    lab.run("below early", parent=(early, 1))
    lab.run("another root")

    page = grown(everyone(lab))

    assert [name for name, *_ in placed(page)] == [
        "ImageNet",
        "parent",
        "late",
        "early",
        "below early",
        "another root",
    ]
    assert [sorted(row.passes) for row in page.rows] == [[], [0], [0, 2], [0], [0], []]
    for row in page.rows[2:]:
        assert all(place <= row.place for place in row.passes)


def test_an_imported_run_may_be_older_by_number_than_its_parent(lab):
    child, parent = lab.run("child"), lab.run("parent")
    with store.connect(lab.settings.db_path) as db:
        imports.set_parent(db, child.id, parent.id, 3)

    page = grown(everyone(lab))

    assert placed(page)[1:] == [("parent", 0, 0, 5), ("child", 1, 3, 8)]


def test_runs_are_grouped_by_the_weights_they_began_from(lab):
    lab.run("one")
    lab.run("two", changes={"model": {"backbone": "ResNet50"}})
    with store.connect(lab.settings.db_path) as db:
        imports.add(
            db,
            "known",
            {"model": {"weights": "/x/exp_009/model.22-0.4.h5"}},
            {"start": "a"},
            [],
            best_epoch=None,
            started_at=None,
            ended_at=None,
        )
        imports.add(
            *(db, "unknown", {}, {"start": "b"}, []),
            best_epoch=None,
            started_at=None,
            ended_at=None,
        )

    assert [name for name, *_ in placed(grown(everyone(lab)))] == [
        "ImageNet",
        "one",
        "two",
        "Exp_009/model.22-0.4.h5",
        "known",
        "Weights not recorded",
        "unknown",
    ]


def test_what_a_shown_run_came_from_is_drawn_aside(lab):
    parent = lab.run("parent")
    child = lab.run("child", parent=(parent, 4))
    lab.run("filtered out")

    page = grown(everyone(lab), [child.id])

    assert [name for name, *_ in placed(page)] == ["ImageNet", "parent", "child"]
    assert [row.is_aside for row in page.rows] == [False, True, False]
    assert 'class="run aside"' in drawn(lab, page)


def test_of_many_children_the_best_are_drawn_and_the_rest_counted(lab):
    parent = lab.run("parent", best=0.5)
    for number in range(12):
        lab.run(f"child {number}", best=0.3 + number / 50, parent=(parent, 2))
    family = everyone(lab)

    page = grown(family)
    unfolded = grown(family, view=View(unfolded=[parent.id]))

    names = [name for name, *_ in placed(page)]
    assert names[2:] == [*(f"child {number}" for number in range(4, 12)), ""]
    assert page.rows[-1].hidden == 4
    assert "Show 4 more from parent" in drawn(lab, page)
    assert len(unfolded.rows) == 2 + 12


def test_a_folded_run_counts_what_is_below_it(lab):
    parent = lab.run("parent")
    child = lab.run("child", parent=(parent, 4))
    lab.run("grandchild", parent=(child, 1))

    page = grown(everyone(lab), view=View(folded=[parent.id]))

    assert [name for name, *_ in placed(page)] == ["ImageNet", "parent"]
    assert page.rows[1].hidden == 2
    assert 'aria-label="Show 2 runs below parent"' in drawn(lab, page)


def test_families_fill_pages_the_newest_first(lab):
    for number in range(branches.PAGE + 5):
        lab.run(f"root {number}", epochs=0)
    family = everyone(lab)

    first, second = grown(family), grown(family, view=View(page=7))

    assert (first.page, first.pages, second.page) == (0, 2, 1)
    assert placed(first)[1][0] == "root 5"
    assert placed(second)[-1][0] == "root 4"


def test_a_long_chain_of_runs_is_drawn(lab):
    family = everyone_in_a_chain(lab, 1200)

    page = grown(family)

    assert len(page.rows) == 1201
    assert page.rows[-1].depth == 1199


def everyone_in_a_chain(lab, count):
    run = lab.run("first", epochs=1)
    with store.connect(lab.settings.db_path) as db, db.atomic():
        parent = run.id
        for _ in range(count - 1):
            parent = runs.create(
                db,
                "",
                run.config,
                version_id=None,
                parent_id=parent,
                parent_epoch=1,
            ).id
    return everyone(lab)


def test_a_waiting_run_shows_what_is_still_to_come(lab):
    parent = lab.run("parent", epochs=5)
    lab.run("waits", status="queued", parent=(parent, 5))

    page = grown(everyone(lab))

    assert page.rows[-1].end == 5 + 30
    html = drawn(lab, page)
    assert "line planned" in html
    assert "no accuracy yet" in node(html, "waits")


def test_a_node_tells_network_images_accuracy_and_both_gains(lab):
    parent = lab.run("parent", best=0.7)
    child = lab.run("child", best=0.9, parent=(parent, 4))

    html = drawn(lab, grown(everyone(lab)), [child.id])

    said = node(html, "child")
    assert "90.0 % validation" in said
    assert "fine-tuned EfficientNetLite0 · drawn" in said
    assert "+20.0 over epoch 4, +20.0 over its best" in said.replace(" ,", ",")
    assert html.count('aria-pressed="true"') == 1


def test_a_node_says_when_its_images_are_not_its_parents(lab):
    """The names of runs and of images are data, and stay text."""
    parent = lab.run("<i>parent</i>")
    child = lab.run("child", parent=(parent, 4))
    with store.connect(lab.settings.db_path) as db:
        db.execute("update runs set version_id = null where id = ?", [child.id])

    html = drawn(lab, grown(everyone(lab)))

    assert "other images than its parent" in node(html, "child")
    assert "<i>parent</i>" not in html


def test_the_tree_of_the_report_is_the_one_it_draws(lab, shared):
    importing.import_runs(lab.settings, shared / "seed_experiments", lambda *_: None)

    page = grown(everyone(lab))

    assert [(name, place) for name, _, place, _ in placed(page)] == [
        ("ImageNet", 0),
        ("exp_001", 0),
        ("exp_002", 0),
        ("exp_003", 12),
        ("exp_004", 12),
        ("exp_005", 12),
        ("exp_006", 81),
        ("exp_008", 12),
        ("exp_003 (start of 2022-11-12 07:30)", 0),
        ("exp_007", 0),
        ("exp_009", 0),
        ("exp_010", 22),
        ("exp_011", 0),
        ("exp_012", 0),
        ("exp_013", 24),
    ]
    parents = {row.one.run.name: row.parent for row in page.rows if row.one}
    assert parents["exp_006"].run.name == "exp_005"
    assert parents["exp_013"].run.name == "exp_012"
    last = node(drawn(lab, page), "exp_013")
    assert "71.5 % validation" in last
    assert "fine-tuned ResNet50 · car_ims_v2" in last
    assert "+34.8 over epoch 24" in last
    assert "+29.1 over its best" in last


@pytest.mark.parametrize("count", [1, 119, 120, 5000])
def test_a_curve_has_as_many_points_as_a_screen_can_show(lab, count):
    run = lab.run("one", epochs=1)
    course = [Reached(0.5, epoch) for epoch in range(1, count + 1)]

    html = tree.draw(grown(everyone(lab)), {run.id: course}, [])

    found = re.findall(r'<polyline points="(.*?)"', html)
    assert len(found) == (count > 1)
    assert all(len(points.split()) <= 121 for points in found)
