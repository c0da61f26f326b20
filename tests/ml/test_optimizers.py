"""Weights move by the rule that the settings name, each at its own rate."""

import keras
import numpy as np
import pytest

from carclf import schedule
from carclf.config import from_plain
from carclf.errors import ConfigError
from carclf.ml import ema, machine, networks, optimizers
from tests.ml.test_networks import arrays, some_images

pytestmark = pytest.mark.keras
TARGETS = np.eye(3, dtype=np.float32)[[0, 1, 2, 0]]


def settings(optimizer=None, epochs=3, **learning):
    return from_plain(
        {
            "data": {"image_size": [32, 32]},
            "model": {"backbone": "tiny", "weights": "none", "dropout_rate": 0.0},
            "compile": {"optimizer": optimizer or {"sgd": {"learning_rate": 0.1}}},
            "fit": {"epochs": epochs},
            "learning": {"mode": "finetune", **learning},
        }
    )


def compiled(config, steps=4):
    keras.utils.set_random_seed(1)
    network = networks.build(config, 3)
    optimizer = optimizers.create(config, network, steps)
    network.compile(optimizer, keras.losses.CategoricalCrossentropy(from_logits=True))
    return network


def step(network):
    network.train_on_batch(some_images(), TARGETS)


def moved(network, steps=1):
    """Return by how much each weight moves in the next steps."""
    before = arrays(network.trainable_weights)
    for _ in range(steps):
        step(network)
    after = arrays(network.trainable_weights)
    return {path: after[path] - before[path] for path in before}


@pytest.mark.parametrize(
    "name", ["adam", "adamw", "nadam", "adamax", "rmsprop", "sgd", "lion"]
)
def test_every_optimizer_of_the_settings_moves_the_weights(name):
    network = compiled(settings({name: {"learning_rate": 0.001}}))

    assert all(np.abs(change).max() > 0 for change in moved(network).values())


def test_arguments_reach_the_optimizer():
    wanted = {"learning_rate": 0.1, "momentum": 0.8, "nesterov": True, "clipnorm": 2.0}

    optimizer = compiled(settings({"sgd": wanted})).optimizer

    assert (optimizer.momentum, optimizer.nesterov, optimizer.clipnorm) == (
        0.8,
        True,
        2,
    )


def test_arguments_that_exclude_each_other_are_refused():
    both = {"adam": {"clipnorm": 1.0, "global_clipnorm": 1.0}}

    with pytest.raises(ConfigError, match=r"optimizer\.adam cannot be used: Only one"):
        compiled(settings(both))


@pytest.mark.parametrize(
    "how",
    [
        {"name": "constant"},
        {"name": "constant", "warmup_epochs": 1.5},
        {"name": "cosine"},
        {"name": "cosine", "warmup_epochs": 0.5, "final_share": 0.1},
        {"name": "cosine", "warmup_epochs": 9},
    ],
)
def test_the_rate_of_every_step_is_the_one_that_was_foretold(how):
    config = settings(schedule=how)
    rate = compiled(config).optimizer._learning_rate

    steps = range(12) if callable(rate) else [0] * 12
    rates = [float(rate(at) if callable(rate) else rate) for at in steps]

    assert rates == pytest.approx(schedule.learning_rates(config, 4), rel=1e-5)


def test_each_block_learns_at_a_share_of_the_rate_of_the_block_after_it():
    whole, layered = compiled(settings()), compiled(settings(layer_decay=0.5))

    full, shared = moved(whole), moved(layered)

    expected = {"block1": 0.125, "block2": 0.25, "block3": 0.5, "head/": 1}
    for path, change in full.items():
        share = next(one for name, one in expected.items() if path.startswith(name))
        assert shared[path] == pytest.approx(share * change, rel=1e-3, abs=1e-7)


def test_a_head_alone_learns_at_the_full_rate():
    network = networks.build(settings(), 3)
    head = keras.Model(network.get_layer("pool").output, network.output)

    assert set(optimizers.shares(head, 0.5).values()) == {1.0}


