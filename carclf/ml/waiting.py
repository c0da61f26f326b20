"""How long a training waits for its images."""

import time
from typing import Any

import grain


class Waiting:
    """The share of the time in which the next batch was not there yet.

    The loop asks for a batch as soon as a step is done, so it waited from there until
    the batch was handed over, if that came later. Keras fetches ahead on a thread of
    its own, where the time spent on a batch would tell nothing.
    """

    def __init__(self) -> None:
        self._handed: list[float] = []
        self._steps = 0
        self._began = self._ended = self._waited = 0.0

    def watched(self, batches: Any) -> Any:
        """Return the same Grain dataset, each batch taken down as it is handed over."""
        return _Watched(batches, self)

    @property
    def share(self) -> float:
        """Of this epoch, up to its last finished step."""
        passed = self._ended - self._began
        return min(1.0, self._waited / passed) if passed > 0 else 0.0

    def epoch_began(self) -> None:
        self._began = self._ended = time.monotonic()
        self._waited = 0.0

    def step_ended(self) -> None:
        """Count the step that has just ended, and what it waited for its batch."""
        handed = self._handed[self._steps] if self._steps < len(self._handed) else 0.0
        self._waited += max(0.0, handed - self._ended)
        self._steps += 1
        self._ended = time.monotonic()

    def restart(self) -> list[float]:
        # Keras looks at the first batches through iterators of their own; the last
        # one that is made is the one it learns from.
        self._handed, self._steps = [], 0
        return self._handed


class _Watched(grain.IterDataset):
    def __init__(self, parent: Any, waiting: Waiting) -> None:
        super().__init__(parent)
        self._waiting = waiting

    def __iter__(self) -> Any:
        return _Iterator(iter(self._parent), self._waiting.restart())


class _Iterator(grain.DatasetIterator):
    def __init__(self, parent: Any, handed: list[float]) -> None:
        super().__init__(parent)
        self._handed = handed

    def __next__(self) -> Any:
        batch = next(self._parent)
        self._handed.append(time.monotonic())
        return batch

    def get_state(self) -> Any:
        return self._parent.get_state()

    def set_state(self, state: Any) -> None:
        self._parent.set_state(state)
