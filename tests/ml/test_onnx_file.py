"""Every kind of layer that backbones are made of survives the way to ONNX."""

import keras
import numpy as np
import onnx
import pytest
from keras import layers

from carclf.config import from_plain
from carclf.ml import networks, onnx_file, onnx_layers
from carclf.ml.formats import onnx_float

pytestmark = pytest.mark.keras


def random_positive(shape, dtype=None):
    return keras.random.uniform(shape, 0.5, 2.0, dtype=dtype, seed=3)


def pixels(size=48, count=3):
    random = np.random.default_rng(2)
    return random.integers(0, 256, (count, size, size, 3)).astype(np.float32)


@pytest.mark.parametrize(
    "layer",
    [
        layers.MaxPooling2D(3, 2),
        layers.MaxPooling2D(3, 2, padding="same"),
        layers.MaxPooling2D(2),
        layers.AveragePooling2D(3, 1, padding="same"),
        layers.Conv2D(4, 3, 2, "same"),
        layers.DepthwiseConv2D(5, 2, "same"),
        layers.ReLU(max_value=6),
        layers.ReLU(),
        layers.Conv2D(6, 3, dilation_rate=2, groups=3, activation="swish"),
        layers.DepthwiseConv2D(3, depth_multiplier=2, activation="relu6"),
        layers.SeparableConv2D(5, 3, 2, "same", activation="relu"),
        layers.ZeroPadding2D(((1, 2), (3, 0))),
        layers.AveragePooling2D(2),
        layers.GlobalAveragePooling2D(),
        layers.GlobalMaxPooling2D(keepdims=True),
        layers.Activation("hard_silu"),
        layers.Activation("tanh"),
        layers.Activation("gelu"),
        layers.Dense(5, activation="relu"),
        layers.LayerNormalization(
            beta_initializer="ones", gamma_initializer=random_positive
        ),
        layers.BatchNormalization(
            center=False, moving_variance_initializer=random_positive
        ),
        layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0]),
        networks.ApplicationsPreprocessing("resnet"),
        networks.ApplicationsPreprocessing("densenet"),
        # Left to Keras's exporter.
        layers.Cropping2D(((1, 2), (3, 0))),
        layers.LeakyReLU(),
    ],
    ids=lambda layer: f"{layer.name}",
)
def test_a_layer_answers_in_onnx_runtime_as_in_keras(layer, tmp_path):
    image = keras.Input((48, 48, 3))
    model = keras.Model(image, layer(layer_before(image)))

    onnx_file.write(model, tmp_path / "layer.onnx")

    answer = onnx_float.opened(tmp_path / "layer.onnx")(pixels())

    expected = keras.ops.convert_to_numpy(model(pixels(), training=False))
    assert answer == pytest.approx(expected, abs=1e-4)


def layer_before(image):
    """Return the image with negative values too, which pooling must not confuse."""
    return layers.Rescaling(1 / 128, -1)(image)


def test_branches_meet_again_in_onnx_as_in_keras(tmp_path):
    image = keras.Input((48, 48, 3))
    x = layers.Conv2D(8, 3, 2, activation="relu")(image)
    share = layers.GlobalAveragePooling2D()(x)
    share = layers.Reshape((1, 1, 8))(share)
    share = layers.Conv2D(8, 1, activation="sigmoid")(share)
    x = layers.Multiply()([x, share])
    x = layers.Concatenate()([x, layers.Add()([x, x, x])])
    features = keras.Model(image, x, name="branches")
    again = keras.Input((48, 48, 3))
    x = features(layers.Rescaling(1 / 128, -1)(again))
    x = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(again, [layers.Dense(4, activation="relu")(x), x])

    onnx.save(onnx_layers.convert(model), tmp_path / "branches.onnx")

    onnx.checker.check_model(tmp_path / "branches.onnx", full_check=True)
    session = onnx_float.open_session(tmp_path / "branches.onnx")
    answers = session.run(None, {"image": pixels()})
    for answer, expected in zip(answers, model(pixels()), strict=True):
        wanted = keras.ops.convert_to_numpy(expected)
        assert answer == pytest.approx(wanted, abs=1e-4)


def test_an_operation_with_a_hidden_constant_is_left_to_keras():
    image = keras.Input((48, 48, 3))

    with pytest.raises(onnx_layers.UnknownLayerError, match="Add"):
        onnx_layers.convert(keras.Model(image, image + 3.0))


@pytest.mark.parametrize(
    "name", ["EfficientNetLite0", "ResNet50", "EfficientNetB0", "ConvNeXtTiny"]
)
def test_backbones_in_use_need_no_other_exporter(name, tmp_path, monkeypatch):
    monkeypatch.setattr(
        keras.Model, "export", lambda *_, **__: pytest.fail("by another exporter")
    )
    network = networks.build(
        from_plain(
            {
                "data": {"image_size": [64, 64]},
                "model": {"backbone": name, "weights": "none"},
            }
        ),
        5,
    )

    onnx_file.write(network, tmp_path / "network.onnx")

    answer = onnx_float.opened(tmp_path / "network.onnx")(pixels(64))
    expected = keras.ops.convert_to_numpy(network(pixels(64), training=False))
    assert answer == pytest.approx(expected, rel=1e-3, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["MobileNetV2", "MobileNetV3Small", "VGG16"])
def test_a_network_of_keras_answers_in_onnx_runtime_as_in_keras(name, tmp_path):
    network = networks.build(
        from_plain(
            {
                "data": {"image_size": [64, 64]},
                "model": {"backbone": name, "weights": "none"},
            }
        ),
        5,
    )

    onnx_file.write(network, tmp_path / "network.onnx")

    assert [one.name for one in tmp_path.iterdir()] == ["network.onnx"]
    session = onnx_float.open_session(tmp_path / "network.onnx")
    answer = session.run(None, {session.get_inputs()[0].name: pixels(64)})[0]
    expected = keras.ops.convert_to_numpy(network(pixels(64), training=False))
    assert answer == pytest.approx(expected, rel=1e-3, abs=1e-4)
