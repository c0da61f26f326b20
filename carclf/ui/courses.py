"""Where on a chart's axis the steps and the epochs of a training lie."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

import numpy as np

from carclf.records import EpochEnded, Run, StepEnded

Along = Literal["epoch", "step", "time"]
# To choose from, in words.
ALONG: list[tuple[str, Along]] = [
    ("Epochs", "epoch"),
    ("Steps", "step"),
    ("Time", "time"),
]


@dataclass(frozen=True)
class Course:
    """How a training went, or goes.

    Attributes:
        best: The epoch to mark.
        epoch_steps: Steps of an epoch, where they are known; in the first epoch they
            cannot be told from the steps.
    """

    run: Run
    history: Sequence[EpochEnded]
    steps: Sequence[StepEnded] = field(default=())
    best: int | None = None
    epoch_steps: float | None = None

    @property
    def step_epochs(self) -> list[float]:
        """Where the steps lie among the epochs: 1.5 is half-way through the second."""
        epochs, ends = self._ends
        return _at(epochs, ends, [one.step for one in self.steps])

    def places(self, epochs: Sequence[float], along: Along) -> list[float]:
        """Return where epochs, or parts of them, lie along an axis."""
        if along == "epoch":
            return list(epochs)
        known, places = self._ends if along == "step" else self._seconds
        return _at(places, known, epochs)

    def knows(self, along: Along) -> bool:
        """Whether the course can be drawn along an axis."""
        if along == "step":
            return bool(self.steps)
        return along == "epoch" or len(self._seconds[0]) > 1

    @property
    def seconds(self) -> float:
        """How long its epochs took."""
        return self._seconds[1][-1]

    @property
    def _ends(self) -> tuple[list[float], list[float]]:
        """Return epochs, and the step that ended each.

        Between two steps that were kept, thinning may have taken the last of an epoch;
        so its end is half-way.
        """
        if not self.steps:
            return [0.0], [0.0]
        begun = self.steps[0]
        epochs, ends = [begun.epoch - 1.0], [begun.step - 1.0]
        for one, after in zip(self.steps, self.steps[1:], strict=False):
            if after.epoch > one.epoch:
                epochs.append(float(one.epoch))
                ends.append((one.step + after.step - 1) / 2)
        lasts = self.epoch_steps or 0.0
        if len(ends) > 1:
            lasts = (ends[-1] - ends[0]) / (epochs[-1] - epochs[0])
        epochs.append(float(self.steps[-1].epoch))
        ends.append(max(float(self.steps[-1].step), ends[-1] + lasts))
        return epochs, ends

    @property
    def _seconds(self) -> tuple[list[float], list[float]]:
        """Return epochs, and the seconds of training until each had ended."""
        timed = [one for one in self.history if "seconds" in one.metrics]
        lasted = [one.metrics["seconds"] for one in timed]
        if not timed:
            return [0.0], [0.0]
        epochs = [timed[0].epoch - 1.0, *(float(one.epoch) for one in timed)]
        # The epoch under way will take about as long as the one before.
        return [*epochs, epochs[-1] + 1], list(
            accumulate([*lasted, lasted[-1]], initial=0.0)
        )


def _at(
    places: Sequence[float], known: Sequence[float], wanted: Sequence[float]
) -> list[float]:
    found: list[float] = np.interp(wanted, known, places).tolist()
    return found
