"""One stretch of learning: from a compiled network to its last epoch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras

from carclf.errors import TrainingError
from carclf.ml import ema, endings, parallel, resume
from carclf.ml.checkpoints import KeepCheckpoints
from carclf.ml.endings import Patience
from carclf.ml.feeds import Feed
from carclf.ml.gauges import Gauges
from carclf.ml.listener import Listener
from carclf.ml.plan import Plan
from carclf.ml.progress import ReportProgress
from carclf.ml.resume import State
from carclf.ml.scalar_log import ScalarLog
from carclf.ml.waiting import Waiting

Logs = Mapping[str, Any] | None


@dataclass(frozen=True)
class Ending:
    """Why a stretch ended.

    Attributes:
        goes_on: Epochs are left, and nothing speaks against them.
        stopped: The user wanted it.
    """

    goes_on: bool
    stopped: bool
    trouble: TrainingError | None = None


def fit(
    plan: Plan,
    network: keras.Model,
    feed: Feed,
    state: State | None,
    until: int,
    listener: Listener,
    log: ScalarLog,
    readings: Gauges,
) -> Ending:
    """Fit from where `state` ended to the end of the epoch `until`.

    Args:
        network: The whole, of which the feed's model may be the head.
    """
    waiting = Waiting()
    progress = ReportProgress(
        plan.config, feed.images, feed.steps, listener, waiting, readings, log
    )
    first = state.epoch if state else 0
    batches = waiting.watched(parallel.filled(feed.training))
    feed.model.fit(
        batches.map(feed.work) if feed.work else batches,
        steps_per_epoch=feed.steps,
        initial_epoch=first,
        epochs=until,
        validation_data=feed.validation,
        validation_steps=feed.validation_steps,
        # Grain has shuffled already.
        shuffle=False,
        verbose=0,
        callbacks=[
            *parallel.callbacks(),
            ema.JudgeMean(),
            endings.RefuseDivergence(feed.steps, first),
            *_keepers(plan, network, state, until, listener, progress),
        ],
    )
    goes_on = until < plan.config.fit.epochs and not feed.model.stop_training
    return Ending(goes_on, progress.stopped)


def _keepers(
    plan: Plan,
    network: keras.Model,
    state: State | None,
    until: int,
    listener: Listener,
    progress: ReportProgress,
) -> list[keras.callbacks.Callback]:
    """Return what keeps weights, tells of epochs and ends the training, in order.

    An epoch is told of once its weights are safe, and the state comes last, so that a
    training which dies in between learns that epoch once more.
    """
    config = plan.config
    before = (state.best, state.epoch) if state else (None, 0)
    kept = KeepCheckpoints(network, plan.folder, config, listener, *before)
    wanted, gap = config.fit.callbacks.early_stopping, config.learning.max_gap
    patience = None
    # Before the last size of growing images, what has stopped getting better may do so
    # again on the next.
    if wanted is not None and until == config.fit.epochs:
        patience = Patience(wanted, listener, state.patience if state else None)
    found = [
        kept,
        patience,
        None if gap is None else endings.EndAtGap(gap, listener),
        progress,
        KeepState(plan, kept, patience),
    ]
    return [one for one in found if one is not None]


class KeepState(keras.callbacks.Callback):
    """Writes, after each epoch, all that is needed to go on from there."""

    def __init__(
        self, plan: Plan, kept: KeepCheckpoints, patience: Patience | None
    ) -> None:
        super().__init__()
        self._plan, self._kept, self._patience = plan, kept, patience

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        assert self._kept.best is not None
        config = self._plan.config
        state = State(
            epoch=epoch + 1,
            best=self._kept.best,
            batch_size=config.data.batch_size,
            accumulation=config.learning.accumulation,
            patience=self._patience.state if self._patience else None,
        )
        resume.write(self._plan.folder, state, self.model)
        self._kept.sweep(epoch + 1)
