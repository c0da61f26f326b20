"""What trials of a training share: a network, and somebody to tell how far they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras

from carclf.ml import networks, parents
from carclf.ml.input import Report
from carclf.ml.plan import Plan
from carclf.records import EpochEnded, StepEnded


@dataclass(frozen=True)
class Told:
    """A listener for what is no training: nothing is kept, and no epoch ends."""

    report: Report
    stop_requested: Callable[[], bool]

    def progress(
        self,
        done: int,
        total: int,
        message: str,
        seconds_left: float | None,
        /,
        **_facts: float,
    ) -> None:
        self.report(done, total, message, seconds_left)

    def steps(self, _events: Sequence[StepEnded], /) -> None: ...

    def epoch(self, _event: EpochEnded, /) -> None: ...

    def rewind(self, _epoch: int, /) -> None: ...

    def keep(self, _epoch: int, _path: Path, /) -> None: ...

    def drop(self, _epoch: int, /) -> bool:
        return True

    def note(self, _text: str, /) -> None: ...


def network_of(plan: Plan) -> keras.Model:
    """Return the network that a training would begin with."""
    model = networks.build(plan.config, len(plan.classes))
    if plan.parent is not None:
        parents.inherit(model, plan.config, plan.classes, plan.parent)
    return model
