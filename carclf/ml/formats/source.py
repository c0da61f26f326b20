"""What a format is made from."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from carclf.bundle import Bundle
from carclf.errors import ExportError
from carclf.ml.networks import ApplicationsPreprocessing

# From float32 images 0-255, (n, height, width, 3), to logits (n, classes).
Logits = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class Source:
    """A bundle with its network as Keras has it.

    Attributes:
        calibration: Prepared training images, (n, height, width, 3), that tell what
            range the values inside the network take.
        validation: Prepared validation images, float32, to compare answers on.
        known: What Keras makes of them: logits, (n, classes).
    """

    bundle: Bundle
    model: keras.Model
    calibration: NDArray[np.uint8]
    validation: NDArray[np.float32]
    known: NDArray[np.float32]


def of(
    bundle: Bundle, calibration: NDArray[np.uint8], validation: NDArray[np.uint8]
) -> Source:
    """Return what formats are made from, and compared with.

    Raises:
        ExportError: The bundle's Keras network is missing or damaged.
    """
    model = load(bundle.folder / "model.keras")
    images = validation.astype(np.float32)
    return Source(bundle, model, calibration, images, by_keras(model)(images))


def by_keras(model: keras.Model) -> Logits:
    def logits(images: NDArray[np.float32]) -> NDArray[np.float32]:
        found = keras.ops.convert_to_numpy(model(images, training=False))
        return np.asarray(found, np.float32)

    return logits


def load(path: Path) -> keras.Model:
    """Return the network of a model.keras.

    Raises:
        ExportError: It is missing or damaged.
    """
    own = {"ApplicationsPreprocessing": ApplicationsPreprocessing}
    try:
        return keras.saving.load_model(path, compile=False, custom_objects=own)
    except (ValueError, OSError, KeyError) as error:
        raise ExportError(
            f"{path} is missing or damaged, so nothing can be exported. Train again, "
            "or restore it from a copy."
        ) from error


def version(module: Any) -> str:
    return str(module.__version__).partition("-")[0]
