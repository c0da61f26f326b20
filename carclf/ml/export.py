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
from carclf.ml import extractor, folders, networks, onnx_file, precision, seen
from carclf.ml.listing import TrainImage
from carclf.network import Network

# Of the largest logit; two orders below what changes a percent on the screen.
TOLERANCE = 1e-3
_OUTPUTS = ("logits", "feature map", "class maps")


def write_bundle(
    folder: Path,
    model: keras.Model,
    classes: Sequence[str],
    how: Preparation,
    facts: dict[str, Any],
    samples: NDArray[np.uint8],
    cache: Path,
    *,
    test_time_flip: bool = False,
    train: Sequence[TrainImage] = (),
    validation: Sequence[TrainImage] = (),
) -> None:
    """Write model.keras, model.onnx and bundle.json, all or none, and check them.

    With enough images to compare with, `familiarity.FILE` is written, too.

    Args:
        model: As `networks.build` made it, in 32 bits.
        cache: Where its backbone may lie as ONNX already, as it does if it was frozen.
        samples: Prepared images, (n, height, width, 3), to compare the two files on.
        train: What it learnt from; `validation` what it was chosen by.

    Raises:
        TrainingError: The ONNX network answers otherwise than Keras, or the disk is
            full.
    """
    with folders.whole(folder) as part:
        networks.plain(model).save(part / "model.keras")
        explained = with_explanation(model)
        backbone = extractor.found(model, cache)
        if backbone is None:
            onnx_file.write(explained, part / "model.onnx")
        else:
            kernel, offset = model.get_layer(networks.HEAD).get_weights()
            onnx_file.add_head(backbone, kernel, offset, part / "model.onnx")
        check(explained, part / "model.onnx", samples)
        plain = {
            "format": bundle.FORMAT,
            "classes": list(classes),
            "preparation": how.model_dump(mode="json"),
            "test_time_flip": test_time_flip,
            "precision": precision.settle(part / "model.onnx", how, validation),
            "facts": facts,
        }
        text = json.dumps(plain, ensure_ascii=False, indent=2)
        (part / "bundle.json").write_text(text + "\n", encoding="utf-8")
        familiar = seen.measure(bundle.Bundle.load(part), train, validation)
        if familiar is not None:
            familiar.save(part)


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
    """Compare the ONNX network's answers, in 32 bits, with Keras's on real images.

    Raises:
        TrainingError: They differ by more than rounding explains.
    """
    images = samples.astype(np.float32)
    answers = Network(path).run(images, range(len(_OUTPUTS)))
    known = [keras.ops.convert_to_numpy(one) for one in model(images, training=False)]
    for name, answer, wanted in zip(_OUTPUTS, answers, known, strict=True):
        difference = float(np.abs(answer - wanted).max())
        allowed = TOLERANCE * max(1.0, float(np.abs(wanted).max()))
        if difference > allowed:
            raise TrainingError(
                f"The exported ONNX network differs from Keras by {difference:.3g} in "
                f"its {name}, where {allowed:.3g} is rounding. Nothing was exported; "
                "the epochs' weights are kept. Please report this with the backbone's "
                "name."
            )
