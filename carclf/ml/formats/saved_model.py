"""TensorFlow's SavedModel."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from carclf.errors import ExportError
from carclf.ml.formats.source import Logits, Source, version

FOLDER = "saved_model"


def write(source: Source, part: Path) -> Path:
    """Write a folder whose signature `serving_default` gives logits."""
    require_tensorflow("SavedModel")
    source.model.export(part / FOLDER, format="tf_saved_model", verbose=False)
    return part / FOLDER


def opened(path: Path) -> Logits:
    loaded = tf.saved_model.load(str(path))

    def logits(images: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(loaded.serve(images), np.float32)

    return logits


def runtime() -> str:
    return f"TensorFlow {version(tf)}"


def require_tensorflow(title: str) -> None:
    """Refuse another backend, of which TensorFlow cannot save the network."""
    if keras.backend.backend() != "tensorflow":
        raise ExportError(
            f"{title} can be written only where Keras runs on TensorFlow. Set "
            "KERAS_BACKEND to tensorflow and export again; the weights are the same."
        )
