"""What a training is given, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from carclf.config import Preparation, TrainConfig
from carclf.errors import TrainingError
from carclf.ml.listing import TrainImage
from carclf.ml.parents import Parent
from carclf.records import Skipped


@dataclass(frozen=True)
class Plan:
    """Everything that a training needs to know.

    Attributes:
        classes: In output order.
        folder: The run's own; config.yml, checkpoints and the bundle go there.
        cache: For decoded images and features, shared between runs.
        run_facts: What the bundle is to say of its run.
        resume: Go on from the last epoch that the folder holds the state of.
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
    resume: bool = False

    def with_batch(self, size: int, accumulation: int) -> "Plan":
        """Return the same with another batch size, in so many parts an update."""
        config = self.config
        data = config.data.model_copy(update={"batch_size": size})
        learning = config.learning.model_copy(update={"accumulation": accumulation})
        changed = config.model_copy(update={"data": data, "learning": learning})
        return replace(self, config=changed)


@dataclass(frozen=True)
class Outcome:
    """How a training ended.

    Attributes:
        best_epoch: The one in the bundle; None if stopped before the first ended, and
            then there is no bundle.
        stopped: The user ended it early.
        trouble: What ended it against its will; the best epoch before is usable.
    """

    best_epoch: int | None
    last_epoch: int
    best_metrics: dict[str, float]
    stopped: bool
    skipped: tuple[Skipped, ...]
    trouble: TrainingError | None = None
