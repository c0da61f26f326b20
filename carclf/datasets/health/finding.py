"""What can be found in a version: kinds, gravest first, each with its remedies."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Grade = Literal["grave", "serious", "slight"]
Deed = Literal["drop", "relabel", "move"]


@dataclass(frozen=True)
class Kind:
    """A kind of finding.

    Attributes:
        name: A word or two, to group by.
        title: For a list of findings.
        deeds: What helps against it, likeliest first; nothing where no image is amiss.
    """

    name: str
    title: str
    grade: Grade
    deeds: tuple[Deed, ...] = ()


# Gravest first: what makes numbers wrong, then what makes a network worse, then what is
# only to be known.
KINDS = (
    Kind("missing files", "Missing files", "grave", ("drop",)),
    Kind("altered files", "Altered files", "grave", ("drop",)),
    Kind("unreadable files", "Unreadable files", "grave", ("drop",)),
    Kind(
        "conflict", "One picture, several classes", "grave", ("relabel", "drop", "move")
    ),
    Kind("leak", "One picture, several splits", "grave", ("move", "drop")),
    Kind("disputed copies", "Copies under another class", "grave", ("relabel", "drop")),
    Kind("untrained class", "Classes without training images", "grave", ("move",)),
    Kind("no validation", "No validation images", "grave"),
    Kind(
        "too few to split",
        "Classes too small to split",
        "serious",
        ("drop", "relabel"),
    ),
    Kind("few images", "Classes with few training images", "serious", ("drop",)),
    Kind("repeats", "One picture several times", "serious", ("drop",)),
    Kind("blank", "Blank images", "serious", ("drop", "relabel")),
    Kind("dark", "Dark images", "serious", ("drop", "relabel")),
    Kind("washed out", "Washed-out images", "serious", ("drop", "relabel")),
    Kind("blurred", "Blurred images", "serious", ("drop", "relabel")),
    Kind("tiny images", "Tiny images", "serious", ("drop", "relabel")),
    Kind("upended", "Taller than a car", "slight", ("drop", "relabel")),
    Kind("stripes", "Long and narrow", "slight", ("drop", "relabel")),
    Kind("grey", "Grey images", "slight", ("drop", "relabel")),
    Kind("turned", "Turned by the camera", "slight", ("drop", "relabel")),
    Kind("uneven classes", "Uneven classes", "slight"),
    Kind("copies", "Copies left out", "slight", ("drop", "relabel")),
    Kind("skipped files", "Left out or mended", "slight"),
)
_BY_NAME = {kind.name: kind for kind in KINDS}
_RANK = {kind.name: rank for rank, kind in enumerate(KINDS)}


@dataclass(frozen=True)
class Finding:
    """Something to look at.

    Attributes:
        kind: The name of a `Kind`.
        words: What was found and what to do about it, for people.
        image_ids: The images it is about, where there are such.
        groups: Of pictures that look the same: the images of each, best first.
        classes: It is about all images of these, instead.
    """

    kind: str
    words: str
    image_ids: tuple[int, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def of(self) -> Kind:
        return _BY_NAME[self.kind]

    @property
    def has_images(self) -> bool:
        return bool(self.image_ids or self.groups or self.classes)


def gravest_first(findings: Sequence[Finding | None]) -> list[Finding]:
    """Return what was found, without the checks that found nothing."""
    found = [one for one in findings if one is not None]
    return sorted(found, key=lambda one: _RANK[one.kind])


def to_plain(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [asdict(one) for one in findings]


def from_plain(plain: Sequence[dict[str, Any]]) -> list[Finding]:
    return [
        Finding(
            kind=one["kind"],
            words=one["words"],
            image_ids=tuple(one["image_ids"]),
            groups=tuple(tuple(group) for group in one["groups"]),
            classes=tuple(one["classes"]),
        )
        for one in plain
    ]
