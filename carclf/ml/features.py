"""What a frozen backbone says of every image, computed once and kept."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grain
import keras
import numpy as np
from numpy.typing import NDArray

from carclf.config import Preparation, TrainConfig
from carclf.ml import folders, machine, mixing, networks, onnx_file
from carclf.ml.input import Decoded, Pace, Report, Stopped, allocate

Extract = Callable[[NDArray[Any]], NDArray[np.float32]]
BATCH = 32


@dataclass(frozen=True)
class Features:
    """Pooled features on disk.

    Attributes:
        values: Shape (views, n, channels), float32; view 0 is the image as it is.
        targets: The position of each image's class, shape (n,).
    """

    values: NDArray[np.float32]
    targets: NDArray[np.int64]


def compute(
    model: keras.Model,
    config: TrainConfig,
    how: Preparation,
    splits: Sequence[Decoded],
    cache: Path,
    report: Report,
    stop_requested: Callable[[], bool],
) -> list[Features]:
    """Return the features of train (in several views) and validation (in one).

    Args:
        model: As `networks.build` made it, its weights loaded.

    Raises:
        Stopped: `stop_requested` said so.
        TrainingError: The disk is full.
    """
    views = config.learning.views if config.model.data_aug_layer is not None else 1
    folder = cache / "features" / _key(model, config, how, splits, views)
    names = [f"{position}.npy" for position in range(len(splits))]
    if not folder.exists():
        with folders.whole(folder) as part:
            extract = extractor(model, part)
            counts = [views, *[1] * (len(splits) - 1)]
            total = sum(n * len(split) for n, split in zip(counts, splits, strict=True))
            work = _Work(model, extract, Pace(report, total, "Computing features"))
            for name, split, n in zip(names, splits, counts, strict=True):
                work.fill(part / name, split, n, stop_requested)
    return [
        Features(np.load(folder / name, mmap_mode="r"), split.targets)
        for name, split in zip(names, splits, strict=True)
    ]


def head_of(model: keras.Model) -> keras.Model:
    """Return the network behind the pooled features: its layers are the model's own."""
    channels = model.get_layer(networks.POOL).output.shape[-1]
    features = keras.Input((channels,), name="features")
    x = model.get_layer(networks.DROPOUT)(features)
    return keras.Model(features, model.get_layer(networks.HEAD)(x), name="head_only")


def pairs(features: Features, classes: int) -> Any:
    """Return a Grain dataset of (features of the image as it is, one-hot target)."""
    one_hot = np.eye(classes, dtype=np.float32)[features.targets]
    values = features.values[0]
    return grain.MapDataset.range(len(one_hot)).map(
        lambda index: (np.asarray(values[index]), one_hot[index])
    )


def shuffled_pairs(
    features: Features, classes: int, seed: int, *, balanced: bool = False
) -> Any:
    """Return the same, shuffled, and of each image a view drawn anew every epoch.

    `balanced` is as in `mixing.positions`.
    """
    one_hot = np.eye(classes, dtype=np.float32)[features.targets]
    values = features.values

    def pick(index: int, random: np.random.Generator) -> tuple[Any, Any]:
        view = int(random.integers(len(values)))
        return np.asarray(values[view, index]), one_hot[index]

    places = mixing.positions(features.targets, seed, balanced=balanced)
    return places.random_map(pick, seed=seed)


def extractor(model: keras.Model, scratch: Path) -> Extract:
    """Return a function from images 0-255 to pooled features (n, channels).

    Args:
        scratch: A folder for a file that is gone again when this returns.
    """
    image = keras.Input(model.input.shape[1:], name="image")
    x = model.get_layer("preprocessing")(image)
    backbone = networks.backbone_of(model)
    x = backbone(x, training=False)
    pooled = keras.Model(image, model.get_layer(networks.POOL)(x), name="extractor")
    # Keras exports networks of 32 bits only.
    if machine.has_accelerator() or backbone.compute_dtype != "float32":
        return lambda images: np.asarray(pooled.predict_on_batch(images), np.float32)
    # On two cores ONNX Runtime computes Lite0 five times as fast as TensorFlow and
    # fifteen times as fast as JAX, so the seconds of the export come back at once.
    return onnx_file.as_function(pooled, scratch)


class _Work:
    """The computing of features, counted over all splits."""

    def __init__(self, model: keras.Model, extract: Extract, pace: Pace) -> None:
        names = {layer.name for layer in model.layers}
        self._augment = (
            model.get_layer(networks.AUGMENTATION)
            if networks.AUGMENTATION in names
            else None
        )
        self._extract, self._pace, self._done = extract, pace, 0

    def fill(
        self,
        path: Path,
        split: Decoded,
        views: int,
        stop_requested: Callable[[], bool],
    ) -> None:
        values: Any = None
        for view in range(views):
            for start in range(0, len(split), BATCH):
                if stop_requested():
                    raise Stopped
                stop = min(start + BATCH, len(split))
                pixels = np.stack([split[index] for index in range(start, stop)])
                found = self._extract(self._varied(pixels, view))
                if values is None:
                    shape = (views, len(split), found.shape[1])
                    values = allocate(path, np.float32, shape)
                values[view, start:stop] = found
                self._done += stop - start
                self._pace.at(self._done)
        values.flush()

    def _varied(self, pixels: NDArray[np.uint8], view: int) -> NDArray[np.float32]:
        images = pixels.astype(np.float32)
        if view == 0 or self._augment is None:
            return images
        return np.asarray(self._augment(images, training=True), np.float32)


def _key(
    model: keras.Model,
    config: TrainConfig,
    how: Preparation,
    splits: Sequence[Decoded],
    views: int,
) -> str:
    digest = hashlib.sha256()
    augmentation = config.model.data_aug_layer if views > 1 else None
    plain = [how, config.model.backbone, views, config.seed, augmentation]
    digest.update("\n".join(str(one) for one in plain).encode())
    for weight in networks.backbone_of(model).get_weights():
        digest.update(weight.tobytes())
    for split in splits:
        digest.update("\n".join(split.sha256).encode() + b"\0")
    return digest.hexdigest()[:32]
