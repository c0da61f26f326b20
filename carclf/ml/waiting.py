"""How long a training waits for its images."""

import threading
import time
from typing import Any

import grain


class Waiting:
    """The share of the time in which the next batch was not there yet.

    JAX takes a batch on the loop's own thread, which waits meanwhile. TensorFlow takes
    it on another, ahead of the loop; the loop asks for it as soon as a step is done,
    and waits from there until the batch is handed over, if that comes later.
    """

    def __init__(self) -> None:
        self._handed: list[float] = []
        self._steps = 0
        self._began = self._ended = self._waited = 0.0
        self._loop = threading.get_ident()

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
        # What other epochs were handed is of no use any more.
        del self._handed[: self._steps]
        self._steps = 0

    def step_ended(self) -> None:
        """Count the step that has just ended, and what it waited for its batch."""
        handed = self._handed[self._steps] if self._steps < len(self._handed) else 0.0
        self._waited += max(0.0, handed - self._ended)
        self._steps += 1
        self._ended = time.monotonic()

    def taken(self, asked: float, handed: list[float]) -> None:
        """Count a batch that was asked for then, and has just come."""
        now = time.monotonic()
        if threading.get_ident() == self._loop:
            self._waited += now - asked
        else:
            handed.append(now)

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
        return _Iterator(iter(self._parent), self._waiting)


class _Iterator(grain.DatasetIterator):
    def __init__(self, parent: Any, waiting: Waiting) -> None:
        super().__init__(parent)
        self._waiting, self._handed = waiting, waiting.restart()

    def __next__(self) -> Any:
        asked = time.monotonic()
        batch = next(self._parent)
        self._waiting.taken(asked, self._handed)
        return batch

    def get_state(self) -> Any:
        return self._parent.get_state()

    def set_state(self, state: Any) -> None:
        self._parent.set_state(state)
