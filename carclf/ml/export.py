"""From a trained network to the folder that predictions need."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from carclf import bundle
from carclf.config import Preparation
from carclf.errors import TrainingError
from carclf.ml import folders, networks, onnx_file

# Of the largest logit; two orders below what changes a percent on the screen.
TOLERANCE = 1e-3


def write_bundle(
    folder: Path,
    model: keras.Model,
    classes: Sequence[str],
    how: Preparation,
    facts: dict[str, Any],
    samples: NDArray[np.uint8],
) -> None:
    """Write model.keras, model.onnx and bundle.json, all or none, and check them.

    Args:
        model: As `networks.build` made it, in 32 bits.
        samples: Prepared images, (n, height, width, 3), to compare the two files on.

    Raises:
        TrainingError: The ONNX network answers otherwise than Keras, or the disk is
            full.
    """
    with folders.whole(folder) as part:
        networks.plain(model).save(part / "model.keras")
        explained = with_explanation(model)
        onnx_file.write(explained, part / "model.onnx")
        plain = {
            "format": bundle.FORMAT,
            "classes": list(classes),
            "preparation": how.model_dump(mode="json"),
            "facts": facts,
        }
        text = json.dumps(plain, ensure_ascii=False, indent=2)
        (part / "bundle.json").write_text(text + "\n", encoding="utf-8")
        check(explained, part / "model.onnx", samples)


def with_explanation(model: keras.Model) -> keras.Model:
    """Return the network with three outputs: logits, last feature map, class maps.

    A class map is the head applied at each position without its offset, so the mean
    over its positions, plus the offset, is the logit.
    """
    image = keras.Input(model.input.shape[1:], name="image")
    x = model.get_layer("preprocessing")(image)
    features = networks.backbone_of(model)(x, training=False)
    head = model.get_layer(networks.HEAD)
    logits = head(model.get_layer(networks.POOL)(features))
    at_each_position = layers.Conv2D(head.units, 1, use_bias=False, name="class_maps")
    class_maps = at_each_position(features)
    kernel = keras.ops.convert_to_numpy(head.kernel)
    at_each_position.set_weights([kernel[None, None]])
    return keras.Model(image, [logits, features, class_maps], name="explained")


def check(model: keras.Model, path: Path, samples: NDArray[np.uint8]) -> None:
    """Compare ONNX Runtime's answers with Keras's on real images.

    Raises:
        TrainingError: They differ by more than rounding explains.
    """
    session = bundle.session(path)
    images = samples.astype(np.float32)
    found = session.run(None, {session.get_inputs()[0].name: images})[0]
    wanted = keras.ops.convert_to_numpy(model(images, training=False)[0])
    difference = float(np.abs(found - wanted).max())
    allowed = TOLERANCE * max(1.0, float(np.abs(wanted).max()))
    chosen = np.take_along_axis(wanted, found.argmax(axis=1)[:, None], axis=1)[:, 0]
    # Two classes level to within rounding may change places.
    if difference > allowed or (wanted.max(axis=1) - chosen > allowed).any():
        raise TrainingError(
            f"The exported ONNX network differs from Keras by {difference:.3g} in its "
            f"logits, where {allowed:.3g} is rounding. Nothing was exported; the "
            "epochs' weights are kept. Please report this with the backbone's name."
        )
