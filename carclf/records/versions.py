"""Frozen lists of images."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from carclf.records.images import Box

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@dataclass(frozen=True)
class Example:
    """An image in a version, with the label it was frozen with.

    Attributes:
        path: Relative to the home folder.
        file_name: As its source called it, for people.
    """

    image_id: int
    path: Path
    label: str
    split: Split
    file_name: str
    sha256: str
    box: Box | None = None


@dataclass(frozen=True)
class Version:
    """A frozen list of examples.

    Attributes:
        hash: SHA-256 over the sorted (image, class, split) lines.
        treatment: A `config.Treatment` as plain data.
        counts: Images by split.
    """

    id: int
    name: str
    hash: str
    parent_id: int | None
    treatment: dict[str, Any]
    source: str
    split_rule: str
    created_at: str
    classes: tuple[str, ...]
    counts: dict[str, int]


@dataclass(frozen=True)
class Skipped:
    """A file that could not be used; “path reason” reads as a sentence."""

    path: str
    reason: str
