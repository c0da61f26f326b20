"""The frozen part of a network, from images to pooled features.

On a processor it is computed as a bundle is, several times as fast as by Keras. Its
file is kept in the cache, and a bundle with the same backbone is made from it.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from carclf.ml import folders, machine, networks, onnx_file
from carclf.network import Network

Extract = Callable[[NDArray[Any]], NDArray[np.float32]]
_FILE = "backbone.onnx"
# Goes up when the files written here change.
_FORMAT = 1


def of(model: keras.Model, cache: Path) -> Extract:
    """Return a function from images 0-255 to pooled features (n, channels)."""
    if is_quick(model):
        quick = Network(_kept(model, cache))
        return lambda images: quick.run(images.astype(np.float32, copy=False), [0])[0]
    image, _, pooled = _tensors(model)
    network = keras.Model(image, pooled, name="extractor")
    return lambda images: np.asarray(network.predict_on_batch(images), np.float32)


def is_quick(model: keras.Model) -> bool:
    """Say whether OpenVINO computes the backbone faster than Keras would."""
    # Keras exports networks of 32 bits only.
    is_whole = networks.backbone_of(model).compute_dtype == "float32"
    return is_whole and not machine.has_accelerator()


def found(model: keras.Model, cache: Path) -> Path | None:
    """Return the ONNX file of a network's frozen part, if it was made before.

    Its outputs are the pooled features and the last feature map.
    """
    path = _folder(model, cache) / _FILE
    return path if path.is_file() else None


def digest(model: keras.Model) -> str:
    """Return what tells frozen parts apart: the layers before the head, by content."""
    backbone = networks.backbone_of(model)
    plain = {
        "format": _FORMAT,
        "keras": keras.__version__,
        "backbone": backbone.name,
        "precision": backbone.compute_dtype,
        "input": model.input.shape[1:],
        "preprocessing": model.get_layer("preprocessing").get_config(),
    }
    content = hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode())
    for weight in backbone.get_weights():
        content.update(np.ascontiguousarray(weight).data)
    return content.hexdigest()[:32]


def _kept(model: keras.Model, cache: Path) -> Path:
    path = found(model, cache)
    if path is None:
        folder = _folder(model, cache)
        with folders.whole(folder) as part:
            image, features, pooled = _tensors(model)
            onnx_file.write(keras.Model(image, [pooled, features]), part / _FILE)
        path = folder / _FILE
    return path


def _folder(model: keras.Model, cache: Path) -> Path:
    return cache / "backbones" / digest(model)


def _tensors(model: keras.Model) -> tuple[Any, Any, Any]:
    """Return the image, the last feature map and the pooled features."""
    image = keras.Input(model.input.shape[1:], name="image")
    prepared = model.get_layer("preprocessing")(image)
    features = networks.backbone_of(model)(prepared, training=False)
    return image, features, model.get_layer(networks.POOL)(features)
