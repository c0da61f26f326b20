"""What a report is made of, whatever it is written as.

All text is plain: whoever writes HTML or Markdown escapes it.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

# What neither XML nor HTML has a place for.
_UNPRINTABLE = re.compile(
    r"[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)


def printable(text: str) -> str:
    """Return the text with a mark in place of each letter that is none."""
    return _UNPRINTABLE.sub("�", text)


@dataclass(frozen=True)
class Paragraph:
    text: str
    kind: Literal["plain", "lead", "note"] = "plain"


@dataclass(frozen=True)
class Items:
    """Sentences below one another."""

    lines: tuple[str, ...]
    is_ordered: bool = False


@dataclass(frozen=True)
class Facts:
    """Pairs of a value and what it is, to be taken in at a glance."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """Rows below headings.

    Attributes:
        words: How many of the first columns hold words; the others hold numbers.
        marked: The row to stand out.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    words: int = 1
    marked: int | None = None


@dataclass(frozen=True)
class Chart:
    """A drawing.

    Attributes:
        name: Of its file, where it has one; no two of a report are the same.
        svg: With the classes of assets/report/chart.css.
        told: What it shows, for those who do not see it.
    """

    name: str
    svg: str
    told: str
    caption: str = ""


@dataclass(frozen=True)
class Charts:
    """Small drawings side by side, where there is room."""

    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class Picture:
    """A photograph with its words.

    Attributes:
        jpeg: None where the file is gone from the disk.
        tone: Whether the words tell of a success, of a mistake, or of neither.
    """

    name: str
    jpeg: bytes | None
    label: str
    words: str = ""
    tone: Literal["plain", "good", "bad"] = "plain"


@dataclass(frozen=True)
class Pictures:
    pictures: tuple[Picture, ...]
    caption: str = ""


@dataclass(frozen=True)
class Code:
    """A text as it stands in a file, folded away below its title."""

    title: str
    text: str


Block = Paragraph | Items | Facts | Table | Chart | Charts | Pictures | Code


@dataclass(frozen=True)
class Section:
    """A part with a heading.

    Attributes:
        anchor: What links within the report point to.
    """

    title: str
    anchor: str
    blocks: tuple[Block, ...]
    parts: tuple["Section", ...] = field(default=())


@dataclass(frozen=True)
class Document:
    """A whole report.

    Attributes:
        byline: When and of what it was made.
        opening: What stands before the first section.
    """

    title: str
    byline: str
    opening: tuple[Block, ...]
    sections: tuple[Section, ...]
