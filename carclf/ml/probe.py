"""One batch, fitted before anything is queued: what fits, and how long all would take.

The images are a sample of the real ones, and the network, the optimizer and the input
are those of the training.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from carclf.ml import extractor, features, feeds, gauges, machine, mixing, trial
from carclf.ml import input as inputs
from carclf.ml.feeds import Feed
from carclf.ml.input import Decoded
from carclf.ml.plan import Plan
from carclf.ml.trial import Told
from carclf.records import ImageRGB

# Steps that are measured after the first, which compiles; fewer when they take long.
STEPS, LONGEST_S = 5, 20.0
# Fewer images would tell little of how fast they are read.
FEWEST = 32
SHOWN = 12


@dataclass(frozen=True)
class Tried:
    """One image of the batch as the network saw it.

    Attributes:
        shares: (class, share) of its target, the largest first.
    """

    image: ImageRGB
    shares: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Probe:
    """What was found.

    Attributes:
        asked: The batch size of the settings; `batch_size` is the one that fits.
        step_s: The median of a few steps; the first, with its compiling, apart.
        peak_bytes: The most memory held: the GPU's if there is one, else the process's.
        read_s, features_s, epochs_s: The parts of the whole, estimated.
    """

    asked: int
    batch_size: int
    first_step_s: float
    step_s: float
    validation_step_s: float
    peak_bytes: int
    is_gpu: bool
    start_s: float
    read_s: float
    features_s: float
    epochs_s: float
    batch: tuple[Tried, ...]

    @property
    def total_s(self) -> float:
        return self.start_s + self.read_s + self.features_s + self.epochs_s


@dataclass(frozen=True)
class _Sample:
    """Some of the images, and how long one takes to read."""

    splits: tuple[Decoded, Decoded]
    read_s: float


def probe(plan: Plan, told: Told) -> Probe:
    """Fit a batch of the wanted size, or of half as many images until one fits.

    Raises:
        TrainingError: Not even one image fits into memory.
        Stopped: `told.stop_requested` said so.
    """
    asked = plan.config.data.batch_size
    machine.set_up(plan.config)
    with tempfile.TemporaryDirectory(prefix="probe-", dir=_made(plan.cache)) as name:
        scratch = _scratch(Path(name), plan.cache)
        plan = replace(plan, cache=scratch, folder=scratch)
        sample = _sample(plan, told)
        found = halved(plan, lambda smaller: _fit(smaller, sample, told))
    return replace(found, asked=asked)


def halved(plan: Plan, fit: Callable[[Plan], Probe]) -> Probe:
    """Return what `fit` gives for the largest batch, by halves, that memory allows."""
    while True:
        try:
            return fit(plan)
        except machine.memory_errors() as error:
            if not machine.memory_ran_out(error):
                raise
            size = plan.config.data.batch_size
            if size == 1:
                raise machine.too_little_memory(plan.config) from error
        machine.let_go(plan.config)
        plan = plan.with_batch(size // 2, plan.config.learning.accumulation * 2)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _scratch(folder: Path, cache: Path) -> Path:
    """Return a cache of the probe's own, which shares the one thing worth keeping."""
    (folder / "backbones").symlink_to(_made(cache / "backbones").resolve())
    return folder


def _sample(plan: Plan, told: Told) -> _Sample:
    random = np.random.default_rng(plan.config.seed)
    wanted = max(FEWEST, plan.config.data.batch_size)
    splits, began, count = [], time.monotonic(), 0
    for found in (plan.train, plan.validation):
        chosen = random.permutation(len(found))[:wanted]
        few = [found[place] for place in sorted(chosen)]
        decoded = inputs.decode(
            few,
            plan.classes,
            plan.preparation,
            plan.cache,
            told.report,
            told.stop_requested,
        )
        inputs.require_enough(decoded, "sampled", plan.classes)
        splits.append(decoded)
        count += len(few)
    each = (time.monotonic() - began) / count
    return _Sample((splits[0], splits[1]), each)


