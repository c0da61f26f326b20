"""Work in batches: the next one is read while the last is computed."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from carclf import devices

T = TypeVar("T")
R = TypeVar("R")
SIZE = 32


def read_ahead(
    items: Iterable[T], read: Callable[[T], R], size: int = SIZE
) -> Iterator[list[R]]:
    """Yield what `read` makes of the items, in their order, `size` at a time.

    Args:
        read: Called on other threads; what it raises comes out here.
    """
    left = iter(items)
    # Decoding and resizing let go of Python's lock.
    with ThreadPoolExecutor(max_workers=devices.cores()) as threads:
        ahead: deque[Iterator[R]] = deque()
        while batch := list(islice(left, size)):
            ahead.append(threads.map(read, batch))
            if len(ahead) == 2:
                yield list(ahead.popleft())
        for rest in ahead:
            yield list(rest)
