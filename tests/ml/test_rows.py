"""Rows of a file are read as they were written, without the file in memory."""

import errno
import os

import numpy as np
import pytest

from carclf.ml.rows import Rows


def test_rows_are_read_as_they_were_written(tmp_path):
    values = np.arange(24, dtype=np.float32).reshape(4, 2, 3)

    written = Rows.create(tmp_path / "rows.npy", np.float32, (4, 2, 3))
    written.write(2, values[2:])
    written.write(0, values[:2])

    found = Rows(tmp_path / "rows.npy")
    assert np.array_equal(found.read(0, 4), values)
    assert np.array_equal(found[3], values[3])
    assert len(found) == 4


def test_other_programs_read_the_file_too(tmp_path):
    Rows.create(tmp_path / "rows.npy", np.uint8, (2, 3)).write(0, np.eye(2, 3))

    assert np.array_equal(np.load(tmp_path / "rows.npy"), np.eye(2, 3))


def test_what_is_read_can_be_changed_without_changing_the_file(tmp_path):
    rows = Rows.create(tmp_path / "rows.npy", np.uint8, (2, 3))

    rows[0][:] = 9

    assert rows[0].sum() == 0


def test_a_file_that_is_cut_short_is_noticed(tmp_path):
    path = tmp_path / "rows.npy"
    rows = Rows.create(path, np.uint8, (2, 300))
    os.truncate(path, 400)

    with pytest.raises(IndexError, match="rows 1 to 2 of 2"):
        rows[1]


def test_a_full_disk_is_noticed_before_anything_is_written(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)

    with pytest.raises(OSError, match="No space left"):
        Rows.create(tmp_path / "rows.npy", np.uint8, (2, 3))
