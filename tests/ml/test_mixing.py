"""Images are mixed within a batch, and classes shown equally often, by seed alone."""

from dataclasses import replace
from itertools import islice

import grain
import numpy as np
import pytest

from carclf.config import from_plain
from carclf.errors import ConfigError
from carclf.ml import mixing
from carclf.ml.input import endless
from tests.ml.conftest import Watcher

pytestmark = pytest.mark.keras
VALUES = np.array([0, 50, 100, 200])


def settings(features="streaming", **learning):
    return from_plain({"learning": {"features": features, **learning}})


def batch(side=20):
    """Return an image in one shade for each of four classes."""
    images = np.broadcast_to(VALUES[:, None, None, None], (4, side, side, 3))
    return images.astype(np.uint8), np.eye(4, dtype=np.float32)


def rng(seed=0):
    return np.random.default_rng(seed)


def mixed(config, count=40):
    """Return batches as a training sees them."""
    images, targets = batch()
    dataset = grain.MapDataset.range(4).map(lambda at: (images[at], targets[at]))
    return list(islice(endless(dataset, 4, [mixing.mixer(config)])[0], count))


def test_mixup_blends_images_as_it_blends_targets():
    images, targets = mixing.mixup(batch(), 1.0, rng())

    assert images.dtype == np.uint8
    assert targets.sum(axis=1) == pytest.approx(np.ones(4))
    assert images[:, 3, 5, 1] == pytest.approx(targets @ VALUES, abs=0.51)
    assert len(set(targets.max(axis=1).round(4))) <= 2


def test_features_are_blended_too():
    features = rng().normal(size=(4, 7)).astype(np.float32)

    found, targets = mixing.mixup((features, np.eye(4, dtype=np.float32)), 1.0, rng())

    assert found.dtype == np.float32
    assert found == pytest.approx(targets @ features, abs=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_cutmix_gives_targets_by_the_area_of_each_image(seed):
    images, targets = mixing.cutmix(batch(), 1.0, rng(seed))

    areas = (images[..., 0][..., None] == VALUES).mean(axis=(1, 2))
    assert areas == pytest.approx(targets, abs=1e-6)


def test_cutmix_leaves_the_given_images_alone():
    given = batch()

    mixing.cutmix(given, 1.0, rng())

    assert np.array_equal(given[0], batch()[0])


def test_without_mixing_batches_stay_as_they_are():
    assert mixing.mixer(settings()) is None


def test_with_both_on_each_batch_draws_one_of_them():
    found = mixed(settings(mixup=1.0, cutmix=1.0))

    pure = [np.isin(images, VALUES).all() for images, _ in found]
    assert 5 < sum(pure) < 35


def test_cutmix_of_cached_features_is_refused():
    with pytest.raises(ConfigError, match=r"no pixels to cut\. Set learning\.features"):
        mixing.mixer(settings("cached", cutmix=1.0))


def test_the_draw_follows_from_seed_and_position():
    config = settings(mixup=0.4, cutmix=0.4)
    images, targets = batch()
    dataset = grain.MapDataset.range(4).map(lambda at: (images[at], targets[at]))

    whole = mixed(config)
    later = mixing.mixer(config)(dataset.batch(4))[25]

    assert np.array_equal(whole[25][0], later[0])
    assert np.array_equal(whole[25][1], later[1])
    other = mixed(config.model_copy(update={"seed": 5}))
    assert any(
        not np.array_equal(a[0], b[0]) for a, b in zip(whole, other, strict=True)
    )


TARGETS = np.array([0] * 50 + [1] * 7 + [2] * 2 + [5] * 5)


@pytest.mark.parametrize("epoch", range(4))
def test_an_epoch_shows_every_class_equally_often(epoch):
    order = mixing.balanced_order(TARGETS, 1, epoch)

    counts = np.unique(TARGETS[order], return_counts=True)[1]
    assert len(order) == len(TARGETS)
    assert set(counts) <= {16}


def test_where_classes_do_not_share_evenly_one_image_is_between_them():
    uneven = np.array([0] * 8 + [1] * 2 + [2])

    for epoch in range(6):
        order = mixing.balanced_order(uneven, 1, epoch)
        counts = np.bincount(uneven[order])
        assert counts.sum() == 11
        assert counts.max() - counts.min() <= 1


def test_a_large_class_shows_all_of_its_images_before_one_comes_again():
    shown = np.concatenate([mixing.balanced_order(TARGETS, 1, e) for e in range(25)])

    times = np.bincount(shown)[:50]
    assert times.min() == times.max() == 8


def test_the_balanced_order_follows_from_seed_and_epoch():
    orders = [
        tuple(mixing.balanced_order(TARGETS, seed, epoch))
        for seed, epoch in ((1, 0), (1, 0), (1, 1), (2, 0))
    ]

    assert orders[0] == orders[1]
    assert len(set(orders)) == 3


def test_balanced_positions_run_on_from_epoch_to_epoch():
    positions = mixing.positions(TARGETS, 1, balanced=True)

    found = [positions[place] for place in range(2 * len(TARGETS))]

    expected = [mixing.balanced_order(TARGETS, 1, epoch) for epoch in (0, 1)]
    assert found == list(np.concatenate(expected))


@pytest.mark.parametrize("mode", ["finetune", "freeze"])
def test_everything_together_trains(plan, mode):
    learning = {
        "mode": mode,
        "schedule": {"name": "cosine", "warmup_epochs": 0.5},
        "mixup": 0.2,
        "cutmix": 1.0 if mode == "finetune" else 0.0,
        "balanced": True,
        "ema": 0.8,
        "accumulation": 2,
        "layer_decay": 0.8,
    }
    rule = {"adamw": {"learning_rate": 0.02, "weight_decay": 0.05, "clipnorm": 5.0}}
    watcher = Watcher()

    outcome = watcher.run(
        plan(
            learning=learning,
            compile={"optimizer": rule, "label_smoothing": 0.1},
            model={"data_aug_layer": {"random_resized_crop": {"scale": (0.7, 1)}}},
            fit={"epochs": 4},
        )
    )

    assert outcome.last_epoch == 4
    losses = [one.metrics["loss"] for one in watcher.epochs]
    assert losses[-1] < losses[0]


def test_a_resumed_training_mixes_and_varies_as_it_would_have(plan, tmp_path):
    asked = plan(
        model={"data_aug_layer": {"random_resized_crop": {}, "rand_augment": {}}},
        learning={"mixup": 0.4, "cutmix": 1.0, "balanced": True, "layer_decay": 0.7},
        fit={"epochs": 2},
    )
    whole, parts = Watcher(), Watcher(stop_after=1)
    whole.run(asked)
    divided = replace(asked, folder=tmp_path / "divided")

    parts.run(divided)
    parts.stop_after = None
    parts.run(replace(divided, resume=True))

    losses = [[one.metrics["loss"] for one in each.epochs] for each in (whole, parts)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
