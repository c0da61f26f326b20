"""A listing gives back the files it was made of."""

import os
import sys
import tracemalloc
from pathlib import Path

import pytest

from carclf.ml import listing
from carclf.ml.listing import Listing, TrainImage


def image(number):
    path = Path(f"/home/cars/data/images/{number % 256:02x}/{number:064x}.jpg")
    return TrainImage(path, f"{number:064x}", f"Car {number % 7}")


def test_a_listing_holds_what_it_was_given_in_order():
    given = [image(number) for number in range(20)]

    held = Listing(iter(given))

    assert list(held) == given
    assert held[-1] == given[-1]
    assert held[3:5] == given[3:5]
    assert len(held) == 20
    with pytest.raises(IndexError):
        held[20]


@pytest.mark.skipif(sys.platform == "darwin", reason="its file names are Unicode")
def test_a_file_name_of_any_bytes_survives():
    odd = TrainImage(Path(os.fsdecode(b"/cars/\xff\xe9.jpg")), "00" * 32, "Käfer")

    assert Listing([odd])[0] == odd


def test_a_file_takes_little_more_than_its_path():
    # Of the process, other threads allocate memory too.
    ours = [tracemalloc.Filter(True, name) for name in (__file__, listing.__file__)]
    tracemalloc.start()
    held = Listing(image(number) for number in range(5000))
    taken = tracemalloc.take_snapshot().filter_traces(ours)
    tracemalloc.stop()
    size = sum(trace.size for trace in taken.traces)

    # The path has 98 characters, the digest 32 bytes.
    assert 130 < size / len(held) < 200
