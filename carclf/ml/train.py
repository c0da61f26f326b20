"""One training, from files to a bundle. Read this first.

input.decode           the images, once, at the network's size
networks.build         backbone and head; a parent's weights, where there is one
features.compute       what a frozen backbone says of them (unless streaming)
model.fit              with callbacks that report, keep weights and stop
export.write_bundle    the best epoch, checked
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from carclf import config as configuration
from carclf.config import EarlyStopping, Preparation, TrainConfig
from carclf.errors import TrainingError
from carclf.images import write_bytes
from carclf.ml import (
    callbacks,
    ema,
    export,
    features,
    machine,
    mixing,
    networks,
    optimizers,
    parents,
)
from carclf.ml import input as inputs
from carclf.ml.input import Decoded, Report, Stopped, TrainImage
from carclf.ml.machine import environment
from carclf.ml.parents import Parent
from carclf.records import EpochEnded, Skipped

__all__ = ["Outcome", "Parent", "Plan", "TrainImage", "environment", "train"]


@dataclass(frozen=True)
class Plan:
    """Everything that a training needs to know.

    Attributes:
        classes: In output order.
        folder: The run's own; config.yml, checkpoints and the bundle go there.
        cache: For decoded images and features, shared between runs.
        run_facts: What the bundle is to say of its run.
    """

    config: TrainConfig
    preparation: Preparation
    classes: tuple[str, ...]
    train: Sequence[TrainImage]
    validation: Sequence[TrainImage]
    folder: Path
    cache: Path
    run_facts: dict[str, Any]
    parent: Parent | None = None


@dataclass(frozen=True)
class Outcome:
    """How a training ended.

    Attributes:
        best_epoch: The one in the bundle; None if stopped before the first ended, and
            then there is no bundle.
        stopped: The user ended it early.
    """

    best_epoch: int | None
    last_epoch: int
    best_metrics: dict[str, float]
    stopped: bool
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True)
class _Feed:
    """What is fitted, and on what."""

    model: keras.Model
    training: Any
    steps: int
    validation: Any
    validation_steps: int


def train(
    plan: Plan,
    emit: Callable[[EpochEnded], None],
    report: Report,
    keep: Callable[[int, Path], None],
    drop: Callable[[int], None],
    stop_requested: Callable[[], bool],
) -> Outcome:
    """Train a network and export its best epoch.

    Args:
        emit: Told each epoch, once its weights are kept.
        report: Told how far the work is, about twice a second.
        keep: Told of weights that were written; `drop`, of those removed again.
        stop_requested: Asked between batches of preparation and after each epoch.

    Raises:
        ConfigError, TrainingError: The settings do not fit the images, the machine or
            the parent; training diverged; memory or disk ran out.
    """
    if plan.config.model.classes not in (None, len(plan.classes)):
        raise TrainingError(
            f"model.classes is {plan.config.model.classes}, and the version has "
            f"{len(plan.classes)} classes. Leave it out, or choose another version."
        )
    machine.set_up(plan.config)
    try:
        return _train(plan, emit, report, keep, drop, stop_requested)
    except Stopped:
        return Outcome(None, 0, {}, stopped=True, skipped=())
    except machine.memory_errors() as error:
        if not machine.memory_ran_out(error):
            raise
        raise machine.too_little_memory(plan.config) from error


def _train(
    plan: Plan,
    emit: Callable[[EpochEnded], None],
    report: Report,
    keep: Callable[[int, Path], None],
    drop: Callable[[int], None],
    stop_requested: Callable[[], bool],
) -> Outcome:
    config = plan.config
    splits = _decode(plan, report, stop_requested)
    report(0, 1, "Building the network", None)
    model = networks.build(config, len(plan.classes))
    if plan.parent is not None:
        parents.inherit(model, config, plan.classes, plan.parent)
    _record(plan, model)
    feed = _feed(plan, model, splits, report, stop_requested)

    kept = callbacks.KeepCheckpoints(
        model,
        plan.folder / "checkpoints",
        config.fit.callbacks.model_checkpoint,
        keep,
        drop,
    )
    log = callbacks.ScalarLog(plan.folder / "tensorboard")

    def ended(event: EpochEnded) -> None:
        log.write(event)
        emit(event)

    progress = callbacks.ReportProgress(len(splits[0]), ended, report, stop_requested)
    history = feed.model.fit(
        feed.training,
        steps_per_epoch=feed.steps,
        epochs=config.fit.epochs,
        validation_data=feed.validation,
        validation_steps=feed.validation_steps,
        # Grain has shuffled already.
        shuffle=False,
        verbose=0,
        callbacks=[
            ema.JudgeMean(),
            callbacks.RefuseDivergence(),
            kept,
            *_early_stopping(config.fit.callbacks.early_stopping),
            progress,
        ],
    )
    best = kept.best
    assert best is not None
    report(0, 1, "Exporting the best epoch", None)
    export_epoch(plan, kept.path(best.epoch), best, plan.folder / "bundle")
    return Outcome(
        best.epoch,
        history.epoch[-1] + 1,
        best.metrics,
        progress.stopped,
        tuple(one for split in splits for one in split.skipped),
    )


def _decode(
    plan: Plan, report: Report, stop_requested: Callable[[], bool]
) -> tuple[Decoded, Decoded]:
    """Return the images of train and validation."""
    found = []
    for split, wanted in (("train", plan.train), ("validation", plan.validation)):
        decoded = inputs.decode(
            wanted, plan.classes, plan.preparation, plan.cache, report, stop_requested
        )
        inputs.require_enough(decoded, split, plan.classes)
        found.append(decoded)
    return found[0], found[1]


def _record(plan: Plan, model: keras.Model) -> None:
    """Write what was asked for, and what network it led to, into the run's folder."""
    backbone = networks.backbone_of(model)
    facts = {
        "backbone": plan.config.model.backbone,
        "weights": parents.origin(plan.config, plan.parent),
        "classes": list(plan.classes),
        "parameters": model.count_params(),
        "trainable_parameters": sum(
            int(np.prod(weight.shape)) for weight in model.trainable_weights
        ),
        "backbone_layers": [layer.name for layer in backbone.layers],
    }
    text = json.dumps(facts, ensure_ascii=False, indent=2) + "\n"
    write_bytes(plan.folder / "network.json", text.encode())
    write_bytes(plan.folder / "config.yml", configuration.to_yaml(plan.config).encode())


