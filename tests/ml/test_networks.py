"""Networks are built as the settings say, and wrong settings are answered in words."""

from urllib.error import URLError

import keras
import numpy as np
import pytest

from carclf.config import from_plain
from carclf.errors import ConfigError, TrainingError
from carclf.ml import machine, networks

pytestmark = pytest.mark.keras


def settings(size=32, *, model=None, learning=None):
    tiny = {"backbone": "tiny", "weights": "none"}
    return from_plain(
        {
            "data": {"image_size": [size, size]},
            "model": {**tiny, **(model or {})},
            "learning": {"mode": "finetune", **(learning or {})},
        }
    )


def some_images(count=4, size=32):
    random = np.random.default_rng(5)
    return random.integers(0, 256, (count, size, size, 3)).astype(np.float32)


def arrays(weights):
    return {
        weight.path: np.array(keras.ops.convert_to_numpy(weight)) for weight in weights
    }


def step(config, steps=3):
    """Return the network's weights before and after a few steps of training."""
    network = networks.build(config, 3)
    before = arrays(network.weights)
    network.compile("sgd", "categorical_crossentropy", jit_compile=False)
    for _ in range(steps):
        network.train_on_batch(some_images(), np.eye(3)[[0, 1, 2, 0]])
    return before, arrays(network.weights)


def changed(before, after):
    return {path for path in before if not np.array_equal(before[path], after[path])}


def test_an_unknown_backbone_is_refused_with_the_nearest_known():
    with pytest.raises(ConfigError, match=r"resnet5, .*the nearest is ResNet50"):
        networks.build(settings(model={"backbone": "resnet5"}), 3)


def test_every_backbone_of_keras_has_a_family_that_prepares_its_images():
    known = networks.names()

    assert {"EfficientNetLite0", "tiny", "ResNet50", "ConvNeXtTiny"} <= set(known)
    for name in known:
        assert networks.preprocessing(name)(some_images()).shape == (4, 32, 32, 3)


def test_a_backbone_that_needs_larger_images_says_so():
    small = settings(model={"backbone": "InceptionV3"})

    with pytest.raises(
        ConfigError, match="InceptionV3 does not take images of 32 × 32"
    ):
        networks.build(small, 3)


def test_an_unknown_layer_to_unfreeze_from_is_refused_with_the_nearest():
    wrong = settings(learning={"unfreeze_from": "block2_con"})

    with pytest.raises(TrainingError, match="the nearest is block2_conv"):
        networks.build(wrong, 3)


def test_imagenet_weights_of_tiny_do_not_exist():
    with pytest.raises(ConfigError, match=r"Set model\.weights to none"):
        networks.build(settings(model={"weights": "imagenet"}), 3)


def test_without_the_internet_a_weights_file_is_asked_for(monkeypatch, tmp_path):
    def offline(*_):
        raise URLError("Name or service not known")

    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", offline)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    wanted = settings(model={"backbone": "MobileNetV2", "weights": "imagenet"})

    with pytest.raises(TrainingError, match=r"Give a file that you have as model\.wei"):
        networks.build(wanted, 3)


def test_a_weights_file_that_is_not_there_is_named(tmp_path):
    wanted = settings(model={"weights": str(tmp_path / "gone.weights.h5")})

    with pytest.raises(TrainingError, match=r"gone\.weights\.h5, and there is no such"):
        networks.build(wanted, 3)


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras"])
def test_weights_of_a_backbone_come_from_a_file(tmp_path, suffix):
    source = networks.backbone_of(networks.build(settings(), 3))
    path = tmp_path / f"backbone{suffix}"
    (source.save if suffix == ".keras" else source.save_weights)(path)

    network = networks.build(settings(model={"weights": str(path)}), 5)

    given, loaded = arrays(source.weights), arrays(network.weights)
    assert not changed(given, {path: loaded[path] for path in given})


