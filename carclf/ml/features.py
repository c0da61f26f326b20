"""What a frozen backbone says of every image: kept, or anew in every epoch."""

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
from carclf.errors import Stopped
from carclf.ml import extractor, folders, mixing, networks
from carclf.ml.extractor import Extract
from carclf.ml.input import Decoded, Pace, Report
from carclf.ml.rows import Rows

BATCH = 32
_FILE = "features.npy"
# Goes up when the same settings come to mean other numbers.
_FORMAT = 2


@dataclass(frozen=True)
class Features:
    """Pooled features on disk.

    Attributes:
        rows: Shape (views × n, channels), float32: first all images as they are,
            then all of them in their second view, and so on.
        targets: The position of each image's class, shape (n,).
    """

    rows: Rows
    targets: NDArray[np.int64]

    @property
    def views(self) -> int:
        return len(self.rows) // len(self.targets)

    def view(self, number: int) -> NDArray[np.float32]:
        """Return one view of all images, shape (n, channels)."""
        count = len(self.targets)
        return self.rows.read(number * count, count)


@dataclass(frozen=True)
class Wanted:
    """The images of a split, and in how many views their features are wanted."""

    images: Decoded
    views: int = 1


def compute(
    model: keras.Model,
    config: TrainConfig,
    how: Preparation,
    splits: Sequence[Wanted],
    cache: Path,
    report: Report,
    stop_requested: Callable[[], bool],
) -> list[Features]:
    """Return the features of each split, computed now or in an earlier run.

    Args:
        model: As `networks.build` made it, its weights loaded.

    Raises:
        Stopped: `stop_requested` said so.
        TrainingError: The disk is full.
    """
    backbone = extractor.digest(model)
    places = [cache / "features" / _key(backbone, config, how, one) for one in splits]
    missing = [
        (one, place)
        for one, place in zip(splits, places, strict=True)
        if not place.exists()
    ]
    if missing:
        total = sum(one.views * len(one.images) for one, _ in missing)
        pace = Pace(report, total, "Computing features")
        extract = extractor.of(model, cache)
        work = _Work(extract, Varied(model), config.seed, pace, stop_requested)
        for one, place in missing:
            with folders.whole(place) as part:
                work.fill(part / _FILE, one)
    return [
        Features(Rows(place / _FILE), one.images.targets)
        for one, place in zip(splits, places, strict=True)
    ]


def head_of(model: keras.Model) -> keras.Model:
    """Return the network behind the pooled features: its layers are the model's own."""
    channels = model.get_layer(networks.POOL).output.shape[-1]
    features = keras.Input((channels,), name="features")
    x = model.get_layer(networks.DROPOUT)(features)
    return keras.Model(features, model.get_layer(networks.HEAD)(x), name="head_only")


def pairs(features: Features, classes: int) -> Any:
    """Return a Grain dataset of (features of the image as it is, one-hot target)."""
    one_hot, targets = np.eye(classes, dtype=np.float32), features.targets
    return grain.MapDataset.range(len(targets)).map(
        lambda index: (features.rows[index], one_hot[targets[index]])
    )


def shuffled_pairs(
    features: Features, classes: int, seed: int, *, balanced: bool = False
) -> Any:
    """Return the same, shuffled, and of each image a view drawn anew every epoch.

    Args:
        balanced: As `mixing.positions`.
    """
    one_hot, targets = np.eye(classes, dtype=np.float32), features.targets

    def pick(index: int, random: np.random.Generator) -> tuple[Any, Any]:
        view = int(random.integers(features.views))
        return features.rows[view * len(targets) + index], one_hot[targets[index]]

    places = mixing.positions(targets, seed, balanced=balanced)
    return places.random_map(pick, seed=seed)


class Streamer:
    """Makes features of batches of images, varied anew in every epoch.

    A batch's place in the training decides how its images are varied, so a training
    that is taken up again sees what it would have seen.
    """

    def __init__(self, model: keras.Model, cache: Path, seed: int) -> None:
        self._varied, self._extract = Varied(model), extractor.of(model, cache)
        self._seed = seed

    def seeded(self, batches: Any) -> Any:
        """Return a Grain dataset of batches (images, targets), each with a seed."""
        return batches.random_map(
            lambda batch, random: (*batch, int(random.integers(2**31))),
            seed=self._seed,
        )

    def __call__(self, batch: tuple[Any, Any, int]) -> tuple[Any, Any]:
        """Return the features and the targets of a batch that `seeded` gave."""
        pixels, targets, seed = batch
        return self._extract(self._varied(pixels, seed)), targets


class Varied:
    """A network's augmentation, as a function of pixels and a seed alone."""

    def __init__(self, model: keras.Model) -> None:
        names = {layer.name for layer in model.layers}
        has_layers = networks.AUGMENTATION in names
        self._layers = model.get_layer(networks.AUGMENTATION) if has_layers else None

    def __call__(self, pixels: NDArray[Any], seed: int) -> NDArray[np.float32]:
        images = pixels.astype(np.float32, copy=False)
        if self._layers is None:
            return images
        # Every random layer draws from a state of two numbers, and from nothing else.
        states = [
            keras.ops.convert_to_tensor([seed + number, 0], dtype=state.dtype)
            for number, state in enumerate(self._layers.non_trainable_variables)
        ]
        found, _ = self._layers.stateless_call([], states, images, training=True)
        return np.asarray(found, np.float32)


class _Work:
    """The computing of features, counted over all splits."""

    def __init__(
        self,
        extract: Extract,
        varied: Varied,
        seed: int,
        pace: Pace,
        stop_requested: Callable[[], bool],
    ) -> None:
        self._extract, self._varied, self._pace = extract, varied, pace
        self._seed, self._stop_requested, self._done = seed, stop_requested, 0

    def fill(self, path: Path, wanted: Wanted) -> None:
        images, rows = wanted.images, None
        random = np.random.default_rng(self._seed)
        for view in range(wanted.views):
            for start in range(0, len(images), BATCH):
                if self._stop_requested():
                    raise Stopped
                stop = min(start + BATCH, len(images))
                pixels: NDArray[Any] = np.stack(
                    [images[index] for index in range(start, stop)]
                )
                if view > 0:
                    pixels = self._varied(pixels, int(random.integers(2**31)))
                found = self._extract(pixels)
                if rows is None:
                    shape = (wanted.views * len(images), found.shape[1])
                    rows = Rows.create(path, np.float32, shape)
                rows.write(view * len(images) + start, found)
                self._done += stop - start
                self._pace.at(self._done)


def _key(backbone: str, config: TrainConfig, how: Preparation, wanted: Wanted) -> str:
    """Return a name that is the same only where the features would be."""
    parts = [str(_FORMAT), backbone, how.model_dump_json(), wanted.images.digest]
    augmentation = config.model.data_aug_layer
    if wanted.views > 1 and augmentation is not None:
        parts += [str(wanted.views), str(config.seed), augmentation.model_dump_json()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
