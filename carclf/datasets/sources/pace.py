"""How far a download is: bytes, bytes a second, time left."""

import threading
import time
from collections import deque
from collections.abc import Callable

from carclf import words

Told = Callable[[int, int, str, float | None], None]

# The rate is that of the last seconds: networks change their minds.
_WINDOW_S = 10.0
_EVERY_S = 0.5


class Pace:
    """Counts bytes from any thread, and tells of them from one.

    Args:
        total: Bytes in all; 0 where nobody knows.
        told: Called twice a second at most: done, total, in words, seconds left.
    """

    def __init__(
        self,
        what: str,
        total: int,
        told: Told,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what, self._total, self._told, self._clock = what, total, told, clock
        self._lock, self._done = threading.Lock(), 0
        self._seen: deque[tuple[float, int]] = deque([(clock(), 0)])

    def add(self, size_bytes: int) -> None:
        """Count bytes that came, or take back (below 0) such as were no good."""
        with self._lock:
            self._done += size_bytes

    def had(self, size_bytes: int) -> None:
        """Count bytes of an earlier download, which say nothing of the rate."""
        with self._lock:
            self._done += size_bytes
            self._seen = deque((at, done + size_bytes) for at, done in self._seen)

    def tell(self, *, at_once: bool = False) -> None:
        """Say how far it is, if the last time is long enough ago."""
        with self._lock:
            at, done = self._clock(), self._done
        if not at_once and at - self._seen[-1][0] < _EVERY_S:
            return
        self._seen.append((at, done))
        while self._seen[0][0] < at - _WINDOW_S and len(self._seen) > 2:
            self._seen.popleft()
        begun, before = self._seen[0]
        rate = (done - before) / (at - begun) if at > begun else 0.0
        left = (self._total - done) / rate if self._total and rate > 0 else None
        self._told(done, self._total, self._in_words(done, rate), left)

    def _in_words(self, done: int, rate: float) -> str:
        of = f" of {words.size(self._total)}" if self._total else ""
        pace = f" · {words.size(rate)}/s" if rate > 0 else ""
        return f"{self._what} · {words.size(done)}{of}{pace}"
