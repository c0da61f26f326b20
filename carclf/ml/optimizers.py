"""How weights move: Keras's optimizers, as the settings want them."""

import re
from typing import Any

import keras
from keras import ops

from carclf import schedule
from carclf.config import TrainConfig
from carclf.errors import ConfigError
from carclf.ml import networks

_KERAS = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "nadam": keras.optimizers.Nadam,
    "adamax": keras.optimizers.Adamax,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
    "lion": keras.optimizers.Lion,
}
# What keras.applications call the parts that are repeated, from VGG to ConvNeXt. An
# Inception's layers bear numbers alone, and `mixed3` ends one of its parts.
_BLOCK = re.compile(
    r".*?block_?\d+[a-z]?(?=_|$)|expanded_conv(_\d+)?|conv_[dp]w_\d+|mixed\d*"
)


def create(
    config: TrainConfig, model: keras.Model, steps_per_epoch: int
) -> keras.optimizers.Optimizer:
    """Return the optimizer of a training, not built yet.

    The rate follows the batches, however many are accumulated before weights move.

    Args:
        model: What is fitted: a network of `networks.build`, or its head alone.

    Raises:
        ConfigError: The arguments do not go together.
    """
    chosen, learning = config.compile.optimizer, config.learning
    arguments = chosen.arguments.model_dump(exclude_none=True)
    arguments["learning_rate"] = _rate(config, steps_per_epoch)
    if learning.accumulation > 1:
        arguments["gradient_accumulation_steps"] = learning.accumulation
    if learning.ema is not None:
        # Keras moves the mean with every batch, and the setting speaks of updates.
        momentum = learning.ema ** (1 / learning.accumulation)
        arguments |= {"use_ema": True, "ema_momentum": momentum}
    kind = _kind(_KERAS[chosen.name], shares(model, learning.layer_decay))
    try:
        optimizer = kind(**arguments)
    except ValueError as error:
        raise ConfigError(
            f"compile.optimizer.{chosen.name} cannot be used: {error}"
        ) from error
    optimizer.exclude_from_weight_decay(var_list=without_decay(model))
    return optimizer


def without_decay(model: keras.Model) -> list[Any]:
    """Return the weights that do not shrink: biases, scales and offsets."""
    return [weight for weight in model.trainable_weights if len(weight.shape) < 2]


def shares(model: keras.Model, layer_decay: float) -> dict[str, float]:
    """Return which share of the learning rate each weight learns at, by its path.

    The head learns at the full rate, and each block of the backbone at `layer_decay`
    of the rate of the block after it. Without a backbone inside there is only a head.

    Source: Clark et al. 2020, ELECTRA; Bao et al. 2021, BEiT.
    """
    found = {weight.path: 1.0 for weight in model.trainable_weights}
    backbone = networks.find_backbone(model)
    groups = blocks(backbone) if backbone is not None else []
    for depth, group in enumerate(reversed(groups), 1):
        for layer in group:
            for weight in layer.trainable_weights:
                found[weight.path] = layer_decay**depth
    return found


def blocks(backbone: keras.Model) -> list[list[keras.layers.Layer]]:
    """Return the layers block by block, the stem first, as their names tell.

    A layer whose name tells nothing belongs to the block before it, so a network whose
    names never do is one block. Blocks without weights are left out.
    """
    found: dict[str, list[keras.layers.Layer]] = {}
    name = "stem"
    for layer in backbone.layers:
        match = _BLOCK.match(layer.name)
        if match is not None:
            name = match[0].replace("conv_dw", "conv_pw")
        found.setdefault(name, []).append(layer)
    return [group for group in found.values() if any(one.weights for one in group)]


def _rate(config: TrainConfig, steps_per_epoch: int) -> Any:
    highest = config.compile.optimizer.arguments.learning_rate
    warmup = schedule.warmup_steps(config, steps_per_epoch)
    end = schedule.final_share(config)
    if warmup == 0 and end == 1:
        return highest
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup else highest,
        decay_steps=schedule.decay_steps(config, steps_per_epoch),
        alpha=end,
        warmup_target=highest if warmup else None,
        warmup_steps=warmup,
    )


def _kind(base: Any, of_rate: dict[str, float]) -> Any:
    """Return Keras's optimizer, each weight learning at its share of the rate."""

    class Shared(base):
        def __init__(self, **arguments: Any) -> None:
            super().__init__(**arguments)
            # Keras would decay every weight at the full rate.
            self._decay: float | None = self.weight_decay
            self.weight_decay: float | None = None
            self._shares: list[float] = []

        def build(self, variables: Any) -> None:
            if not self.built:
                self._shares = [of_rate[variable.path] for variable in variables]
            super().build(variables)

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            share = self._shares[self._get_variable_index(variable)]
            rate = ops.cast(learning_rate, variable.dtype) * share
            if self._decay and self._use_weight_decay(variable):
                self.assign_sub(variable, ops.multiply(variable, rate * self._decay))
            super().update_step(gradient, variable, rate)

        def finalize_variable_values(self, var_list: Any) -> None:
            """Leave the running mean beside the weights, where `ema` reads it.

            Keras would put it in their place, and a training could not go on.
            """

    return Shared
