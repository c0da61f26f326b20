"""What runs are told of as relatives, and which gains can be told at all."""

import dataclasses

import pytest

from carclf import lineage, store
from carclf.records import EpochEnded
from carclf.store import imports, runs


def everyone(lab, metrics=()):
    with store.connect(lab.settings.db_path) as db:
        return lineage.everyone(db, metrics)


def imported(lab, name, config, history=()):
    with store.connect(lab.settings.db_path) as db:
        return imports.add(
            db,
            name,
            config,
            {"start": name, "experiment": name, "folder": f"/lab/{name}"},
            history,
            best_epoch=None,
            started_at="2022-11-13T03:26:20.000+00:00",
            ended_at=None,
        )


def test_the_best_of_a_metric_is_known_only_if_it_was_asked_for(lab):
    lab.run("one", best=0.7)

    (usual,) = everyone(lab)
    (asked,) = everyone(lab, ["accuracy"])

    assert (usual.best("val_accuracy"), usual.best("accuracy")) == (0.7, None)
    assert asked.best("accuracy") == pytest.approx(0.8)


def test_a_gain_is_told_over_the_epoch_begun_from_and_over_the_best(lab):
    parent = lab.run("parent", epochs=5, best=0.7)
    lab.run("child", epochs=5, best=0.9, parent=(parent, 2))
    child, before = everyone(lab)

    found = lineage.gain(child, before)

    assert found.where == "validation"
    assert found.over_best == pytest.approx(0.2)
    with store.connect(lab.settings.db_path) as db:
        at_two = runs.history(db, parent.id)[1].metrics["val_accuracy"]
    assert found.over_start == pytest.approx(0.9 - at_two)


def test_a_gain_is_told_over_test_images_where_both_were_judged_on_them(lab):
    parent = lab.run("parent")
    child = lab.run("child", parent=(parent, 4))
    lab.evaluation(parent, wrong={0, 1, 2})
    lab.evaluation(child, wrong={0})
    after, before = everyone(lab)

    found = lineage.gain(after, before)

    assert (found.where, found.over_best) == ("test", pytest.approx(2 / 12))


def test_a_gain_over_other_images_is_not_told(lab):
    parent = lab.run("parent")
    lab.run("child", parent=(parent, 4))
    child, before = everyone(lab)

    def on(**facts):
        return dataclasses.replace(
            child, version=dataclasses.replace(child.version, **facts)
        )

    # The same content under another number is the same.
    assert lineage.gain(on(id=99), before) is not None
    assert lineage.gain(on(hash="other"), before) is None


def test_imported_runs_are_relatives_by_the_directory_they_name(lab):
    history = [EpochEnded(1, {"val_accuracy": 0.5})]
    first = {"data": {"directory": "/data/v1/train"}}
    imported(lab, "one", first, history)
    imported(lab, "same", first, history)
    imported(lab, "other", {"data": {"directory": "/data/v2/train"}}, history)

    other, same, one = everyone(lab)

    assert lineage.gain(same, one).over_best == 0.0
    assert lineage.gain(other, one) is None


def test_a_run_tells_its_parent_and_whether_the_epoch_is_settled(lab):
    parent = lab.run("parent")
    child = lab.run("child", parent=(parent, 4))

    def told():
        return next(one.parent for one in everyone(lab) if one.run.id == child.id)

    assert told() == "parent, epoch 4"
    with store.connect(lab.settings.db_path) as db:
        db.execute("update runs set parent_epoch = null where id = ?", [child.id])
    assert told() == "parent, epoch still open"
