"""One training, from files to a bundle. Read this first.

input.decode           the images, once, at the network's size
networks.build         backbone and head; a parent's weights, where there is one
feeds.of               what is fitted on what: a frozen backbone is computed beforehand
_learn                 in stretches, for memory may run out or a size change between
fitting.fit            with callbacks that report, keep weights and stop
export.write_bundle    the best epoch, checked
"""

import json
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from carclf import config as configuration
from carclf.errors import Stopped, TrainingError
from carclf.images import write_bytes
from carclf.ml import (
    checkpoints,
    export,
    feeds,
    fitting,
    machine,
    networks,
    parallel,
    parents,
    phases,
    resume,
)
from carclf.ml import input as inputs
from carclf.ml.gauges import Gauges
from carclf.ml.input import Decoded
from carclf.ml.listener import Listener
from carclf.ml.listing import TrainImage
from carclf.ml.machine import environment
from carclf.ml.parents import Parent
from carclf.ml.plan import Outcome, Plan
from carclf.ml.resume import State
from carclf.ml.scalar_log import ScalarLog
from carclf.records import EpochEnded

__all__ = ["Outcome", "Parent", "Plan", "TrainImage", "environment", "train"]


def train(plan: Plan, listener: Listener) -> Outcome:
    """Train a network and export its best epoch.

    A trouble after the first epoch ended is part of the outcome, for what was learnt
    until then is exported all the same.

    Raises:
        ConfigError, TrainingError: The settings do not fit the images, the machine or
            the parent; training diverged at once; memory or disk ran out.
    """
    if plan.config.model.classes not in (None, len(plan.classes)):
        raise TrainingError(
            f"model.classes is {plan.config.model.classes}, and the version has "
            f"{len(plan.classes)} classes. Leave it out, or choose another version."
        )
    machine.set_up(plan.config)
    try:
        return _train(plan, listener)
    except Stopped:
        return Outcome(None, 0, {}, stopped=True, skipped=())
    except machine.memory_errors() as error:
        if not machine.memory_ran_out(error):
            raise
        raise machine.too_little_memory(plan.config) from error


def _train(plan: Plan, listener: Listener) -> Outcome:
    splits = _decode(plan, listener)
    write_bytes(plan.folder / "config.yml", configuration.to_yaml(plan.config).encode())
    if not plan.resume:
        resume.forget(plan.folder)
    ending = _learn(plan, splits, listener)
    state = resume.read(plan.folder)
    if state is None:
        assert ending.trouble is not None
        raise ending.trouble
    listener.progress(0, 1, "Exporting the best epoch", None)
    assert state.best is not None
    weights = checkpoints.path_of(plan.folder, state.best.epoch)
    export_epoch(plan, weights, state.best, plan.folder / "bundle")
    return Outcome(
        state.best.epoch,
        state.epoch,
        state.best.metrics,
        ending.stopped,
        tuple(one for split in splits for one in split.skipped),
        ending.trouble,
    )


def _learn(
    plan: Plan, splits: tuple[Decoded, Decoded], listener: Listener
) -> fitting.Ending:
    """Fit to the last epoch, in stretches that each go on where another ended."""
    log = ScalarLog(plan.folder / "tensorboard")
    state = resume.read(plan.folder)
    if state is not None:
        # Memory may have run out before.
        plan = plan.with_batch(state.batch_size, state.accumulation)
        if state.epoch >= plan.config.fit.epochs:
            # It ended after its last epoch, before its network was exported.
            return fitting.Ending(goes_on=False, stopped=False)
    with Gauges() as readings:
        while True:
            ending: fitting.Ending | None = None
            try:
                with _devices(plan, listener):
                    ending = _stretch(plan, splits, state, listener, log, readings)
            except TrainingError as error:
                return fitting.Ending(goes_on=False, stopped=False, trouble=error)
            except Stopped:
                if state is None:
                    raise
                return fitting.Ending(goes_on=False, stopped=True)
            except machine.memory_errors() as error:
                if not machine.memory_ran_out(error):
                    raise
            state = resume.read(plan.folder)
            if ending is None:
                # The error is gone by now, and with it what held on to the network.
                machine.let_go(plan.config)
                if plan.config.data.batch_size == 1:
                    trouble = machine.too_little_memory(plan.config)
                    return fitting.Ending(goes_on=False, stopped=False, trouble=trouble)
                plan = _with_half_the_batch(plan, listener)
                listener.rewind(state.epoch if state else 0)
            elif not ending.goes_on:
                return ending


