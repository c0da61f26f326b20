"""A split is judged in one pass: answers, features, and attention to the vehicle."""

from dataclasses import replace

import numpy as np
import pytest

from carclf import images
from carclf.bundle import Bundle
from carclf.config import TrainConfig
from carclf.errors import StoreError
from carclf.evaluation import features, judge, shares
from carclf.records import Box
from carclf.store import evaluations, runs, versions
from tests.test_bundle import network, write_facts


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir()
    network(folder / "model.onnx")
    write_facts(folder, classes=["Blue Bus", "Green Coupe", "Red Van"])
    return Bundle.load(folder)


@pytest.fixture
def run(db, version):
    settings = TrainConfig().model_dump(mode="json")
    return runs.create(db, "", settings, version_id=version.id)


def evaluate(settings, bundle, run, version, split="test"):
    return judge.evaluate(
        settings, bundle, run.id, 3, version.id, split, lambda done, total: None
    )


def test_features_are_kept_beside_the_run_in_the_order_of_the_images(
    settings, db, bundle, run, version
):
    evaluation_id = evaluate(settings, bundle, run, version)

    kept = features.read(features.of_evaluation(settings, run, evaluation_id))
    judged = {one.image_id for one in evaluations.judged(db, evaluation_id)}
    assert set(kept.image_ids.tolist()) == judged
    assert kept.vectors.shape == (12, 3)
    first = versions.examples(db, version.id, split="test")[0]
    picture = images.read_rgb(settings.resolve(first.path))
    seen = judge.batches.preparation.resize(picture, bundle.preparation)
    np.testing.assert_allclose(
        kept.of(first.image_id), bundle.features([seen])[0], rtol=1e-3
    )


def test_what_was_said_of_every_class_is_kept_too(settings, db, bundle, run, version):
    evaluation_id = evaluate(settings, bundle, run, version)

    kept = features.read(shares.of_evaluation(settings, run, evaluation_id))
    for one in evaluations.judged(db, evaluation_id):
        said = kept.of(one.image_id)
        assert said[bundle.classes.index(one.label)] == pytest.approx(
            one.true_probability, abs=1e-3
        )
        assert said.sum() == pytest.approx(1, abs=1e-2)


def test_drawn_cars_hold_the_attention_of_a_network_that_reads_colours(
    settings, db, bundle, run, version
):
    """Each car has a colour on grey ground, and its box is known."""
    evaluation_id = evaluate(settings, bundle, run, version)

    judged = evaluations.judged(db, evaluation_id)
    inside, covered = evaluations.mean_attention(db, evaluation_id)
    assert all(0 <= one.attention_share <= 1 for one in judged)
    assert covered == pytest.approx(1 / 6, abs=0.01)
    assert inside > 3 * covered


def test_without_boxes_no_attention_is_told(settings, db, bundle, run, version):
    examples = [replace(one, box=None) for one in versions.examples(db, version.id)]
    boxless = versions.create(
        db, "boxless", "a hash", examples, treatment={"remover": "none"},
        source="drawn", split_rule="as before",
    )  # fmt: skip

    evaluation_id = judge.evaluate(
        settings, bundle, run.id, 3, boxless, "test", lambda done, total: None
    )

    assert evaluations.mean_attention(db, evaluation_id) is None
    assert evaluations.count(db, evaluation_id, has_attention=True) == 0
    assert evaluations.count(db, evaluation_id) == 12


def test_a_box_outside_the_picture_is_no_vehicle(settings, db, bundle, version):
    one = versions.examples(db, version.id)[0]

    found = judge.judge(
        settings,
        bundle,
        [replace(one, box=Box(500, 500, 600, 600))],
        lambda done, total: None,
    )

    assert found.judged[0].attention_share is None


def test_a_full_disk_leaves_neither_numbers_nor_features(
    settings, db, bundle, run, version, full_disk
):
    with full_disk(), pytest.raises(StoreError, match="is full"):
        evaluate(settings, bundle, run, version)

    assert evaluations.of_run(db, run.id) == []


def test_an_unreadable_image_has_no_features_and_is_named(
    settings, db, bundle, version
):
    first, second, *_ = versions.examples(db, version.id, split="test")
    settings.resolve(first.path).unlink()

    found = judge.judge(settings, bundle, [first, second], lambda done, total: None)

    assert [one.image_id for one in found.judged] == [second.image_id]
    assert [one.path for one in found.skipped] == [first.file_name]
    assert found.vectors.shape == (1, 3)
