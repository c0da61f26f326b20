"""What of a download is on the disk: whole objects, and parts of large ones."""

import json
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

from carclf.datasets.sources import sidecar
from carclf.datasets.sources.s3.listing import Object
from carclf.errors import Stopped

PART = 8_000_000


class Parts:
    """A large object that comes in parts; which of them came is noted beside it."""

    def __init__(self, folder: Path, one: Object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / sha256(one.key.encode()).hexdigest()[:24]
        self._of = {"etag": one.etag, "size": one.size, "part": PART}
        self._came, self._done = threading.Condition(), set[int]()
        noted = sidecar.read(self.path)
        if {**noted, "done": None} == {**self._of, "done": None}:
            self._done = set(noted["done"])
        else:
            self.discard()
            self.path.touch()
        self._size = one.size

    def missing(self) -> list[int]:
        """Return the numbers of the parts that are not here yet."""
        return [one for one in range(-(-self._size // PART)) if one not in self._done]

    def range(self, number: int) -> tuple[int, int]:
        """Return where a part begins, and its size."""
        start = number * PART
        return start, min(PART, self._size - start)

    def bytes_here(self) -> int:
        return sum(self.range(number)[1] for number in self._done)

    def note(self, number: int) -> None:
        """Note that a part is in its place."""
        with self._came:
            self._done.add(number)
            sidecar.write(self.path, {**self._of, "done": sorted(self._done)})
            self._came.notify_all()

    def in_order(self, ending: threading.Event) -> Iterator[bytes]:
        """Yield the object from its beginning, each part as soon as it is here.

        Raises:
            Stopped: `ending` was set before all came.
        """
        # Unbuffered, for what lies behind a part may not be here yet.
        with self.path.open("rb", buffering=0) as file:
            for number in range(-(-self._size // PART)):
                with self._came:
                    while not self._came.wait_for(partial(self._has, number), 0.2):
                        if ending.is_set():
                            raise Stopped
                yield file.read(self.range(number)[1])

    def _has(self, number: int) -> bool:
        return number in self._done

    def finish(self, target: Path) -> None:
        """Give the whole its name."""
        target.parent.mkdir(parents=True, exist_ok=True)
        self.path.replace(target)
        sidecar.discard(self.path)

    def discard(self) -> None:
        sidecar.discard(self.path)


class Journal:
    """Which objects are whole, one a line, for a note beside each would be slow."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()

    def add(self, one: Object) -> None:
        line = json.dumps([one.key, str(one.path), one.etag, one.size])
        with self._lock, self._path.open("a", encoding="utf-8") as journal:
            journal.write(f"{line}\n")

    def missing(self, found: Sequence[Object], folder: Path) -> list[Object]:
        """Return what is not here as it was found; what else was here is removed."""
        here = set(self._noted())
        wanted = {(one.key, str(one.path), one.etag, one.size) for one in found}
        for _, path, *_ in here - wanted:
            (folder / path).unlink(missing_ok=True)
        return [one for one in found if not self._is_here(one, here, folder)]

    def _is_here(
        self, one: Object, here: set[tuple[str, str, str, int]], folder: Path
    ) -> bool:
        path = folder / one.path
        return (one.key, str(one.path), one.etag, one.size) in here and (
            path.is_file() and path.stat().st_size == one.size
        )

    def _noted(self) -> Iterator[tuple[str, str, str, int]]:
        if not self._path.exists():
            return
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                key, path, etag, size = json.loads(line)
            except ValueError:
                # The last line of a download that was killed.
                continue
            yield key, path, etag, size
