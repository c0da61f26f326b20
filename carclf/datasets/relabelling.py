"""What a person says of an image: its class, its box, or to leave it out.

Each is an event that can be taken back; versions frozen before stay as they are.
"""

from collections.abc import Sequence

from carclf import store, words
from carclf.datasets import boxes, names
from carclf.errors import DatasetError
from carclf.records import Batch, Box, Change, Label
from carclf.settings import Settings
from carclf.store import Database, images, labels, versions
from carclf.store import boxes as stored_boxes

PERSON = "person"
NOT_A_VEHICLE = "not a vehicle"
LONGEST_NAME = 120
# As what was seen of an image: whatever stands, it may be followed.
ANYTHING = -1

# The class, and whether it is dropped, by image.
Saying = dict[int, tuple[str | None, bool]]


class OvertakenError(DatasetError):
    """Somebody labelled the image since it was looked at."""


def save(
    settings: Settings,
    image_id: int,
    version_id: int | None,
    name: str | None,
    seen: int | None = ANYTHING,
) -> Label | None:
    """Record that an image shows `name`; return the event, None if it stood before.

    Args:
        version_id: Whose spelling of a class counts; every class there is if None.
        seen: The event that stood when the image was looked at; None for none.

    Raises:
        DatasetError: The name is empty, or too long for a folder.
        OvertakenError: Another event stands by now; nothing is recorded.
    """
    with store.connect(settings.db_path) as db:
        return _record(db, image_id, class_meant(db, version_id, name), seen)


def reject(
    settings: Settings, image_id: int, seen: int | None = ANYTHING
) -> Label | None:
    """Record that an image shows no vehicle of any class; return as `save`.

    Raises:
        OvertakenError: As `save`.
    """
    with store.connect(settings.db_path) as db:
        return _record(db, image_id, None, seen)


def drop(
    settings: Settings, image_id: int, seen: int | None = ANYTHING
) -> Label | None:
    """Leave an image out of what is frozen from now on; return as `save`.

    Its class stays as it is, for this says nothing of what it shows.

    Raises:
        OvertakenError: As `save`.
    """
    with store.connect(settings.db_path) as db:
        now = labels.current(db, image_id)
        return _record(db, image_id, now.name if now else None, seen, is_dropped=True)


def undo(settings: Settings, image_id: int) -> Label:
    """Take back what a person said last of an image; return what stands now.

    Raises:
        DatasetError: No person said anything of it last.
    """
    with store.connect(settings.db_path) as db, db.atomic():
        return undo_in(db, image_id)


def undo_in(db: Database, image_id: int) -> Label:
    """Do what `undo` does, as a part of something larger.

    Raises:
        DatasetError: As `undo`.
    """
    stands = labels.standing(labels.history(db, image_id))
    if not stands or stands[-1].source != PERSON:
        raise DatasetError("There is nothing to undo on this image.")
    return labels.undo(db, stands[-1].id, PERSON)


def save_box(settings: Settings, image_id: int, box: Box | None) -> Box | None:
    """Record where a person says the vehicle is (None: nowhere); return the box kept.

    Raises:
        DatasetError: It lies outside the picture.
    """
    with store.connect(settings.db_path) as db, db.atomic():
        image = images.get(db, image_id)
        fitted, _ = boxes.fit(box, image.width, image.height) if box else (None, "")
        if box is not None and fitted is None:
            raise DatasetError(
                f"The box {boxes.in_words(box)} lies outside the picture, which is "
                f"{image.width} × {image.height} pixels. Draw it inside."
            )
        if fitted != versions.box_of(db, image_id):
            stored_boxes.set(db, image_id, fitted, PERSON)
    return fitted


def save_many(
    settings: Settings,
    image_ids: Sequence[int],
    version_id: int | None,
    name: str | None,
) -> Batch:
    """Record that all of these images show `name`, as one batch.

    Raises:
        DatasetError: As `save`, or it is said of every image already.
    """
    with store.connect(settings.db_path) as db, db.atomic():
        meant = class_meant(db, version_id, name)
        return record_many(db, meant, dict.fromkeys(image_ids, (meant, False)))


def reject_many(settings: Settings, image_ids: Sequence[int]) -> Batch:
    """Record that none of these images shows a vehicle of any class, as one batch.

    Raises:
        DatasetError: It is said of every image already.
    """
    with store.connect(settings.db_path) as db, db.atomic():
        said: Saying = dict.fromkeys(image_ids, (None, False))
        return record_many(db, NOT_A_VEHICLE, said)


def drop_many(settings: Settings, image_ids: Sequence[int]) -> Batch:
    """Leave these images out of what is frozen from now on, as one batch.

    Raises:
        DatasetError: All of them are dropped already.
    """
    with store.connect(settings.db_path) as db, db.atomic():
        said: Saying = {}
        for image_id in image_ids:
            now = labels.current(db, image_id)
            said[image_id] = (now.name if now else None, True)
        return record_many(db, "dropped", said)


def new_of(db: Database, said: Saying) -> Saying:
    """Return what of it is not said already."""
    return {
        image_id: one for image_id, one in said.items() if _stands(db, image_id) != one
    }


def record_many(db: Database, what: str, said: Saying) -> Batch:
    """Record what a person says of several images, as one batch.

    Args:
        what: As `labels.begin_batch`.

    Raises:
        DatasetError: All of it is said already.
    """
    new = new_of(db, said)
    if not new:
        raise DatasetError(
            f"Nothing to do: “{what}” is said of these images already."
            if said
            else "Choose images first."
        )
    batch = labels.begin_batch(db, what, PERSON)
    for image_id, (name, is_dropped) in new.items():
        labels.set(db, image_id, name, PERSON, is_dropped=is_dropped, batch=batch)
    return labels.get_batch(db, batch)


def undo_batch(settings: Settings, batch_id: int) -> list[Label]:
    """Take back a batch as one; return what stands now of each image.

    Raises:
        StoreError: As `store.labels.undo_batch`.
    """
    with store.connect(settings.db_path) as db:
        return labels.undo_batch(db, batch_id, PERSON)


def classes(
    db: Database, version_id: int | None, changed: Sequence[Change] | None = None
) -> list[str]:
    """Return the classes to choose from: a version's, and those given since.

    Args:
        changed: What changed since the version was frozen, of who has asked already;
            of a large version that takes a while.
    """
    if version_id is None:
        return labels.names(db)
    if changed is None:
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
    chosen = " ".join(names.class_name(name or "").split())
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
    db: Database,
    image_id: int,
    name: str | None,
    seen: int | None,
    *,
    is_dropped: bool = False,
) -> Label | None:
    with db.atomic():
        now = labels.current(db, image_id)
        if now is not None and (now.name, now.is_dropped) == (name, is_dropped):
            return None
        if seen not in (ANYTHING, now.id if now else None):
            assert now is not None
            raise OvertakenError(
                f"Meanwhile {now.source} said “{in_words(now)}” of this image, "
                f"{words.local_time(now.at)}. Nothing of yours was saved: look again, "
                "and say it once more if you still mean it."
            )
        return labels.set(db, image_id, name, PERSON, is_dropped=is_dropped)


def _stands(db: Database, image_id: int) -> tuple[str | None, bool] | None:
    now = labels.current(db, image_id)
    return None if now is None else (now.name, now.is_dropped)
