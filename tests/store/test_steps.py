"""The losses of single steps, however long the training."""

from itertools import pairwise

import pytest

from carclf.config import TrainConfig
from carclf.records import StepEnded
from carclf.store import runs, steps


@pytest.fixture
def run(db):
    settings = TrainConfig().model_dump(mode="json")
    return runs.create(db, "", settings, version_id=None)


def ended(step: int, loss: float = 1.0) -> StepEnded:
    return StepEnded((step - 1) // 10 + 1, step, loss, learning_rate=0.1)


def test_steps_come_back_in_order(db, run):
    steps.add(db, run.id, [ended(2), ended(3)])
    steps.add(db, run.id, [ended(1, loss=2.5)])

    assert steps.of_run(db, run.id) == [ended(1, loss=2.5), ended(2), ended(3)]


def test_a_long_training_is_thinned_evenly_and_keeps_its_ends(db, run):
    last = 10 * steps.MOST_KEPT
    for first in range(1, last + 1, 100):
        steps.add(db, run.id, [ended(step) for step in range(first, first + 100)])

    kept = [one.step for one in steps.of_run(db, run.id)]

    assert steps.MOST_KEPT / 2 < len(kept) <= steps.MOST_KEPT
    assert kept[0] == 1
    assert last - kept[-1] < 20
    assert len({after - before for before, after in pairwise(kept)}) == 1


def test_a_step_that_is_trained_again_takes_the_place_of_the_first(db, run):
    steps.add(db, run.id, [ended(1), ended(2)])

    steps.add(db, run.id, [ended(2, loss=0.5)])

    assert steps.of_run(db, run.id) == [ended(1), ended(2, loss=0.5)]


def test_later_epochs_are_forgotten(db, run):
    steps.add(db, run.id, [ended(step) for step in range(1, 31)])

    steps.forget_after(db, run.id, 2)

    assert [one.step for one in steps.of_run(db, run.id)] == list(range(1, 21))


def test_steps_go_with_their_run(db, run):
    steps.add(db, run.id, [ended(1)])

    runs.delete(db, run.id)

    assert steps.of_run(db, run.id) == []


def test_steps_are_recorded_in_one_go(db, run):
    said = []
    db.conn.set_trace_callback(said.append)

    steps.add(db, run.id, [ended(step) for step in range(1, 501)])

    db.conn.set_trace_callback(None)
    # Each commit waits for the disk, while the training waits for it.
    assert [one.lower() for one in said].count("commit") == 1
    assert len(steps.of_run(db, run.id)) == 500
