"""carclf datasets health|mend|undo: what is wrong with a version, and what helps."""

from typing import Annotated

import typer

from carclf import jobs, store, words
from carclf.cli.console import follow, ready, say
from carclf.cli.datasets import Name, print_findings
from carclf.datasets import health, remedies
from carclf.errors import DatasetError
from carclf.records import SPLITS, Split, Version
from carclf.settings import Settings
from carclf.store import batches, versions

KINDS = ", ".join(f"“{kind.name}”" for kind in health.KINDS if kind.deeds)


def look(name: Name) -> None:
    """Look at every image of a version once, and say what is wrong with it.

    Images that were looked at before, in any version, are not opened again.
    """
    settings = ready()
    version = _version(settings, name)
    follow(settings, jobs.submit_health(settings, version.id))
    found = health.glance(settings, version.id).findings
    print_findings(found)
    if not found:
        say(f"{version.name}: nothing to object to.")


def mend(
    name: Name,
    kind: Annotated[str, typer.Argument(help=f"Which finding: {KINDS}.")],
    drop: Annotated[
        bool, typer.Option("--drop", help="Leave its images out of what is frozen.")
    ] = False,
    label: Annotated[str, typer.Option(help="What its images show.")] = "",
    move: Annotated[str, typer.Option(help="The split they are to be in.")] = "",
    but_first: Annotated[
        bool, typer.Option("--but-first", help="Keep the first of each group.")
    ] = False,
) -> None:
    """Drop, label or move all images of a finding; `carclf datasets undo` undoes it.

    It counts from when the version is frozen anew.
    """
    if drop + bool(label) + bool(move) != 1:
        raise DatasetError("Say one of --drop, --label CLASS and --move SPLIT.")
    settings = ready()
    version = _version(settings, name)
    ids = _images(settings, version, kind, but_first)
    if drop:
        done = remedies.drop(settings, ids)
    elif label:
        done = remedies.relabel(settings, ids, version.id, label)
    else:
        done = remedies.move(settings, version.id, ids, _split(move))
    say(f"{done.what}: {words.count(done.events, 'image')}")


def undo(name: Name) -> None:
    """Take back what was done last to several images of a version at once."""
    settings = ready()
    version = _version(settings, name)
    with store.connect(settings.db_path) as db:
        done = batches.of_version(db, version.id, 100)
    last = next((one for one in done if one.undone < one.events), None)
    if last is None:
        raise DatasetError(f"Nothing was done to “{version.name}” that can be undone.")
    changed = remedies.undo(settings, last.id)
    say(f"{last.what}: undone for {words.count(changed, 'image')}")


def _version(settings: Settings, name: str) -> Version:
    with store.connect(settings.db_path) as db:
        return versions.by_name(db, name)


def _images(
    settings: Settings, version: Version, kind: str, but_first: bool
) -> list[int]:
    found = health.glance(settings, version.id).findings
    finding = health.named(found, kind)
    with store.connect(settings.db_path) as db:
        groups = health.images_of(db, version.id, finding)
    if not any(groups):
        there = words.listed([f"“{one.kind}”" for one in found if one.has_images])
        raise DatasetError(
            f"Nothing called “{kind}” was found in “{version.name}”. Found were: "
            f"{there or 'none'}. `carclf datasets health` looks at every image."
        )
    if but_first and finding is not None and not finding.groups:
        raise DatasetError(f"“{kind}” has no groups, so --but-first means nothing.")
    return health.once_each(groups, but_first=but_first)


def _split(name: str) -> Split:
    found = next((split for split in SPLITS if split == name), None)
    if found is None:
        raise DatasetError(f"There is no split “{name}”, only {words.listed(SPLITS)}.")
    return found
