"""Every kind of layer that backbones are made of survives the way to ONNX."""

import keras
import numpy as np
import pytest
from keras import layers

from carclf import bundle
from carclf.config import from_plain
from carclf.errors import ConfigError
from carclf.ml import networks, onnx_file

pytestmark = pytest.mark.keras


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
    ],
    ids=lambda layer: f"{layer.name}",
)
def test_a_layer_answers_in_onnx_runtime_as_in_keras(layer, tmp_path):
    image = keras.Input((48, 48, 3))
    model = keras.Model(image, layer(layer_before(image)))

    onnx_file.write(model, tmp_path / "layer.onnx")

    answer = onnx_file.as_function(tmp_path / "layer.onnx")(pixels())

    expected = keras.ops.convert_to_numpy(model(pixels(), training=False))
    assert answer == pytest.approx(expected, abs=1e-4)


def layer_before(image):
    """Return the image with negative values too, which pooling must not confuse."""
    return layers.Rescaling(1 / 128, -1)(image)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ResNet50", "MobileNetV2", "EfficientNetB0", "VGG16"])
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
    session = bundle.session(tmp_path / "network.onnx")
    answer = session.run(None, {session.get_inputs()[0].name: pixels(64)})[0]
    expected = keras.ops.convert_to_numpy(network(pixels(64), training=False))
    assert answer == pytest.approx(expected, rel=1e-3, abs=1e-4)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="only TensorFlow cannot export it"
)
def test_a_network_that_cannot_be_exported_is_refused_before_it_is_trained():
    wanted = from_plain({"model": {"backbone": "ConvNeXtTiny", "weights": "none"}})

    with pytest.raises(ConfigError, match="cannot be exported to ONNX by TensorFlow"):
        networks.build(wanted, 3)
