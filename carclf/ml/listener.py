"""Whom a training tells how it goes, and who may end it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from carclf.records import EpochEnded, StepEnded


class Listener(Protocol):
    """What a training needs of the world; every call comes from its own thread."""

    def progress(
        self,
        done: int,
        total: int,
        message: str,
        seconds_left: float | None,
        /,
        **facts: float,
    ) -> None:
        """Hear how far the work is, about twice a second, and what it takes.

        Args:
            facts: While learning: images_per_second, waiting_share, memory_bytes,
                cpu_share, batch_size; with a GPU gpu_share, gpu_memory_bytes and
                gpu_memory_total_bytes.
        """

    def steps(self, events: Sequence[StepEnded], /) -> None:
        """Hear of steps, about once a second."""

    def epoch(self, event: EpochEnded, /) -> None:
        """Hear of an epoch, once its weights are kept."""

    def rewind(self, epoch: int, /) -> None:
        """Hear that everything after this epoch (0: all) is learnt once more."""

    def keep(self, epoch: int, path: Path, /) -> None:
        """Hear of weights that were written."""

    def drop(self, epoch: int, /) -> bool:
        """Say whether weights may go; False when somebody is to start from them."""

    def note(self, text: str, /) -> None:
        """Hear of something that a person should know."""

    def stop_requested(self) -> bool:
        """Say whether to end; asked while preparing and after each epoch."""
