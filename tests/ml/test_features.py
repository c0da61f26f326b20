"""A frozen backbone's features are computed once, and say what the network says."""

import numpy as np
import pytest

from carclf.config import Preparation, from_plain
from carclf.ml import features, machine, networks
from carclf.ml import input as inputs
from tests.ml.conftest import CLASSES, draw_images

pytestmark = pytest.mark.keras

HOW = Preparation(height=32, width=32)
VARIED = {"random_flip": {}, "random_brightness": {"factor": 0.3}}


def settings(seed=1, *, model=None, **learning):
    return from_plain(
        {
            "seed": seed,
            "data": {"image_size": [32, 32]},
            "model": {"backbone": "tiny", "weights": "none", **(model or {})},
            "learning": learning,
        }
    )


@pytest.fixture
def splits(tmp_path):
    """Nine images to train on and three to validate with, decoded."""
    return [
        inputs.decode(
            draw_images(tmp_path / "cars", seeds),
            CLASSES,
            HOW,
            tmp_path / "cache",
            lambda *_: None,
            lambda: False,
        )
        for seeds in (range(3), range(3, 4))
    ]


@pytest.fixture
def compute(splits, tmp_path):
    """Return a function that computes features with a network, telling of stops."""

    def run(network, config, *, report=lambda *_: None, stop=lambda: False):
        cache = tmp_path / "cache"
        return features.compute(network, config, HOW, splits, cache, report, stop)

    return run


def build(config):
    machine.set_up(config)
    return networks.build(config, len(CLASSES))


def test_the_head_on_cached_features_answers_as_the_whole_network(splits, compute):
    network = build(settings())

    found = compute(network, settings())[0]

    pixels = np.float32([splits[0][index] for index in range(9)])
    whole = np.asarray(network(pixels, training=False))
    head = np.asarray(features.head_of(network)(found.values[0]))
    assert head == pytest.approx(whole, abs=1e-4)


def test_features_of_an_earlier_run_are_not_computed_again(compute):
    network = build(settings())
    before = compute(network, settings())

    def refuse():
        raise AssertionError("computed again")

    again = compute(network, settings(), stop=refuse)

    assert np.array_equal(again[0].values, before[0].values)


def test_other_weights_have_features_of_their_own(compute):
    before = compute(build(settings(seed=1)), settings())[0]

    after = compute(build(settings(seed=2)), settings())[0]

    assert not np.allclose(before.values, after.values)


def test_views_vary_but_the_first_shows_the_image_as_it_is(splits, compute, tmp_path):
    varied = settings(model={"data_aug_layer": VARIED}, views=3)
    network = build(varied)

    training, validation = compute(network, varied)

    pixels = np.float32([splits[0][index] for index in range(9)])
    as_it_is = features.extractor(network, tmp_path)(pixels)
    assert training.values.shape[:2] == (3, 9)
    assert training.values[0] == pytest.approx(as_it_is, abs=1e-5)
    assert not np.allclose(training.values[1], training.values[2])
    assert len(validation.values) == 1


def test_without_augmentation_one_view_is_enough(compute):
    config = settings(views=8)

    assert len(compute(build(config), config)[0].values) == 1


def test_progress_counts_every_view(compute):
    said, config = [], settings(model={"data_aug_layer": VARIED}, views=3)

    compute(build(config), config, report=lambda *one: said.append(one))

    assert said[-1][:3] == (3 * 9 + 3, 3 * 9 + 3, "Computing features")


def test_stopping_between_batches_leaves_no_features(compute, tmp_path):
    with pytest.raises(inputs.Stopped):
        compute(build(settings()), settings(), stop=lambda: True)

    assert list((tmp_path / "cache" / "features").iterdir()) == []


def test_every_epoch_draws_views_anew_and_shows_each_image_once():
    values = np.arange(4 * 10, dtype=np.float32).reshape(4, 10, 1)
    found = features.Features(values, np.zeros(10, np.int64))

    batches, steps = inputs.endless(features.shuffled_pairs(found, 2, seed=1), 4)
    feed = iter(batches)
    epochs = [np.concatenate([next(feed)[0][:, 0] for _ in range(steps)]) for _ in "ab"]

    assert [sorted(epoch % 10) for epoch in epochs] == [list(range(10))] * 2
    assert sorted(epochs[0]) != sorted(epochs[1])
