"""What is fitted, and on what: the whole network on images, or its head on features."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from carclf.config import TrainConfig
from carclf.ml import extractor, features, machine, mixing, optimizers, parallel
from carclf.ml import input as inputs
from carclf.ml.input import Decoded
from carclf.ml.listener import Listener
from carclf.ml.plan import Plan


@dataclass(frozen=True)
class Feed:
    """What is fitted, and on what.

    Attributes:
        images: Shown in an epoch.
        work: Done to each training batch before the model sees it, as a part of the
            step; it is no waiting for images.
    """

    model: keras.Model
    training: Any
    steps: int
    images: int
    validation: Any
    validation_steps: int
    work: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class _Sources:
    """Training elements, shuffled, and those of validation, in order."""

    model: keras.Model
    shuffled: Any
    in_order: Any
    streamer: features.Streamer | None = None


def of(
    plan: Plan,
    network: keras.Model,
    splits: tuple[Decoded, Decoded],
    listener: Listener,
    first_epoch: int,
) -> Feed:
    """Return a compiled model with its batches.

    Args:
        splits: Train and validation.
        first_epoch: How many epochs of images were shown already.
    """
    config, size = plan.config, plan.config.data.batch_size
    is_frozen = config.mode == "freeze"
    if is_frozen and config.learning.features == "cached":
        sources = _cached(plan, network, splits, listener)
    elif is_frozen and extractor.is_quick(network):
        sources = _streamed(plan, network, splits, listener)
    else:
        in_order = inputs.pairs(splits[1], len(plan.classes))
        sources = _Sources(network, _shuffled(plan, splits[0]), in_order)
    work = sources.streamer
    changes = [mixing.mixer(config), work.seeded if work else None]
    training, steps = inputs.endless(
        sources.shuffled, size, [one for one in changes if one], first_epoch
    )
    _compile(sources.model, config, steps)
    validation, validation_steps = inputs.endless(
        sources.in_order, parallel.even(size, len(splits[1]))
    )
    return Feed(
        sources.model,
        training,
        steps,
        len(splits[0]),
        validation,
        validation_steps,
        work,
    )


def _cached(
    plan: Plan,
    network: keras.Model,
    splits: tuple[Decoded, Decoded],
    listener: Listener,
) -> _Sources:
    """Return the head on features that are computed once."""
    learning, classes = plan.config.learning, len(plan.classes)
    views = learning.views if plan.config.model.data_aug_layer is not None else 1
    wanted = [features.Wanted(splits[1]), features.Wanted(splits[0], views)]
    validation, train = _computed(plan, network, wanted, listener)
    shuffled = features.shuffled_pairs(
        train, classes, plan.config.seed, balanced=learning.balanced
    )
    in_order = features.pairs(validation, classes)
    return _Sources(features.head_of(network), shuffled, in_order)


def _streamed(
    plan: Plan,
    network: keras.Model,
    splits: tuple[Decoded, Decoded],
    listener: Listener,
) -> _Sources:
    """Return the head on features of images that are varied anew in every epoch."""
    (validation,) = _computed(plan, network, [features.Wanted(splits[1])], listener)
    in_order = features.pairs(validation, len(plan.classes))
    streamer = features.Streamer(network, plan.cache, plan.config.seed)
    head, shuffled = features.head_of(network), _shuffled(plan, splits[0])
    return _Sources(head, shuffled, in_order, streamer)


def _shuffled(plan: Plan, train: Decoded) -> Any:
    balanced = plan.config.learning.balanced
    return inputs.shuffled_pairs(
        train, len(plan.classes), plan.config.seed, balanced=balanced
    )


def _computed(
    plan: Plan, network: keras.Model, wanted: list[features.Wanted], listener: Listener
) -> list[features.Features]:
    return features.compute(
        network,
        plan.config,
        plan.preparation,
        wanted,
        plan.cache,
        listener.progress,
        listener.stop_requested,
    )


def _compile(model: keras.Model, config: TrainConfig, steps: int) -> None:
    model.compile(
        optimizer=optimizers.create(config, model, steps),
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=config.compile.label_smoothing
        ),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=machine.jit_compile(),
    )
