"""Batches keep the order, read ahead, and pass on what goes wrong."""

import threading

import pytest

from carclf.batches import read_ahead


@pytest.mark.parametrize("count", [0, 1, 3, 4, 9])
def test_everything_is_read_once_in_its_order(count):
    found = list(read_ahead(range(count), lambda one: one * 10, 3))

    assert [one for batch in found for one in batch] == [n * 10 for n in range(count)]
    assert all(len(batch) == 3 for batch in found[:-1])


def test_the_next_batch_is_read_while_the_last_is_worked_on():
    read = threading.Event()

    def note(one):
        if one == 5:
            read.set()

    batches = read_ahead(range(100), note, 3)
    next(batches)

    assert read.wait(10)


def test_what_reading_raises_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(read_ahead([1, 0], lambda one: 1 / one))
