"""A format from start to end: written, opened by its own runtime, checked, timed."""

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carclf import images, preparation
from carclf.bundle import Bundle
from carclf.config import Preparation
from carclf.errors import ExportError, UnreadableImageError
from carclf.exports.folder import Accuracy, Measured
from carclf.exports.formats import Format
from carclf.ml import agreement, formats, networks
from carclf.ml.formats import Logits, Source
from carclf.ml.listing import TrainImage
from carclf.records import ImageRGB

BATCH = 32
# One image after another: so often, or for so long, after a start that is not counted.
TIMES, TIMES_S, WARM_UP = 30, 3.0, 3


def make(one: Format, source: Source, files: Path) -> Measured:
    """Write a format into `files` and return how it computes.

    Raises:
        ExportError: It cannot be written, or answers otherwise than Keras.
    """
    way = formats.of(one.name)
    path = way.write(source, files)
    logits = way.opened(path)
    found = agreement.of(source.known, logits(source.validation))
    is_exact = one.name != "int8"
    if is_exact:
        agreement.require(found, one.title)
    return Measured(
        format=one.name,
        file=path.relative_to(files).as_posix(),
        size_bytes=_size(path),
        difference=found.difference if is_exact else None,
        same_answer_rate=found.same_answer_rate,
        image_count=found.image_count,
        seconds_an_image=seconds_an_image(logits, source.validation),
        runtime=way.runtime(),
        notes=_notes(one, source),
    )


def seconds_an_image(logits: Logits, samples: NDArray[np.float32]) -> float:
    """Return the median time of one image alone."""
    took: list[float] = []
    begun = time.perf_counter()
    for number in range(TIMES + WARM_UP):
        image = samples[number % len(samples)][None]
        at = time.perf_counter()
        logits(image)
        took.append(time.perf_counter() - at)
        if time.perf_counter() - begun > TIMES_S and number >= WARM_UP:
            break
    return statistics.median(took[WARM_UP:])


def accuracy(
    known: Logits,
    other: Logits,
    wanted: Sequence[TrainImage],
    bundle: Bundle,
    source: str,
    on_progress: Callable[[int, int], None],
) -> Accuracy:
    """Compare two networks on labelled images; those that cannot be read are left out.

    Args:
        bundle: Tells classes, preparation, and whether mirror images have a say.
        source: Which images these are, in words.
    """
    answers: list[tuple[str, str, str]] = []
    for start in range(0, len(wanted), BATCH):
        batch = readable(wanted[start : start + BATCH], bundle.preparation)
        if not batch:
            continue
        pixels = np.stack([image for _, image in batch]).astype(np.float32)
        first, second = (
            shares(one, pixels, bundle.test_time_flip).argmax(axis=1)
            for one in (known, other)
        )
        answers += [
            (one.label, bundle.classes[before], bundle.classes[after])
            for (one, _), before, after in zip(batch, first, second, strict=True)
        ]
        on_progress(start + len(batch), len(wanted))
    if not answers:
        raise ExportError(
            f"None of the images to measure accuracy on ({source}) can be read. See "
            "whether data/images/ is complete, or export without int8."
        )
    labels, before, after = (np.array(column) for column in zip(*answers, strict=True))
    return Accuracy(
        float((before == labels).mean()),
        float((after == labels).mean()),
        float((before == after).mean()),
        len(labels),
        source,
    )


def shares(
    logits: Logits, pixels: NDArray[np.float32], flip: bool
) -> NDArray[np.float32]:
    """Return probabilities (n, classes) as `Bundle.probabilities` does."""
    views = [pixels, pixels[:, :, ::-1]] if flip else [pixels]
    found = [_softmax(logits(np.ascontiguousarray(view))) for view in views]
    return np.asarray(np.mean(found, axis=0), np.float32)


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)


def readable(
    wanted: Sequence[TrainImage], how: Preparation
) -> list[tuple[TrainImage, ImageRGB]]:
    """Return those that can be read, each at the network's size."""

    def read(one: TrainImage) -> ImageRGB | None:
        try:
            return preparation.resize(images.read_rgb(one.path), how)
        except UnreadableImageError:
            # The run's training or evaluation has listed it.
            return None

    with ThreadPoolExecutor(max_workers=2) as pool:
        found = zip(wanted, pool.map(read, wanted), strict=True)
        return [(one, image) for one, image in found if image is not None]


def _notes(one: Format, source: Source) -> tuple[str, ...]:
    own = networks.ApplicationsPreprocessing
    if one.name != "keras" or not any(
        isinstance(layer, own) for layer in source.model.layers
    ):
        return ()
    return (
        f"`{one.file}` holds a layer of carclf's own, so import carclf.ml.networks "
        "before it is loaded with keras.saving.load_model.",
    )


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(one.stat().st_size for one in files if one.is_file())
