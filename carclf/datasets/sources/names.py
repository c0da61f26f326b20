"""Names that an archive or a bucket gives to files, and where those may go."""

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from carclf.datasets import folders
from carclf.errors import SourceError

# In bytes; what the disks in use take for one name.
_LONGEST = 255
_SHOWN = 80
_DRIVE = re.compile(r"[A-Za-z]:/")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")


def inside(name: str, where: str) -> PurePosixPath:
    """Return where a file of that name goes, relative to the folder it is kept in.

    What no disk takes for a name is shortened; all else stays, for tables name files.

    Args:
        where: The archive or bucket, for the message.

    Raises:
        SourceError: The name leads elsewhere, or to nowhere.
    """
    plain = name.replace("\\", "/")
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    if "\0" in name:
        trouble = "has a name with a NUL in it"
    elif plain.startswith("/") or _DRIVE.match(plain):
        trouble = "has an absolute path"
    elif ".." in parts:
        trouble = "leads out of the folder"
    elif not parts:
        trouble = "has no name"
    else:
        *above, last = parts
        fitting = [_fitting(part, folders.safe_name) for part in above]
        return PurePosixPath(*fitting, _fitting(last, folders.safe_file_name))
    raise hostile(where, name, trouble)


def hostile(where: str, name: str, trouble: str) -> SourceError:
    """Return the refusal of everything, for the sake of one name."""
    return SourceError(
        f"{where} is refused: “{shown(name)}” in it {trouble}, which no collection of "
        "photographs needs. Nothing of it was kept. If you trust it, unpack it "
        "yourself and import the folder."
    )


def shown(name: str) -> str:
    """Return a name that can be printed, however hostile it is."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    text = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _fitting(part: str, shorten: Callable[[str], str]) -> str:
    size = len(part.encode("utf-8", "surrogateescape"))
    return part if size <= _LONGEST else shorten(part)
