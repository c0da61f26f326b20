"""Files that describe a data set, read as data alone: nothing in them is executed."""

import codecs
from pathlib import Path

from carclf.errors import DatasetError

_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_bytes(path: Path, most: int) -> bytes:
    """Return what a file holds.

    Raises:
        DatasetError: It cannot be read, or holds more than `most` bytes.
    """
    try:
        size = path.stat().st_size
        if size > most:
            raise DatasetError(
                f"{path.name} is larger than {most // 1_000_000:,} MB, too large for a "
                "description of images. Check that it is the right file."
            )
        return path.read_bytes()
    except OSError as error:
        raise _closed(path, error) from error


def read_text(path: Path, most: int) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 if it says so.

    Raises:
        DatasetError: As `read_bytes`, or it is no such text.
    """
    return _decode(path, read_bytes(path, most))


def read_beginning(path: Path, length: int) -> bytes:
    """Return the first bytes of a file.

    Raises:
        DatasetError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(length)
    except OSError as error:
        raise _closed(path, error) from error


def read_head(path: Path, length: int) -> str:
    """Return the text at the beginning of a file, up to a line's end.

    Raises:
        DatasetError: As `read_text`.
    """
    data = read_beginning(path, length)
    is_cut = len(data) == length
    text = _decode(path, data, is_cut)
    return text.rpartition("\n")[0] if is_cut else text


def _decode(path: Path, data: bytes, is_cut: bool = False) -> str:
    encoding = "utf-16" if data.startswith(_BOMS) else "utf-8-sig"
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        text = decoder.decode(data, final=not is_cut)
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path.name} is not UTF-8 text. Save it again as “CSV UTF-8”, or as UTF-8 "
            "in a text editor."
        ) from error
    if "\0" in text:
        raise DatasetError(
            f"{path.name} holds NUL bytes, so it is damaged, or text in an encoding "
            "that it does not state. Save it again as UTF-8."
        )
    return text


def _closed(path: Path, error: OSError) -> DatasetError:
    check = "the path" if isinstance(error, FileNotFoundError) else "its permissions"
    return DatasetError(f"{path.name} cannot be read: {error.strerror}. Check {check}.")
