"""The learning rate of every step, known before a training begins."""

import numpy as np
from numpy.typing import NDArray

from carclf.config import TrainConfig


def warmup_steps(config: TrainConfig, steps_per_epoch: int) -> int:
    """Return over how many steps the rate rises from 0."""
    return round(config.learning.schedule.warmup_epochs * steps_per_epoch)


def decay_steps(config: TrainConfig, steps_per_epoch: int) -> int:
    """Return how many steps are left after the warm-up; 1 if none."""
    total = config.fit.epochs * steps_per_epoch
    return max(1, total - warmup_steps(config, steps_per_epoch))


def final_share(config: TrainConfig) -> float:
    """Return where the rate ends, as a share of the highest."""
    schedule = config.learning.schedule
    return schedule.final_share if schedule.name == "cosine" else 1.0


def learning_rates(config: TrainConfig, steps_per_epoch: int) -> NDArray[np.float64]:
    """Return the rate of each step, shape (epochs × steps_per_epoch,).

    A step is a batch, however many of them are accumulated before the weights move.

    Source: keras.optimizers.schedules.CosineDecay, which training uses.
    """
    highest = config.compile.optimizer.arguments.learning_rate
    warmup = warmup_steps(config, steps_per_epoch)
    steps = np.arange(config.fit.epochs * steps_per_epoch)
    done = (steps - warmup) / decay_steps(config, steps_per_epoch)
    end = final_share(config)
    decayed = end + (1 - end) * 0.5 * (1 + np.cos(np.pi * done))
    return highest * np.where(steps < warmup, steps / max(1, warmup), decayed)
