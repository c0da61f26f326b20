"""What a data set says of its images, in its own words, before it is settled."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from carclf.records import Box, Skipped


class Kind(Enum):
    """What may be wrong with a data set, and what is done about it.

    Each has the words that head a list of such things, and the remedy.
    """

    ABSENT = (
        "Named, and not there",
        "They are left out. If the files lie elsewhere, give the folder around both.",
    )
    UNNAMED = ("There, and not named", "They are left out.")
    AMBIGUOUS = (
        "Named, and in several folders",
        "They are left out: it cannot be told which is meant.",
    )
    STRAY = ("Outside every class folder", "They are left out.")
    DEEPER = ("In folders within a class folder", "They are left out.")
    RECORD = ("Lines or files that say nothing usable", "They are left out.")
    SPLIT = (
        "Of a split that is none of train, validation and test",
        "They are left out, unless you say which split is meant.",
    )
    CONFLICT = (
        "Labelled twice, as different classes",
        "The first is used. Check which is right.",
    )
    REPEATED = ("Named twice", "They are used once, for testing if one says so.")
    SEVERAL = (
        "Several vehicles in one image",
        "The largest is used. Leave out classes that are no vehicles.",
    )
    BOX = ("Boxes that are none", "The images are used without a box.")
    BEYOND = ("Boxes that reach beyond their image", "What lies beyond is cut away.")
    UNREADABLE = ("Files that cannot be read", "They are left out.")
    CLOSED = ("Folders that may not be read", "What they hold is left out.")
    EMPTY = ("Folders without a usable image", "They are no classes.")
    OTHER = ("Files that are no images by their names", "They are left out.")
    ALIKE = (
        "Classes whose names differ only in case, spaces or signs",
        "They stay classes of their own. If they are one, correct the names.",
    )
    SINGLE = (
        "Classes with a single image",
        "It trains, and none is left to validate with.",
    )
    UNTRAINED = (
        "Classes with nothing to train with",
        "They are never recognised. Add photographs, or leave the classes out.",
    )
    NO_TEST = (
        "No images to test with",
        "Runs are judged on the validation images alone.",
    )
    NOTE = ("To be minded", "")

    @property
    def words(self) -> str:
        return self.value[0]

    @property
    def remedy(self) -> str:
        return self.value[1]


@dataclass(frozen=True)
class Trouble(Skipped):
    """Something that a data set says wrongly, or does not say."""

    kind: Kind


@dataclass(frozen=True)
class Record:
    """What is said about one image.

    Attributes:
        file: Relative to the folder that was looked at.
        subset: The split, as written; empty where none is named.
    """

    file: str
    label: str
    subset: str = ""
    box: Box | None = None


@dataclass(frozen=True)
class Account:
    """All that a folder says, as one layout reads it.

    Attributes:
        words: The layout and its file, for people.
        problem: Why the rest says nothing yet, and what would mend it.
        files: What a person may choose from as the file to read.
        columns: Those of a table, as it names them.
        mapping: By role, the column that was taken for it.
    """

    words: str
    records: tuple[Record, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    problem: str = ""
    files: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)


def divide(
    said: Iterable[Record | Trouble],
) -> tuple[tuple[Record, ...], tuple[Trouble, ...]]:
    """Return what is said, and what is wrong, each in its order."""
    records: list[Record] = []
    troubles: list[Trouble] = []
    for one in said:
        if isinstance(one, Record):
            records.append(one)
        else:
            troubles.append(one)
    return tuple(records), tuple(troubles)