def _feed(
    plan: Plan,
    model: keras.Model,
    splits: tuple[Decoded, Decoded],
    report: Report,
    stop_requested: Callable[[], bool],
) -> _Feed:
    """Return the network on images, or its head on a frozen backbone's features."""
    config, classes = plan.config, len(plan.classes)
    size, seed = config.data.batch_size, config.seed
    mix = mixing.mixer(config)
    if config.mode == "freeze" and config.learning.features == "cached":
        found = features.compute(
            model,
            config,
            plan.preparation,
            splits,
            plan.cache,
            report,
            stop_requested,
        )
        fitted = features.head_of(model)
        shuffled = features.shuffled_pairs(
            found[0], classes, seed, balanced=config.learning.balanced
        )
        in_order = features.pairs(found[1], classes)
    else:
        fitted = model
        shuffled = inputs.shuffled_pairs(
            splits[0], classes, seed, balanced=config.learning.balanced
        )
        in_order = inputs.pairs(splits[1], classes)
    training, steps = inputs.endless(shuffled, size, mix)
    _compile(fitted, config, steps)
    return _Feed(fitted, training, steps, *inputs.endless(in_order, size))


def _compile(model: keras.Model, config: TrainConfig, steps: int) -> None:
    model.compile(
        optimizer=optimizers.create(config, model, steps),
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=config.compile.label_smoothing
        ),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=machine.jit_compile(),
    )


def _early_stopping(wanted: EarlyStopping | None) -> list[keras.callbacks.Callback]:
    if wanted is None:
        return []
    # Nothing is restored in memory: the bundle takes the best epoch from its file.
    arguments = wanted.model_dump(exclude={"restore_best_weights"})
    return [keras.callbacks.EarlyStopping(**arguments)]


def export_epoch(plan: Plan, weights: Path, event: EpochEnded, folder: Path) -> None:
    """Write the bundle of one epoch, from the weights that were kept of it.

    Raises:
        TrainingError: As `export.write_bundle`, or no validation image can be read.
    """
    # In 32 bits whatever the training used, for that is what ONNX export takes.
    keras.config.set_dtype_policy("float32")
    model = networks.restore(plan.config, len(plan.classes), weights)
    facts = {
        **plan.run_facts,
        "epoch": event.epoch,
        "backbone": plan.config.model.backbone,
        "mode": plan.config.mode,
        "weights": parents.origin(plan.config, plan.parent),
        "metrics": event.metrics,
        "images": {"train": len(plan.train), "validation": len(plan.validation)},
        "environment": environment(),
    }
    samples = inputs.samples(plan.validation, plan.preparation)
    export.write_bundle(folder, model, plan.classes, plan.preparation, facts, samples)
