"""Folders that are there whole or not at all."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from carclf.errors import TrainingError

_PART = ".part-"


@contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """Give the block a folder to fill, which becomes `folder` when it is done.

    What was called so before is replaced then. A block that fails leaves nothing.

    Raises:
        TrainingError: The disk is full, or the folder may not be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder.parent)
        old = folder.with_name(f".{folder.name}.old")
        _put_back(old, folder)
        prefix = f"{_PART}{os.getpid()}-"
        part = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
        try:
            yield part
            if folder.exists():
                # Aside, and not away, until the other has taken its place.
                folder.rename(old)
            part.rename(folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        finally:
            _put_back(old, folder)
    except OSError as error:
        raise unwritable(folder, error) from error


def _put_back(old: Path, folder: Path) -> None:
    """Let what was put aside be the folder again, unless another took its place."""
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
    elif old.exists():
        old.rename(folder)


def _sweep(parent: Path) -> None:
    """Remove what processes that were ended at once left unfinished."""
    for part in parent.glob(f"{_PART}*"):
        pid = part.name.removeprefix(_PART).partition("-")[0]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(part, ignore_errors=True)


def unwritable(path: Path, error: OSError) -> TrainingError:
    """Return, in words, why a file or folder could not be written."""
    # HDF5 keeps the number to itself and says it in its message.
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or "errno = 28" in str(error):
        return TrainingError(
            f"The disk that holds {path.parent} is full. Free some space (the cache "
            "folder may be emptied) and start again; nothing was left half written."
        )
    return TrainingError(f"{path} could not be written: {error.strerror or error}.")