def _devices(plan: Plan, listener: Listener) -> AbstractContextManager[None]:
    """Return the context in which a training takes the devices it can use."""
    learning = plan.config.learning
    # A head on features that lie ready gains nothing from a second GPU.
    is_head = plan.config.mode == "freeze" and learning.features == "cached"
    if is_head or len(parallel.devices()) < 2:
        return nullcontext()
    if not parallel.is_possible(learning.accumulation):
        listener.note(
            "Uses one GPU: with TensorFlow, several cannot share a training whose "
            "learning.accumulation is above 1. JAX can."
        )
        return nullcontext()
    return parallel.everywhere()


def _stretch(
    plan: Plan,
    splits: tuple[Decoded, Decoded],
    state: State | None,
    listener: Listener,
    log: ScalarLog,
    readings: Gauges,
) -> fitting.Ending:
    """Build the network, give it what was learnt before, and fit it for a phase."""
    phase = phases.after(plan.config, state.epoch if state else 0)
    sized = phases.sized(plan, phase)
    if sized.preparation != plan.preparation:
        splits = _decode(sized, listener)
    listener.progress(0, 1, "Building the network", None)
    network = _network(sized, state)
    if state is None:
        _record(plan, network)
    feed = feeds.of(sized, network, splits, listener, state.epoch if state else 0)
    if state is not None:
        resume.restore(plan.folder, state, feed.model, feed.steps)
        if state.epoch == phase.first:
            # Of images of another size, so nothing to compare with.
            state = replace(state, best=None, patience=None)
    return fitting.fit(sized, network, feed, state, phase.last, listener, log, readings)


def _network(plan: Plan, state: State | None) -> keras.Model:
    if state is None:
        model = networks.build(plan.config, len(plan.classes))
        if plan.parent is not None:
            parents.inherit(model, plan.config, plan.classes, plan.parent)
        return model
    # Whatever is fitted gets its own variables; the rest is the same in every epoch.
    kept = checkpoints.any_of(plan.folder)
    return networks.restore(plan.config, len(plan.classes), kept)


def _with_half_the_batch(plan: Plan, listener: Listener) -> Plan:
    size, parts = plan.config.data.batch_size, plan.config.learning.accumulation
    smaller = plan.with_batch(size // 2, parts * 2)
    listener.note(
        f"Memory ran out with {size} images a batch. Goes on with {size // 2}, adding "
        f"the gradients of {parts * 2} batches before the weights move, so that it "
        "learns as before."
    )
    return smaller


def _decode(plan: Plan, listener: Listener) -> tuple[Decoded, Decoded]:
    """Return the images of train and validation."""
    found = []
    for split, wanted in (("train", plan.train), ("validation", plan.validation)):
        decoded = inputs.decode(
            wanted,
            plan.classes,
            plan.preparation,
            plan.cache,
            listener.progress,
            listener.stop_requested,
        )
        inputs.require_enough(decoded, split, plan.classes)
        found.append(decoded)
    return found[0], found[1]


def _record(plan: Plan, model: keras.Model) -> None:
    """Write what network the settings led to into the run's folder."""
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


def export_epoch(plan: Plan, weights: Path, event: EpochEnded, folder: Path) -> None:
    """Write the bundle of one epoch, from the weights that were kept of it.

    Raises:
        TrainingError: As `export.write_bundle`, or no validation image can be read.
    """
    # In 32 bits whatever the training used, for that is what ONNX export takes.
    keras.config.set_dtype_policy("float32")
    # It was judged at the size that it learnt from, and predicts at the same.
    plan = phases.sized(plan, phases.after(plan.config, event.epoch - 1))
    model = networks.restore(plan.config, len(plan.classes), weights)
    facts = {
        **plan.run_facts,
        "epoch": event.epoch,
        "backbone": plan.config.model.backbone,
        "mode": plan.config.mode,
        "weights": _origin(plan),
        "metrics": event.metrics,
        "images": {"train": len(plan.train), "validation": len(plan.validation)},
        "environment": environment(),
    }
    samples = inputs.samples(plan.validation, plan.preparation)
    export.write_bundle(
        folder,
        model,
        plan.classes,
        plan.preparation,
        facts,
        samples,
        plan.cache,
        test_time_flip=plan.config.learning.test_time_flip,
        train=plan.train,
        validation=plan.validation,
    )


def _origin(plan: Plan) -> dict[str, str]:
    """Return where the weights come from, as was recorded when the run began."""
    recorded = plan.folder / "network.json"
    if not recorded.is_file():
        return parents.origin(plan.config, plan.parent)
    origin: dict[str, str] = json.loads(recorded.read_text(encoding="utf-8"))["weights"]
    return origin
