"""What people and programs say of images: events, each of which can be taken back."""

from dataclasses import dataclass
from typing import Any, Literal

from carclf.records.images import Box
from carclf.records.versions import Split

# What a person did about an image that the cleaning queue showed.
Verdict = Literal["accepted", "fixed", "kept"]


@dataclass(frozen=True)
class Label:
    """One event: somebody or something said what an image shows.

    Attributes:
        name: The class; None means “not a vehicle of any class”.
        source: `import`, `person`, or `run 3`.
        undoes: The event that this one takes back.
        is_dropped: The image is to be left out, whatever it shows.
        batch: What was done at once to several images, and this one among them.
    """

    id: int
    image_id: int
    name: str | None
    source: str
    at: str
    undoes: int | None = None
    is_dropped: bool = False
    batch: int | None = None


@dataclass(frozen=True)
class Batch:
    """Label events that were one act, and are taken back as one.

    Attributes:
        what: In words for people, such as “Baja Bug”.
        events: How many images were labelled.
        undone: Of those events, how many were taken back.
    """

    id: int
    what: str
    source: str
    at: str
    events: int
    undone: int


@dataclass(frozen=True)
class Move:
    """A person said that an image of a version belongs into another split."""

    image_id: int
    frozen: Split
    now: Split


@dataclass(frozen=True)
class MoveEvent:
    """One event: somebody said into which split an image of a version belongs.

    Attributes:
        source: As of a label.
    """

    id: int
    image_id: int
    split: Split
    source: str
    at: str


@dataclass(frozen=True)
class BoxEvent:
    """One event: somebody said where the vehicle is in an image.

    Attributes:
        box: None means that it has none.
        source: As of a label.
    """

    id: int
    image_id: int
    box: Box | None
    source: str
    at: str


@dataclass(frozen=True)
class Decision:
    """One event: what a person said of a removal.

    Attributes:
        treatment: A `config.Treatment` as plain data that is to be used for this image
            instead; None if what was made is right.
        undoes: The event that this one takes back; then nothing is decided.
    """

    id: int
    image_id: int
    treatment: dict[str, Any] | None
    source: str
    at: str
    undoes: int | None = None


@dataclass(frozen=True)
class Change:
    """What was said of an image since a version was frozen.

    Attributes:
        frozen: Its label in the version.
        now: Its label; None means “not a vehicle of any class”.
    """

    image_id: int
    frozen: str
    now: str | None
    is_dropped: bool = False
