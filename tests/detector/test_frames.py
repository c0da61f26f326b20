"""Messages between two processes, over a real socket."""

import socket
import struct
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from carclf.detector import frames


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(5)
        theirs.settimeout(5)
        yield ours, theirs


def test_a_message_larger_than_any_buffer_comes_as_it_was_sent(ends):
    ours, theirs = ends
    picture = np.random.default_rng(0).integers(0, 255, (900, 1200, 3)).astype(np.uint8)
    strided = picture[::2, ::2]
    sending = threading.Thread(
        target=frames.send, args=(ours, {"words": "“é”"}, [strided, picture])
    )

    sending.start()
    header, body = frames.receive(theirs)
    sending.join()

    assert header == {"words": "“é”"}
    assert bytes(body) == strided.tobytes() + picture.tobytes()


def test_an_end_in_the_middle_of_a_message_is_told(ends):
    ours, theirs = ends
    ours.sendall(b"cclf" + struct.pack("!IQ", 2, 100) + b"{}abc")
    ours.close()

    with pytest.raises(EOFError):
        frames.receive(theirs)


@pytest.mark.parametrize("start", [b"HTTP", b"\0\0\0\0"])
def test_what_is_no_message_is_refused_before_it_is_read(ends, start):
    ours, theirs = ends
    ours.sendall(start + struct.pack("!IQ", 2, 1 << 62))

    with pytest.raises(ValueError, match="no message"):
        frames.receive(theirs)


def test_silence_ends_with_the_time(ends):
    _, theirs = ends
    theirs.settimeout(0.05)

    with pytest.raises(TimeoutError):
        frames.receive(theirs)


@given(arrays(bool, some.tuples(*[some.integers(0, 9)] * 3)))
def test_masks_are_the_same_after_packing(masks):
    packed = frames.pack(masks)

    assert packed.nbytes == frames.packed_size(masks.shape)
    assert (frames.unpack(packed, masks.shape) == masks).all()
