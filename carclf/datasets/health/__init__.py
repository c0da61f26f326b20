"""What may be wrong with a version: found, told with its remedy, never mended alone.

`look` opens every image once and keeps what it found; `glance` tells what was found, or
what can be told without opening any.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from carclf import store
from carclf.config import Treatment
from carclf.datasets.health import files, lists, seen
from carclf.datasets.health.files import Unreadable
from carclf.datasets.health.finding import (
    KINDS,
    Finding,
    Kind,
    from_plain,
    gravest_first,
    to_plain,
)
from carclf.datasets.health.measures import RULES
from carclf.records import Look, Version
from carclf.settings import Settings
from carclf.store import checkups, looks, versions
from carclf.store import images as stored_images
from carclf.words import percent, size

__all__ = [
    "KINDS",
    "RULES",
    "Checkup",
    "Finding",
    "Kind",
    "check",
    "facts",
    "glance",
    "images_of",
    "look",
    "named",
    "once_each",
]

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Checkup:
    """What was found in a version.

    Attributes:
        at: When all of its images were looked at; None if they were not.
    """

    findings: tuple[Finding, ...]
    at: str | None


def look(
    settings: Settings,
    version_id: int,
    on_progress: Progress = lambda done, total: None,
    stop_requested: Callable[[], bool] = lambda: False,
) -> list[Finding] | None:
    """Look at every image of a version, and keep what is found; gravest first.

    Images that were looked at before, in whichever version, are not opened again.

    Returns:
        None when `stop_requested` said so; what was measured until then is kept.
    """
    with store.connect(settings.db_path) as db:
        wanted = looks.missing(db, version_id, RULES)
        examples = [
            one for one in versions.examples(db, version_id) if one.image_id in wanted
        ]
        unreadable: list[Unreadable] = []
        done = 0
        on_progress(0, len(examples))
        for batch in files.look(settings, examples):
            looks.add(db, [one for one in batch if isinstance(one, Look)], RULES)
            unreadable += [one for one in batch if isinstance(one, Unreadable)]
            done += len(batch)
            on_progress(done, len(examples))
            if stop_requested():
                return None
    found = check(settings, version_id, unreadable)
    with store.connect(settings.db_path) as db:
        checkups.set(db, version_id, RULES, to_plain(found))
    return found


def check(
    settings: Settings, version_id: int, unreadable: list[Unreadable] | None = None
) -> list[Finding]:
    """Return what was found, gravest first; an empty list means all is well.

    Opens no image: it tells what those that were looked at measured.

    Args:
        unreadable: What could not be looked at just now.
    """
    with store.connect(settings.db_path) as db:
        version = versions.get(db, version_id)
        examples = versions.examples(db, version_id)
        counts = versions.counts(db, version_id)
        skipped = versions.skipped(db, version_id)
        images = stored_images.get_many(db, (one.image_id for one in examples))
        measured = looks.of_version(db, version_id, RULES)
    names = ((one.image_id, f"{one.label}/{one.file_name}") for one in examples)
    return gravest_first(
        [
            *files.check(settings, examples, images, unreadable or ()),
            *lists.check(counts, skipped),
            *lists.check_copies(names, skipped),
            *lists.check_sizes([images[one.image_id] for one in examples]),
            *seen.check(measured, examples, images, is_cut_out=_is_cut_out(version)),
        ]
    )


def glance(settings: Settings, version_id: int) -> Checkup:
    """Return what was found when a version was looked at, or else what its list tells.

    It costs the same for a hundred images as for a hundred thousand.
    """
    with store.connect(settings.db_path) as db:
        kept = checkups.get(db, version_id, RULES)
        if kept is not None:
            return Checkup(tuple(from_plain(kept[0])), kept[1])
        counts = versions.counts(db, version_id)
        skipped = versions.skipped(db, version_id)
    return Checkup(tuple(gravest_first(lists.check(counts, skipped))), None)


def _is_cut_out(version: Version) -> bool:
    treatment = Treatment.model_validate(version.treatment)
    return treatment.remover not in ("none", "box") and treatment.output == "cutout"


def named(found: Sequence[Finding], kind: str | None) -> Finding | None:
    """Return the finding of a kind, if there is one."""
    return next((one for one in found if one.kind == kind), None)


def images_of(
    db: store.Database, version_id: int, finding: Finding | None
) -> list[list[int]]:
    """Return the images of a finding group by group; in one group if it has none."""
    if finding is None:
        return [[]]
    if finding.groups:
        return [list(group) for group in finding.groups]
    if finding.classes:
        return [versions.image_ids(db, version_id, finding.classes)]
    return [list(finding.image_ids)]


def once_each(groups: list[list[int]], *, but_first: bool = False) -> list[int]:
    """Return the images of groups, if asked without the first of each, to be kept."""
    start = 1 if but_first else 0
    return list(dict.fromkeys(one for group in groups for one in group[start:]))


def facts(db: store.Database, image_id: int) -> str:
    """Return what is known of an image: its size, and what looking measured."""
    image = stored_images.get(db, image_id)
    said = f"{image.width} × {image.height} pixels, {size(image.size_bytes)}"
    seen = looks.get(db, image_id, RULES)
    if seen is None:
        return said
    return (
        f"{said}; brightness {percent(seen.brightness)}, contrast "
        f"{percent(seen.contrast)}, sharpness {seen.sharpness:.2f}"
    )
