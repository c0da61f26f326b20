"""What a training takes over from an earlier run."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras

from carclf.config import TrainConfig
from carclf.errors import TrainingError
from carclf.ml import networks


@dataclass(frozen=True)
class Parent:
    """Where weights come from: an epoch of an earlier run."""

    weights: Path
    config: TrainConfig
    classes: tuple[str, ...]


def inherit(
    model: keras.Model, config: TrainConfig, classes: Sequence[str], parent: Parent
) -> None:
    """Give a network the backbone of an earlier run, and its head's shared classes.

    Raises:
        TrainingError: The backbones differ, or the weights are gone or damaged.
    """
    wanted, given = config.model.backbone, parent.config.model.backbone
    if wanted != given:
        raise TrainingError(
            f"The run to start from has the backbone {given}, and model.backbone is "
            f"{wanted}. Set it to {given}, or start from other weights."
        )
    source = networks.restore(parent.config, len(parent.classes), parent.weights)
    networks.copy_weights(
        networks.backbone_of(source),
        networks.backbone_of(model),
        f"The weights in {parent.weights}",
    )
    _copy_head(source, parent.classes, model, classes)


def origin(config: TrainConfig, parent: Parent | None) -> dict[str, str]:
    """Return where the weights once came from, through all the runs between."""
    if parent is None:
        return networks.origin(config.model)
    recorded = parent.weights.parent.parent / "network.json"
    try:
        facts = json.loads(recorded.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return networks.origin(parent.config.model)
    weights: dict[str, str] = facts["weights"]
    return weights


def _copy_head(
    source: keras.Model,
    source_classes: Sequence[str],
    model: keras.Model,
    classes: Sequence[str],
) -> None:
    """Give classes that both networks know the weights they had."""
    old_kernel, old_bias = source.get_layer(networks.HEAD).get_weights()
    head = model.get_layer(networks.HEAD)
    kernel, bias = head.get_weights()
    for position, label in enumerate(classes):
        if label in source_classes:
            old = source_classes.index(label)
            kernel[:, position], bias[position] = old_kernel[:, old], old_bias[old]
    head.set_weights([kernel, bias])
