"""Names as data sets write them: of classes, and of splits."""

import re
import unicodedata
from pathlib import PurePosixPath

from carclf.records import Split

_SPLITS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "valid": "validation",
    "validation": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}


def class_name(written: str) -> str:
    """Return a class name as it is kept: one line, one way of writing accents.

    macOS takes accents apart in folder names where a CSV keeps them whole.
    """
    text = written.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    plain = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter
        for letter in unicodedata.normalize("NFC", text)
    )
    return plain.strip()


def split_of(written: str) -> Split | None:
    """Return the split that a word names in one of its usual spellings."""
    return _SPLITS.get(written.strip().lower())


def subset_in(path: str) -> str:
    """Return the word in a path that names a split, as it is written there.

    A folder is called by it alone; a file may have it as a part of its name, such as
    `instances_val2017.json`.
    """
    *folders, file = PurePosixPath(path).parts
    parts = re.split(r"[^a-zA-Z]+", PurePosixPath(file).stem)
    return next((word for word in [*folders, *parts] if split_of(word)), "")


def splits_in(path: str) -> set[Split]:
    """Return the splits that the folders of a path speak of, as `cars_train` does."""
    words = re.split(r"[^a-z]+", str(PurePosixPath(path).parent).lower())
    return {split for split in map(split_of, words) if split}


def letters(name: str) -> str:
    """Return what two spellings of one name have in common."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())
