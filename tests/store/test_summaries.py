"""How far runs got, as told by the histories themselves."""

import pytest

from carclf.config import TrainConfig
from carclf.records import EpochEnded, Reached
from carclf.store import runs, summaries


def add(db, name, values, *, metric="val_accuracy", **origin):
    config = TrainConfig().model_dump(mode="json")
    run = runs.create(db, name, config, version_id=None, **origin)
    for epoch, value in enumerate(values, start=1):
        runs.add_epoch(db, run.id, EpochEnded(epoch, {metric: value, "loss": 1.0}))
    return run


def test_the_best_is_the_first_epoch_with_the_largest_value(db):
    rising = add(db, "rising", [0.1, 0.4, 0.3, 0.4])
    add(db, "nothing yet", [])

    found = summaries.bests(db, "val_accuracy", is_less_better=False)

    assert found == {rising.id: Reached(0.4, 2)}


def test_of_a_loss_the_smallest_is_the_best(db):
    run = add(db, "falling", [0.9, 0.2, 0.2, 0.3], metric="val_loss")

    found = summaries.bests(db, "val_loss", is_less_better=True)

    assert found == {run.id: Reached(0.2, 2)}


def test_where_a_run_began_is_its_parents_epoch(db):
    parent = add(db, "parent", [0.1, 0.2, 0.3])
    child = add(db, "child", [0.5], parent_id=parent.id, parent_epoch=2)
    add(db, "waits", [], parent_id=parent.id)

    assert summaries.starts(db, "val_accuracy") == {child.id: Reached(0.2, 2)}


def test_epochs_and_metrics_are_counted_without_a_history(db):
    some = add(db, "some", [0.1, 0.2])
    none = add(db, "none", [])

    assert summaries.epochs(db) == {some.id: 2, none.id: 0}
    assert summaries.metrics(db) == ["loss", "val_accuracy"]


def test_a_store_without_runs_has_no_summary(db):
    assert summaries.metrics(db) == []
    assert summaries.courses(db, "loss", []) == {}


def test_a_course_is_one_metric_epoch_by_epoch(db):
    run, other = add(db, "one", [0.1, 0.2]), add(db, "other", [])

    assert summaries.courses(db, "val_accuracy", [run.id, other.id]) == {
        run.id: [Reached(0.1, 1), Reached(0.2, 2)],
        other.id: [],
    }


@pytest.mark.parametrize("question", ["bests", "starts"])
def test_a_summary_looks_up_epochs_by_an_index_alone(db, question):
    add(db, "one", [0.1])
    asked = []
    db.conn.set_trace_callback(asked.append)
    options = {"is_less_better": False} if question == "bests" else {}

    getattr(summaries, question)(db, "val_accuracy", **options)

    db.conn.set_trace_callback(None)
    plan = [row[3] for row in db.execute(f"explain query plan {asked[-1]}")]
    assert not [line for line in plan if line.startswith(("SCAN m", "SCAN metrics"))]
