"""A frozen backbone's features are computed once, and say what the network says."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from carclf.config import Preparation, Treatment, from_plain
from carclf.errors import Stopped
from carclf.ml import extractor, features, machine, networks
from carclf.ml import input as inputs
from carclf.ml.rows import Rows
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
def decode(tmp_path):
    """Return a function that draws images, three a seed, and decodes them."""

    def run(seeds, how=HOW):
        wanted = draw_images(tmp_path / "cars", seeds)
        cache = tmp_path / "cache"
        return inputs.decode(
            wanted, CLASSES, how, cache, lambda *_: None, lambda: False
        )

    return run


@pytest.fixture
def images(decode):
    """Nine images to train on."""
    return decode(range(3))


@pytest.fixture
def compute(images, tmp_path):
    """Return a function that computes features with a network, telling of stops."""

    def run(
        network,
        config,
        wanted=None,
        *,
        how=HOW,
        report=lambda *_: None,
        stop=lambda: False,
    ):
        cache = tmp_path / "cache"
        wanted = wanted or [features.Wanted(images)]
        return features.compute(network, config, how, wanted, cache, report, stop)

    return run


@pytest.fixture
def entries(tmp_path):
    """Return a function that counts the features that are kept."""
    return lambda: len(list((tmp_path / "cache" / "features").iterdir()))


def build(config):
    machine.set_up(config)
    return networks.build(config, len(CLASSES))


def stack(images):
    return np.stack([images[index] for index in range(len(images))])


def refuse():
    raise AssertionError("computed again")


def test_the_head_on_cached_features_answers_as_the_whole_network(images, compute):
    network = build(settings())

    found = compute(network, settings())[0]

    whole = np.asarray(network(np.float32(stack(images)), training=False))
    head = np.asarray(features.head_of(network)(found.view(0)))
    assert head == pytest.approx(whole, abs=1e-4)


def test_features_of_an_earlier_run_are_not_computed_again(compute):
    network = build(settings())
    before = compute(network, settings())

    again = compute(network, settings(), stop=refuse)

    assert np.array_equal(again[0].view(0), before[0].view(0))


def test_a_network_of_the_same_weights_is_not_exported_again(
    decode, compute, monkeypatch
):
    compute(build(settings()), settings())
    monkeypatch.setattr(extractor.onnx_file, "write", lambda *_: refuse())

    found = compute(build(settings()), settings(), [features.Wanted(decode([5]))])

    assert len(found[0].targets) == 3


@pytest.mark.parametrize(
    "changed",
    [
        lambda: {"how": HOW.model_copy(update={"resize": "pad"})},
        lambda: {
            "how": HOW.model_copy(update={"treatment": Treatment(fill="#000000")})
        },
        lambda: {"config": settings(seed=2, model={"data_aug_layer": VARIED})},
        lambda: {"config": settings(model={"data_aug_layer": {"random_flip": {}}})},
        lambda: {"views": 3},
        lambda: {"weights": 1.5},
    ],
    ids=["resize", "treatment", "seed", "augmentation", "views", "weights"],
)
def test_whatever_decides_what_features_are_has_features_of_its_own(
    images, compute, entries, changed
):
    change = changed()
    config = settings(model={"data_aug_layer": VARIED})
    network = build(config)
    compute(network, config, [features.Wanted(images, 2)])
    backbone = networks.backbone_of(network)
    factor = change.get("weights", 1.0)
    backbone.set_weights([factor * one for one in backbone.get_weights()])

    compute(
        network,
        change.get("config", config),
        [features.Wanted(images, change.get("views", 2))],
        how=change.get("how", HOW),
    )

    assert entries() == 2


def test_another_backbone_with_the_same_weights_has_features_of_its_own():
    network = build(settings())
    other = keras.models.clone_model(networks.backbone_of(network))
    other.set_weights(networks.backbone_of(network).get_weights())
    image = keras.Input((32, 32, 3))
    prepared = keras.layers.Rescaling(1 / 64, name="preprocessing")(image)
    altered = keras.Model(image, other(prepared))

    assert extractor.digest(altered) != extractor.digest(network)


def test_other_images_or_another_order_of_them_have_features_of_their_own(
    decode, images, compute, entries
):
    network = build(settings())
    wanted = draw_order(images)
    assert wanted.digest != images.digest

    for one in (images, wanted, decode(range(2))):
        compute(network, settings(), [features.Wanted(one)])

    assert entries() == 3


def draw_order(images):
    """Return the same images, the last first."""
    rows, targets = images.rows[::-1], images.targets[::-1]
    return replace(images, rows=rows, targets=targets, digest=images.digest[::-1])


def test_images_as_they_are_have_the_same_features_whatever_varies_others(
    images, compute, entries
):
    config = settings(seed=1, model={"data_aug_layer": VARIED})
    other = settings(seed=2)
    network = build(config)
    compute(network, config, [features.Wanted(images)])

    compute(network, other, [features.Wanted(images)], stop=refuse)

    assert entries() == 1


def test_views_vary_but_the_first_shows_the_image_as_it_is(images, compute, tmp_path):
    config = settings(model={"data_aug_layer": VARIED}, views=3)
    network = build(config)

    found = compute(network, config, [features.Wanted(images, 3)])[0]

    extract = extractor.of(network, tmp_path / "cache")
    assert found.views == 3
    assert found.view(0) == pytest.approx(extract(stack(images)), abs=1e-5)
    assert not np.allclose(found.view(1), found.view(2))


def test_views_are_the_same_in_another_process_or_after_other_work(images, compute):
    config = settings(model={"data_aug_layer": VARIED}, views=2)
    network = build(config)
    wanted = [features.Wanted(images, 2)]
    before = compute(network, config, wanted)[0].view(1)
    network.get_layer(networks.AUGMENTATION)(stack(images), training=True)

    varied = features.Varied(network)
    random = np.random.default_rng(config.seed)
    again = varied(stack(images), int(random.integers(2**31)))

    pooled = networks.backbone_of(network)(
        network.get_layer("preprocessing")(again), training=False
    )
    expected = np.asarray(network.get_layer(networks.POOL)(pooled))
    assert before == pytest.approx(expected, abs=1e-4)


def test_progress_counts_every_view(decode, images, compute):
    said, config = [], settings(model={"data_aug_layer": VARIED}, views=3)
    wanted = [features.Wanted(decode([3])), features.Wanted(images, 3)]

    compute(build(config), config, wanted, report=lambda *one: said.append(one))

    assert said[-1][:3] == (3 * 9 + 3, 3 * 9 + 3, "Computing features")


def test_stopping_between_batches_leaves_no_features(compute, entries):
    with pytest.raises(Stopped):
        compute(build(settings()), settings(), stop=lambda: True)

    assert entries() == 0


@pytest.mark.parametrize(
    "layers",
    [
        VARIED,
        {"random_rotation": {"factor": 0.1}, "random_zoom": {"height_factor": 0.2}},
        {"rand_augment": {}, "random_erasing": {"factor": 0.5}},
    ],
    ids="-".join,
)
def test_how_an_image_is_varied_depends_on_the_seed_alone(images, layers):
    varied = features.Varied(build(settings(model={"data_aug_layer": layers})))

    first, other = varied(stack(images), 1), varied(stack(images), 2)

    assert np.array_equal(varied(stack(images), 1), first)
    assert not np.array_equal(other, first)


def streamed(network, images, tmp_path, batch=4, first_epoch=0):
    """Return the batches of two epochs, and how many each has."""
    streamer = features.Streamer(network, tmp_path / "cache", 1)
    shuffled = inputs.shuffled_pairs(images, len(CLASSES), seed=1)
    batches, steps = inputs.endless(shuffled, batch, [streamer.seeded], first_epoch)
    feed = iter(batches.map(streamer))
    return [next(feed) for _ in range(2 * steps)], steps


def test_streamed_features_are_those_of_the_images_as_they_are_without_augmentation(
    images, compute, tmp_path
):
    network = build(settings())
    known = compute(network, settings())[0].view(0)

    found, steps = streamed(network, images, tmp_path)

    epochs = [found[:steps], found[steps:]]
    for epoch in epochs:
        values = np.concatenate([values for values, _ in epoch])
        order = np.argsort(values.sum(axis=1))
        assert values[order] == pytest.approx(
            known[np.argsort(known.sum(axis=1))], abs=1e-5
        )
    assert not np.array_equal(epochs[0][0][0], epochs[1][0][0])


def test_streamed_features_vary_between_epochs_but_not_between_runs(images, tmp_path):
    network = build(settings(model={"data_aug_layer": VARIED}))

    once, steps = streamed(network, images, tmp_path, batch=9)
    again, _ = streamed(network, images, tmp_path, batch=9)
    taken_up, _ = streamed(network, images, tmp_path, batch=9, first_epoch=1)

    assert all(
        np.array_equal(one, other)
        for (one, _), (other, _) in zip(once, again, strict=True)
    )
    assert np.array_equal(taken_up[0][0], once[steps][0])
    first, second = (sorted(once[place][0].sum(axis=1)) for place in (0, steps))
    assert first != pytest.approx(second, abs=1e-6)


def test_every_epoch_draws_views_anew_and_shows_each_image_once(tmp_path):
    rows = Rows.create(tmp_path / "features.npy", np.float32, (40, 1))
    rows.write(0, np.arange(40, dtype=np.float32)[:, None])
    found = features.Features(rows, np.zeros(10, np.int64))

    batches, steps = inputs.endless(features.shuffled_pairs(found, 2, seed=1), 4)
    feed = iter(batches)
    epochs = [np.concatenate([next(feed)[0][:, 0] for _ in range(steps)]) for _ in "ab"]

    assert [sorted(epoch % 10) for epoch in epochs] == [list(range(10))] * 2
    assert sorted(epochs[0]) != sorted(epochs[1])
