"""A version's files on the disk: there, whole, and read once for their measures."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from carclf import batches, images
from carclf.datasets.health import measures
from carclf.datasets.health.finding import Finding
from carclf.datasets.health.lists import listed
from carclf.errors import UnreadableImageError
from carclf.records import Example, Image, Look
from carclf.settings import Settings
from carclf.words import count


@dataclass(frozen=True)
class Unreadable:
    """An image that could not be looked at, and why; altered where it is another's."""

    example: Example
    reason: str
    is_altered: bool = False


def look(
    settings: Settings, examples: Iterable[Example]
) -> Iterator[list[Look | Unreadable]]:
    """Yield what each image measures, a batch at a time, read on all cores."""
    yield from batches.read_ahead(examples, lambda one: _look(settings, one))


def _look(settings: Settings, example: Example) -> Look | Unreadable:
    path = settings.resolve(example.path)
    try:
        glance = images.glance(path, measures.LOOKED_AT)
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except UnreadableImageError as error:
        return Unreadable(example, images.trouble(path, error))
    except OSError as error:
        return Unreadable(example, f"cannot be read: {error.strerror}.")
    if sha256 != example.sha256:
        return Unreadable(example, "is another file than was imported.", True)
    return measures.measure(example.image_id, glance)


def check(
    settings: Settings,
    examples: Sequence[Example],
    known: dict[int, Image],
    unreadable: Sequence[Unreadable] = (),
) -> list[Finding | None]:
    """Return what is amiss with files, by their sizes and by what looking found."""
    altered = [one.example for one in unreadable if one.is_altered]
    closed = [one for one in unreadable if not one.is_altered]
    told = {one.example.image_id for one in unreadable}
    gone = []
    for one in examples:
        size = _size_on_disk(settings, one)
        if size is None:
            gone.append(one)
        elif size != known[one.image_id].size_bytes and one.image_id not in told:
            altered.append(one)
    missing = {one.image_id for one in gone}
    closed = [one for one in closed if one.example.image_id not in missing]
    return [
        _finding(
            "missing files",
            f"Gone from {settings.data / 'images'}",
            gone,
            "Put the folder back, or import the photographs again.",
        ),
        _finding(
            "altered files",
            "Altered on the disk since they were imported",
            altered,
            "Import the originals again.",
        ),
        _finding(
            "unreadable files",
            "Cannot be read",
            [one.example for one in closed],
            "Import them again, or drop them.",
            [f"{one.example.file_name} {one.reason.rstrip('.')}" for one in closed],
        ),
    ]


def _size_on_disk(settings: Settings, example: Example) -> int | None:
    path = settings.resolve(example.path)
    return path.stat().st_size if path.is_file() else None


def _finding(
    kind: str,
    said: str,
    examples: Sequence[Example],
    advice: str,
    reasons: Sequence[str] = (),
) -> Finding | None:
    if not examples:
        return None
    named = listed(list(reasons) or [one.file_name for one in examples])
    number = count(len(examples), "photograph")
    words = f"{said}: {number} ({named}). {advice}"
    return Finding(kind, words, tuple(one.image_id for one in examples))
