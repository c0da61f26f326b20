"""What a person says of an image: its class, that it shows none, or to leave it out.

Each is an event that can be taken back; versions frozen before stay as they are.
"""

from collections.abc import Sequence

from carclf import store, words
from carclf.errors import DatasetError
from carclf.records import Change, Label
from carclf.settings import Settings
from carclf.store import Database, labels, versions

PERSON = "person"
NOT_A_VEHICLE = "not a vehicle"
LONGEST_NAME = 120


def save(
    settings: Settings, image_id: int, version_id: int | None, name: str | None
) -> bool:
    """Record that an image shows `name`; return whether that was not so before.

    Args:
        version_id: Whose spelling of a class counts; every class there is if None.

    Raises:
        DatasetError: The name is empty, or too long for a folder.
    """
    with store.connect(settings.db_path) as db:
        return _record(db, image_id, class_meant(db, version_id, name))


def reject(settings: Settings, image_id: int) -> bool:
    """Record that an image shows no vehicle of any class; return if that is new."""
    with store.connect(settings.db_path) as db:
        return _record(db, image_id, None)


def drop(settings: Settings, image_id: int) -> bool:
    """Leave an image out of what is frozen from now on; return if that is new.

    Its class stays as it is, for this says nothing of what it shows.
    """
    with store.connect(settings.db_path) as db:
        now = labels.current(db, image_id)
        return _record(db, image_id, now.name if now else None, is_dropped=True)


def undo(settings: Settings, image_id: int) -> Label:
    """Take back what a person said last of an image; return what stands now.

    Raises:
        DatasetError: No person said anything of it last.
    """
    with store.connect(settings.db_path) as db:
        last = labels.current(db, image_id)
        if last is None or last.undoes is not None or last.source != PERSON:
            raise DatasetError("There is nothing to undo on this image.")
        return labels.undo(db, last.id, PERSON)


def classes(db: Database, version_id: int | None) -> list[str]:
    """Return the classes to choose from: a version's, and those given since."""
    if version_id is None:
        return labels.names(db)
    changed = labels.changed_since_frozen(db, version_id)
    given = [change.now for change in changed if change.now]
    return sorted({*versions.get(db, version_id).classes, *given})


def class_meant(db: Database, version_id: int | None, name: str | None) -> str:
    """Return the class meant: an existing one, whatever the case, or a new one.

    Args:
        version_id: As `save`.

    Raises:
        DatasetError: There is no name, or it is too long for a folder.
    """
    chosen = " ".join((name or "").split())
    if not chosen:
        raise DatasetError("Choose the right class first, or type a new one.")
    if len(chosen) > LONGEST_NAME:
        raise DatasetError(
            f"A class name of {len(chosen)} characters is too long for a folder. "
            f"Keep it to {LONGEST_NAME}."
        )
    known = {one.casefold(): one for one in classes(db, version_id)}
    return known.get(chosen.casefold(), chosen)


def in_words(what: Label | Change) -> str:
    """Return “Baja Bug”, “not a vehicle” or “Baja Bug, dropped”."""
    name = what.name if isinstance(what, Label) else what.now
    return (name or NOT_A_VEHICLE) + (", dropped" if what.is_dropped else "")


def summary(changes: Sequence[Change]) -> str:
    """Return “2 labels differ from this version, 1 image is dropped”; or nothing."""
    dropped = sum(change.is_dropped for change in changes)
    differ = sum(change.now != change.frozen for change in changes)
    parts = []
    if differ:
        verb = "differs" if differ == 1 else "differ"
        parts.append(f"{words.count(differ, 'label')} {verb} from this version")
    if dropped:
        verb = "is" if dropped == 1 else "are"
        parts.append(f"{words.count(dropped, 'image')} {verb} dropped")
    return ", ".join(parts)


def _record(
    db: Database, image_id: int, name: str | None, *, is_dropped: bool = False
) -> bool:
    now = labels.current(db, image_id)
    if now is not None and (now.name, now.is_dropped) == (name, is_dropped):
        return False
    labels.set(db, image_id, name, PERSON, is_dropped=is_dropped)
    return True
