"""Folders come whole, and what a killed process left is swept up."""

import subprocess
import sys

import pytest

from carclf.errors import TrainingError
from carclf.ml import folders


def test_a_folder_is_there_only_when_it_is_filled(tmp_path):
    wanted = tmp_path / "cache" / "features"

    with folders.whole(wanted) as part:
        (part / "0.npy").write_bytes(b"numbers")
        assert not wanted.exists()

    assert [one.name for one in wanted.iterdir()] == ["0.npy"]


def test_what_was_there_before_is_replaced_whole(tmp_path):
    wanted = tmp_path / "bundle"
    for name in ("old", "new"):
        with folders.whole(wanted) as part:
            (part / name).touch()

    assert [one.name for one in wanted.iterdir()] == ["new"]


def test_a_failure_leaves_what_was_there_before_and_nothing_else(tmp_path):
    wanted = tmp_path / "bundle"
    with folders.whole(wanted) as part:
        (part / "old").touch()

    with pytest.raises(KeyboardInterrupt), folders.whole(wanted):
        raise KeyboardInterrupt

    assert [one.name for one in wanted.iterdir()] == ["old"]
    assert [one.name for one in tmp_path.iterdir()] == ["bundle"]


def test_a_process_that_ends_between_the_old_and_the_new_leaves_the_old(tmp_path):
    wanted = tmp_path / "bundle"
    with folders.whole(wanted) as part:
        (part / "old").touch()
    wanted.rename(tmp_path / ".bundle.old")

    with pytest.raises(KeyboardInterrupt), folders.whole(wanted):
        raise KeyboardInterrupt

    assert [one.name for one in wanted.iterdir()] == ["old"]

    assert [one.name for one in tmp_path.iterdir()] == ["bundle"]


def test_what_a_killed_process_left_goes_with_the_next_folder(tmp_path):
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from carclf.ml import folders\n"
        "with folders.whole(Path(sys.argv[1])) as part:\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "a")], check=False)
    assert len(list(tmp_path.iterdir())) == 1

    with folders.whole(tmp_path / "b"):
        assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_may_not_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()

    with (
        pytest.raises(TrainingError, match="could not be written"),
        folders.whole(tmp_path / "file" / "cache"),
    ):
        pass