@pytest.mark.parametrize(
    ("backbone", "count", "first", "last"),
    [
        ("EfficientNetLite0", 17, "stem_conv", "top_conv"),
        ("ResNet50", 17, "conv1_conv", "conv5_block3_3_conv"),
        ("MobileNetV2", 18, "Conv1", "Conv_1"),
        ("VGG16", 5, "block1_conv1", "block5_conv3"),
    ],
)
def test_blocks_are_found_by_the_names_that_networks_give_them(
    backbone, count, first, last
):
    config = settings().model_copy(
        update={"model": settings().model.model_copy(update={"backbone": backbone})}
    )
    found = optimizers.blocks(networks.backbone_of(networks.build(config, 3)))

    assert len(found) == count
    assert first in {layer.name for layer in found[0]}
    assert last in {layer.name for layer in found[-1]}


@pytest.mark.parametrize("layer_decay", [1.0, 0.5])
def test_weight_decay_leaves_biases_and_normalisations_alone(layer_decay):
    decay = {"sgd": {"learning_rate": 0.1, "weight_decay": 0.1}}
    with_decay = compiled(settings(decay, layer_decay=layer_decay))
    without = compiled(settings(layer_decay=layer_decay))
    start = arrays(with_decay.trainable_weights)

    shrunk, plain = moved(with_decay), moved(without)

    rates = optimizers.shares(with_decay, layer_decay)
    for path, weight in start.items():
        extra = -0.1 * rates[path] * 0.1 * weight * (weight.ndim > 1)
        assert shrunk[path] - plain[path] == pytest.approx(extra, abs=1e-6)


def test_accumulated_steps_move_the_weights_once_by_the_mean():
    single, double = compiled(settings()), compiled(settings(accumulation=2))

    expected, first, second = moved(single), moved(double), moved(double)

    assert all(not change.any() for change in first.values())
    for path, change in expected.items():
        assert second[path] == pytest.approx(change, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("accumulation", [1, 2])
def test_the_mean_of_the_weights_moves_with_every_update(accumulation):
    network = compiled(settings(ema=0.6, accumulation=accumulation))
    step(network)
    first = arrays(network.trainable_weights)
    for _ in range(2 * accumulation - 1):
        step(network)
    raw = arrays(network.trainable_weights)

    with ema.averaged(network):
        mean = arrays(network.trainable_weights)

    if accumulation == 1:
        for path, weight in raw.items():
            expected = 0.6 * first[path] + 0.4 * weight
            assert mean[path] == pytest.approx(expected, rel=1e-4, abs=1e-7)
    assert any(not np.array_equal(mean[path], raw[path]) for path in raw)
    again = arrays(network.trainable_weights)
    assert all(np.array_equal(again[path], raw[path]) for path in raw)


def test_fitting_judges_the_mean_and_goes_on_with_the_weights():
    network = compiled(settings(ema=0.9))

    history = network.fit(
        some_images(),
        TARGETS,
        epochs=2,
        verbose=0,
        validation_data=(some_images(), TARGETS),
        callbacks=[ema.JudgeMean()],
    )

    raw = network.evaluate(some_images(), TARGETS, verbose=0)
    with ema.averaged(network):
        mean = network.evaluate(some_images(), TARGETS, verbose=0)
    assert history.history["val_loss"][-1] == pytest.approx(mean, rel=1e-4)
    assert mean != pytest.approx(raw, rel=1e-4)


@pytest.mark.parametrize("has_bfloat16", [False, True])
def test_in_16_bits_the_mean_is_judged_and_each_block_has_its_rate(
    monkeypatch, has_bfloat16
):
    monkeypatch.setattr(machine.devices, "has_bfloat16_gpu", lambda: has_bfloat16)
    config = settings(ema=0.9, layer_decay=0.5, mixed_precision=True)
    machine.set_up(config)
    network = compiled(config)
    machine.set_up(settings())

    changes = moved(network, steps=3)
    raw = arrays(network.trainable_weights)
    with ema.averaged(network):
        mean = arrays(network.trainable_weights)

    assert all(np.isfinite(change).all() for change in changes.values())
    assert np.abs(changes["head/kernel"]).max() > 0
    assert not np.array_equal(mean["head/kernel"], raw["head/kernel"])
