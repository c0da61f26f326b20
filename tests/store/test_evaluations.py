"""Evaluations, image by image."""

import sqlite3
from dataclasses import replace

import pytest

from carclf.config import TrainConfig
from carclf.errors import StoreError
from carclf.records import Judged, Prediction, Skipped
from carclf.store import evaluations, runs, versions

METRICS = {"accuracy": 0.75, "loss": 0.5}


@pytest.fixture
def run(db, version):
    settings = TrainConfig().model_dump(mode="json")
    return runs.create(db, "", settings, version_id=version.id)


@pytest.fixture
def judged(db, version):
    """Twelve test images, every fourth called a Red Van; the later, the surer."""
    rows = []
    for number, example in enumerate(versions.examples(db, version.id, split="test")):
        called = "Red Van" if number % 4 == 0 else example.label
        probability = 0.4 + number / 100
        top = ((called, probability), ("Other", 1 - probability))
        rows.append(
            Judged(
                example.image_id, example.label, Prediction(top), 0.3, 1 - probability
            )
        )
    return rows


def add(db, run, version, judged, **more):
    return evaluations.add(
        db, run.id, 3, version.id, "test", version.classes, METRICS, judged, **more
    )


def test_an_evaluation_comes_back_as_it_was_recorded(db, run, version, judged):
    left_out = (Skipped("a.jpg", "is missing."),)
    evaluation_id = add(db, run, version, judged, skipped=left_out)

    found = evaluations.get(db, evaluation_id)

    assert (found.run_id, found.epoch, found.split) == (run.id, 3, "test")
    assert (found.image_count, found.metrics) == (12, METRICS)
    assert found.classes == version.classes
    assert found.skipped == left_out
    assert evaluations.of_run(db, run.id) == evaluations.every(db) == [found]
    by_image = {one.image_id: one for one in evaluations.judged(db, evaluation_id)}
    assert by_image == {one.image_id: one for one in judged}


def test_predictions_are_filtered_counted_and_paged(db, run, version, judged):
    evaluation_id = add(db, run, version, judged)
    wrong = [one for one in judged if not one.is_correct]

    found = evaluations.judged(db, evaluation_id, is_correct=False)

    assert {one.image_id for one in found} == {one.image_id for one in wrong}
    assert evaluations.count(db, evaluation_id, is_correct=False) == len(wrong) == 2
    assert (
        evaluations.count(db, evaluation_id, label="Blue Bus", predicted="Red Van") == 1
    )
    page = evaluations.judged(db, evaluation_id, is_correct=False, limit=1, offset=1)
    assert page == found[1:]


@pytest.mark.parametrize(
    ("order", "key"),
    [
        ("most confident first", lambda one: -one.prediction.probability),
        ("least confident first", lambda one: one.prediction.probability),
        ("highest loss first", lambda one: -one.loss),
        (
            "closest calls first",
            lambda one: one.prediction.top[0][1] - one.prediction.top[1][1],
        ),
    ],
)
def test_predictions_come_in_the_order_asked_for(db, run, version, judged, order, key):
    evaluation_id = add(db, run, version, judged)

    assert evaluations.judged(db, evaluation_id, order=order) == sorted(judged, key=key)


def test_the_order_by_attention_and_its_mean_leave_out_what_is_unknown(
    db, run, version, judged
):
    known = [
        replace(one, attention_share=1 - place / 10, box_share=0.25)
        for place, one in enumerate(judged[:5])
    ]
    evaluation_id = add(db, run, version, [*known, *judged[5:]])

    found = evaluations.judged(
        db, evaluation_id, order="least on the vehicle first", has_attention=True
    )

    assert found == known[::-1]
    assert evaluations.mean_attention(db, evaluation_id) == pytest.approx((0.8, 0.25))
    only = evaluations.mean_attention(db, evaluation_id, within=[judged[4].image_id])
    assert only == pytest.approx((0.6, 0.25))


def test_predictions_can_be_narrowed_to_some_images(db, run, version, judged):
    evaluation_id = add(db, run, version, judged)
    some = [one.image_id for one in judged[3:6]]

    found = evaluations.judged(db, evaluation_id, within=some)

    assert {one.image_id for one in found} == set(some)
    assert evaluations.count(db, evaluation_id, within=some) == 3
    assert evaluations.count(db, evaluation_id, within=[]) == 0


def test_an_evaluation_is_recorded_whole_or_not_at_all(db, run, version, judged):
    twice = [*judged, judged[0]]

    with pytest.raises(sqlite3.IntegrityError):
        add(db, run, version, twice)

    assert evaluations.every(db) == []


def test_an_evaluation_goes_with_its_run(db, run, version, judged):
    add(db, run, version, judged, skipped=(Skipped("a.jpg", "is missing."),))

    runs.delete(db, run.id)

    assert evaluations.every(db) == []
    assert db["predictions"].count == db["skipped"].count == 0


def test_an_unknown_evaluation_is_named(db):
    with pytest.raises(StoreError, match="no evaluation 4"):
        evaluations.get(db, 4)