def test_the_backbone_is_taken_out_of_a_whole_network(tmp_path):
    source = networks.build(settings(), 3)
    networks.plain(source).save(tmp_path / "model.keras")

    wanted = settings(model={"weights": str(tmp_path / "model.keras")})
    network = networks.build(wanted, 5)

    given = arrays(networks.backbone_of(source).weights)
    loaded = arrays(network.weights)
    assert not changed(given, {path: loaded[path] for path in given})


@pytest.mark.parametrize("content", [b"", b"no weights at all"])
def test_a_weights_file_of_something_else_is_refused(tmp_path, content):
    path = tmp_path / "other.weights.h5"
    path.write_bytes(content)

    with pytest.raises(TrainingError, match="are damaged, or do not fit tiny"):
        networks.build(settings(model={"weights": str(path)}), 3)


def test_weights_of_another_network_are_refused(tmp_path):
    path = tmp_path / "mobilenet.weights.h5"
    keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=(32, 32, 3)
    ).save_weights(path)

    with pytest.raises(TrainingError, match="do not fit tiny"):
        networks.build(settings(model={"weights": str(path)}), 3)


def test_freezing_leaves_the_backbone_as_it_was():
    before, after = step(settings(learning={"mode": "freeze"}))

    assert changed(before, after) == {"head/kernel", "head/bias"}


def test_fine_tuning_keeps_the_statistics_and_moves_scale_and_offset():
    before, after = step(settings())

    moved = changed(before, after)
    assert {"block1_conv/kernel", "block1_bn/gamma", "block1_bn/beta"} <= moved
    assert not {path for path in moved if "moving" in path}


def test_the_statistics_move_when_that_is_asked_for():
    before, after = step(settings(learning={"batch_norm": "update"}))

    assert "block1_bn/moving_mean" in changed(before, after)


@pytest.mark.parametrize("batch_norm", ["inference", "update"])
def test_fine_tuning_from_a_layer_up_leaves_those_below(batch_norm):
    learning = {"unfreeze_from": "block3_conv", "batch_norm": batch_norm}

    before, after = step(settings(learning=learning))

    moved = {path.split("/")[0] for path in changed(before, after)}
    assert moved == {"block3_conv", "block3_bn", "head"}


def test_images_are_varied_in_training_and_never_in_prediction():
    varied = {"random_flip": {}, "random_brightness": {"factor": 0.5}}
    network = networks.build(settings(model={"data_aug_layer": varied}), 3)
    images = some_images()

    def run(training):
        return np.asarray(network(images, training=training))

    assert np.array_equal(run(training=False), run(training=False))
    assert not np.array_equal(run(training=True), run(training=True))


def test_resnet_sees_blue_first_with_imagenets_mean_taken_off():
    layer = networks.preprocessing("ResNet50")

    prepared = np.asarray(layer(np.float32([[[[255, 0, 10]]]])))

    assert prepared[0, 0, 0] == pytest.approx([10 - 103.939, -116.779, 255 - 123.68])


@pytest.mark.parametrize(
    ("has_bfloat16", "expected"), [(False, "float16"), (True, "bfloat16")]
)
def test_mixed_precision_computes_in_16_bits_and_answers_in_32(
    monkeypatch, has_bfloat16, expected
):
    mixed = settings(learning={"mixed_precision": True})
    monkeypatch.setattr(machine.devices, "has_bfloat16_gpu", lambda: has_bfloat16)
    machine.set_up(mixed)

    network = networks.build(mixed, 3)
    machine.set_up(settings())

    assert networks.backbone_of(network).compute_dtype == expected
    assert network(some_images()).dtype in ("float32", np.float32)


def test_a_copied_network_standardises_its_images_as_the_first_did():
    def make(mean):
        image = keras.Input((32, 32, 3))
        layer = keras.layers.Normalization()
        network = keras.Model(image, layer(image))
        layer.adapt(some_images() + mean)
        return network

    source, target = make(0), make(300)

    networks.copy_weights(source, target, "The weights")

    expected = keras.ops.convert_to_numpy(source(some_images()))
    assert keras.ops.convert_to_numpy(target(some_images())) == pytest.approx(expected)
