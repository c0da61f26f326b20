"""A search for a learning rate: it rises with every step until the loss does too.

Source: Smith 2015, Cyclical Learning Rates for Training Neural Networks, section 3.3
(arXiv 1506.01186).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import keras
import numpy as np
from numpy.typing import NDArray

from carclf.config import Schedule, TrainConfig
from carclf.errors import TrainingError
from carclf.ml import feeds, machine, trial
from carclf.ml import input as inputs
from carclf.ml.input import Decoded
from carclf.ml.plan import Plan
from carclf.ml.trial import Told

LOWEST, HIGHEST, STEPS = 1e-6, 1.0, 100
# Steps to either side that a loss is smoothed over; that of one batch says little.
WIDTH = 4
# A loss of so many times the best has diverged, and one that fell by less has not.
DIVERGED, FALLEN = 4.0, 0.98


@dataclass(frozen=True)
class Search:
    """What came of it.

    Attributes:
        rates: Of the steps that were made, rising.
        losses: Of each step's batch; `smoothed` is their mean over the steps around.
        steepest: The rate at which the loss falls fastest; None if it never does.
        tenth: A tenth of the rate at which the loss diverged; None if it never did.
    """

    rates: list[float]
    losses: list[float]
    smoothed: list[float]
    steepest: float | None
    tenth: float | None


def search(plan: Plan, told: Told, steps: int = STEPS) -> Search:
    """Learn on the real images while the rate rises; the network is thrown away.

    Raises:
        TrainingError: Memory ran out, or the loss is no number from the beginning.
        Stopped: `told.stop_requested` said so while images were read.
    """
    plan = replace(plan, config=_flat(plan.config))
    machine.set_up(plan.config)
    try:
        rates, losses = _climb(plan, told, steps)
    except machine.memory_errors() as error:
        if not machine.memory_ran_out(error):
            raise
        raise machine.too_little_memory(plan.config) from error
    if not losses:
        raise TrainingError(
            "The loss is no number at the lowest learning rate already. Look at the "
            "images and the weights to start from."
        )
    smooth = smoothed(losses)
    steepest, tenth = suggest(rates, smooth)
    return Search(rates, losses, smooth.tolist(), steepest, tenth)


def smoothed(losses: Sequence[float]) -> NDArray[np.float64]:
    """Return each loss as the mean of those around it, the nearest weighing most.

    A running mean of those before it would lag, and the rates with it: by a factor of
    three over a hundred steps.
    """
    places = np.arange(len(losses))
    weights = np.exp(-((places[:, None] - places) ** 2) / (2 * WIDTH**2))
    found: NDArray[np.float64] = weights @ np.asarray(losses) / weights.sum(axis=1)
    return found


def suggest(
    rates: Sequence[float], smooth: NDArray[np.float64]
) -> tuple[float | None, float | None]:
    """Return the rate of the steepest descent, and a tenth of where it diverges."""
    tenth = rates[-1] / 10 if has_diverged(smooth) else None
    lowest = int(np.argmin(smooth))
    if lowest < 2 or smooth[lowest] > FALLEN * smooth[0]:
        return None, tenth
    slopes = np.gradient(smooth[: lowest + 1], np.log10(rates[: lowest + 1]))
    return float(rates[int(np.argmin(slopes))]), tenth


def has_diverged(smooth: NDArray[np.float64]) -> bool:
    return bool(smooth[-1] > DIVERGED * smooth.min())


def _climb(plan: Plan, told: Told, steps: int) -> tuple[list[float], list[float]]:
    """Return the rates that were tried and the loss at each."""
    feed = feeds.of(plan, trial.network_of(plan), _splits(plan, told), told, 0)
    batches = iter(feed.training)
    pace = inputs.Pace(told.report, steps, "Raising the learning rate")
    rates: list[float] = []
    losses: list[float] = []
    for rate in np.geomspace(LOWEST, HIGHEST, steps).tolist():
        batch = next(batches)
        loss = _step(feed.model, feed.work(batch) if feed.work else batch, rate)
        if not math.isfinite(loss):
            break
        rates.append(rate)
        losses.append(loss)
        pace.at(len(losses))
        if has_diverged(smoothed(losses)) or told.stop_requested():
            break
    return rates, losses


def _step(model: keras.Model, batch: tuple[object, object], rate: float) -> float:
    model.optimizer.learning_rate = rate
    # Keras would answer with the mean over all steps so far.
    model.reset_metrics()
    return float(model.train_on_batch(*batch, return_dict=True)["loss"])


def _splits(plan: Plan, told: Told) -> tuple[Decoded, Decoded]:
    train, validation = (
        inputs.decode(
            wanted,
            plan.classes,
            plan.preparation,
            plan.cache,
            told.report,
            told.stop_requested,
        )
        for wanted in (plan.train, plan.validation)
    )
    inputs.require_enough(train, "train", plan.classes)
    return train, validation


def _flat(config: TrainConfig) -> TrainConfig:
    """Return the settings with a rate that is the search's to set, step by step."""
    changes = {"schedule": Schedule(), "accumulation": 1, "ema": None}
    learning = config.learning.model_copy(update=changes)
    return config.model_copy(update={"learning": learning})
