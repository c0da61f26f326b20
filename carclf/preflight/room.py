"""Disk and memory: what a training will want of them, roughly, and what there is."""

import functools
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from carclf import devices, words
from carclf.config import TrainConfig
from carclf.preflight.finding import Finding, bad, ok, warn
from carclf.records import Version
from carclf.settings import Settings

FLOAT = 4
# Beyond this share of what is free, something else may take the rest meanwhile.
TIGHT = 0.8


@dataclass(frozen=True)
class Backbone:
    """The size of a network.

    Attributes:
        parameters: In millions, without the head.
        channels: Of its last feature map.
        activations: In millions of floats for an image of 224 × 224, as backward needs.

    Source: the networks as Keras builds them: weights, and the outputs of their layers.
    """

    parameters: float
    channels: int
    activations: float


BACKBONES: Mapping[str, Backbone] = {
    "tiny": Backbone(0.006, 32, 0.5),
    "EfficientNetLite0": Backbone(3.4, 1280, 13.0),
    "ResNet50": Backbone(23.6, 2048, 30.0),
    "ResNet50V2": Backbone(23.6, 2048, 26.0),
    "MobileNetV3Large": Backbone(3.0, 960, 10.0),
    "EfficientNetV2B0": Backbone(5.9, 1280, 17.0),
    "ConvNeXtTiny": Backbone(27.8, 768, 40.0),
}
# Of a network that is not listed: larger than most of those that are used.
UNKNOWN = Backbone(30.0, 2048, 40.0)


def check(
    settings: Settings, config: TrainConfig, version: Version | None
) -> Iterator[Finding]:
    """Tell whether disk and memory will do, and what the device cannot."""
    if version is not None:
        yield _disk(settings, config, version)
        yield from _memory(config)
    if config.learning.mixed_precision and not has_gpu():
        yield warn(
            "learning.mixed_precision pays on a GPU, and this machine has none: "
            "training would be slower with it."
        )


def disk_bytes(config: TrainConfig, version: Version) -> int:
    """Return what a training writes at most: images, features, weights, the bundle.

    What an earlier run has left in the cache is not written again.
    """
    shown = version.counts["train"] + version.counts["validation"]
    height, width = config.data.image_size
    sizes = [height * width, *(side * side for side in config.learning.progressive)]
    total = sum(shown * size * 3 for size in sizes)
    network = BACKBONES.get(config.model.backbone, UNKNOWN)
    if _is_cached(config):
        views = config.learning.views if config.model.data_aug_layer else 1
        rows = version.counts["train"] * views + version.counts["validation"]
        total += rows * network.channels * FLOAT
    return total + round(_weights(network, config) * (_kept(config) + 2))


def memory_bytes(config: TrainConfig) -> int:
    """Return what fitting one batch takes, roughly.

    Activations are kept for the way back, and with them their gradients; Adam holds
    two numbers for every weight, beside the weight and its gradient.
    """
    network = BACKBONES.get(config.model.backbone, UNKNOWN)
    height, width = config.data.image_size
    batch = 32 if _is_cached(config) else config.data.batch_size
    floats = network.activations * 1e6 * batch * height * width / 224**2
    if config.mode == "freeze":
        # Nothing goes back through a frozen backbone; layers are held by turns.
        floats *= 0.2
    if config.learning.mixed_precision:
        floats /= 2
    return round(floats * 2 * FLOAT + network.parameters * 1e6 * 4 * FLOAT)


@functools.cache
def has_gpu() -> bool:
    """Say so, having asked the driver once: that takes long, and a form asks often."""
    return devices.has_gpu()


def _disk(settings: Settings, config: TrainConfig, version: Version) -> Finding:
    wanted, free = disk_bytes(config, version), _free(settings.home)
    said = (
        f"Up to {words.size(wanted)} will be written, and {words.size(free)} are free"
    )
    if wanted > free:
        return bad(
            f"{said}. Free some space, or make data.image_size or learning.views "
            "smaller."
        )
    if wanted > TIGHT * free:
        return warn(f"{said}, which is little more.")
    return ok(f"{said}.")


def _memory(config: TrainConfig) -> Iterator[Finding]:
    # A GPU's memory is not asked for here: the probe measures it.
    if has_gpu():
        return
    wanted, free = memory_bytes(config), psutil.virtual_memory().available
    if wanted > TIGHT * free:
        yield warn(
            f"A batch of {config.data.batch_size} may take about {words.size(wanted)} "
            f"of memory, and {words.size(free)} are free. Try one batch: it proposes "
            "a batch size that fits."
        )


def _is_cached(config: TrainConfig) -> bool:
    return config.mode == "freeze" and config.learning.features == "cached"


def _kept(config: TrainConfig) -> int:
    """Return how many epochs' weights are kept at most."""
    epochs = config.fit.epochs
    if not config.fit.callbacks.model_checkpoint.save_best_only:
        return epochs
    every = config.learning.keep_every
    return min(epochs, 2 + (epochs // every if every else 0))


def _weights(network: Backbone, config: TrainConfig) -> float:
    # An optimizer keeps two more numbers for every weight that moves.
    copies = 1 if config.mode == "freeze" else 3
    return network.parameters * 1e6 * FLOAT * copies


def _free(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
