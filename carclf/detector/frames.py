"""Messages between two processes: a header of plain values, and bytes behind it."""

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MARK = b"cclf"
_LENGTHS = struct.Struct("!4sIQ")
# More than the largest photograph that carclf reads, and less than what a stray byte
# would be taken for.
_MOST_BYTES = 1 << 33

Message = tuple[dict[str, Any], memoryview]


def send(
    channel: socket.socket, header: dict[str, Any], parts: Sequence[NDArray[Any]] = ()
) -> None:
    """Send a header and the bytes of some arrays, one after the other.

    Raises:
        OSError: The other side is gone, or did not take it within the time-out.
    """
    head = json.dumps(header).encode()
    size = sum(part.nbytes for part in parts)
    channel.sendall(_LENGTHS.pack(_MARK, len(head), size) + head)
    for part in parts:
        channel.sendall(np.ascontiguousarray(part).data.cast("B"))


def receive(channel: socket.socket) -> Message:
    """Return the next message.

    Raises:
        EOFError: The other side is gone.
        OSError: It said nothing within the time-out.
        ValueError: What came is no message.
    """
    mark, head_size, size = _LENGTHS.unpack(_exactly(channel, _LENGTHS.size))
    if mark != _MARK or size > _MOST_BYTES:
        raise ValueError("What came through the channel is no message of carclf.")
    header = json.loads(bytes(_exactly(channel, head_size)))
    return header, _exactly(channel, size)


def pack(masks: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return masks as bits, an eighth of their bytes."""
    return np.packbits(masks.reshape(-1))


def unpack(packed: NDArray[np.uint8], shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Return the masks that `pack` was given; their shape is (n, height, width)."""
    count = int(np.prod(shape))
    return np.unpackbits(packed, count=count).astype(bool).reshape(shape)


def packed_size(shape: tuple[int, int, int]) -> int:
    """Return how many bytes `pack` makes of masks of that shape."""
    return -(-int(np.prod(shape)) // 8)


def _exactly(channel: socket.socket, size: int) -> memoryview:
    room = memoryview(bytearray(size))
    at = 0
    while at < size:
        came = channel.recv_into(room[at:])
        if came == 0:
            raise EOFError("The other process has closed the channel.")
        at += came
    return room