def _fit(plan: Plan, sample: _Sample, told: Told) -> Probe:
    size = plan.config.data.batch_size
    told.report(0, 3, f"Fitting {size} images", None)
    _reset_peak()
    began = time.monotonic()
    network = trial.network_of(plan)
    feature_s = _feature_s(plan, network, sample)
    built = time.monotonic()
    feed = feeds.of(plan, network, sample.splits, told, 0)
    batches = iter(feed.training)
    prepared = time.monotonic()
    first = _timed(lambda: _step(feed, next(batches)))
    told.report(1, 3, f"Measuring steps of {size} images", None)
    steps = _several(lambda: _step(feed, next(batches)))
    told.report(2, 3, "Measuring validation", None)
    judged = next(iter(feed.validation))
    feed.model.test_on_batch(*judged)
    validation = _timed(lambda: feed.model.test_on_batch(*judged))
    peak, is_gpu = _peak()
    shown = len(plan.train) + len(plan.validation)
    in_epoch = -(-len(plan.train) // size) * steps
    in_epoch += -(-len(plan.validation) // size) * validation
    return Probe(
        asked=size,
        batch_size=size,
        first_step_s=first,
        step_s=steps,
        validation_step_s=validation,
        peak_bytes=peak,
        is_gpu=is_gpu,
        start_s=built - began + first + min(prepared - built, first),
        read_s=sample.read_s * shown,
        features_s=feature_s * _featured(plan, network),
        epochs_s=in_epoch * plan.config.fit.epochs,
        batch=_batch(plan, network, sample),
    )


def _feature_s(plan: Plan, network: keras.Model, sample: _Sample) -> float:
    """Return how long the frozen backbone takes for an image, varied or not."""
    if not _featured(plan, network):
        return 0.0
    extract, varied = extractor.of(network, plan.cache), features.Varied(network)
    count = min(features.BATCH, len(sample.splits[0]))
    pixels = np.stack([sample.splits[0][place] for place in range(count)])
    extract(varied(pixels, 0))
    return _timed(lambda: extract(varied(pixels, 1))) / count


def _featured(plan: Plan, network: keras.Model) -> int:
    """Return of how many images features are computed before the first epoch."""
    if plan.config.mode != "freeze":
        return 0
    if _is_cached(plan):
        has_views = plan.config.model.data_aug_layer is not None
        views = plan.config.learning.views if has_views else 1
        return len(plan.train) * views + len(plan.validation)
    return len(plan.validation) if extractor.is_quick(network) else 0


def _is_cached(plan: Plan) -> bool:
    return plan.config.mode == "freeze" and plan.config.learning.features == "cached"


def _step(feed: Feed, batch: Any) -> None:
    images, targets = feed.work(batch) if feed.work else batch
    # The answer is a number, so the step has ended when it comes.
    feed.model.train_on_batch(images, targets)


def _several(step: Callable[[], None]) -> float:
    """Return the median of a few steps' seconds."""
    taken: list[float] = []
    while len(taken) < STEPS and sum(taken) < LONGEST_S:
        taken.append(_timed(step))
    return statistics.median(taken)


def _timed(work: Callable[[], Any]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _batch(plan: Plan, network: keras.Model, sample: _Sample) -> tuple[Tried, ...]:
    """Return some images of a batch, mixed and varied as the network gets them.

    Of cached features the mixing happens later, to what the backbone said.
    """
    config, images = plan.config, sample.splits[0]
    mix = None if _is_cached(plan) else mixing.mixer(config)
    pairs = inputs.shuffled_pairs(
        images, len(plan.classes), config.seed, balanced=config.learning.balanced
    )
    changes = [mix] if mix else []
    batches, _ = inputs.endless(pairs, config.data.batch_size, changes)
    pixels, targets = next(iter(batches))
    varied = features.Varied(network)(pixels[:SHOWN], config.seed)
    seen = np.clip(np.rint(varied), 0, 255).astype(np.uint8)
    return tuple(
        Tried(image, _shares(target, plan.classes))
        for image, target in zip(seen, targets[:SHOWN], strict=True)
    )


def _shares(target: Any, classes: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    order = sorted(range(len(classes)), key=lambda place: -target[place])
    return tuple((classes[one], float(target[one])) for one in order if target[one] > 0)


def _reset_peak() -> None:
    if keras.backend.backend() == "tensorflow" and machine.has_accelerator():
        # Only the backend in use is loaded anyway.
        import tensorflow as tf  # noqa: PLC0415

        tf.config.experimental.reset_memory_stats("GPU:0")


def _peak() -> tuple[int, bool]:
    """Return the most memory held in bytes, and whether it is a GPU's."""
    if not machine.has_accelerator():
        return gauges.peak_memory_bytes(), False
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf  # noqa: PLC0415

        return int(tf.config.experimental.get_memory_info("GPU:0")["peak"]), True
    import jax  # noqa: PLC0415

    return int(jax.local_devices()[0].memory_stats()["peak_bytes_in_use"]), True
