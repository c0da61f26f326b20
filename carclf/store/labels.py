"""Labels are events: the last one counts, none is ever changed or deleted."""

import json
from collections.abc import Sequence
from typing import Any

from carclf.errors import StoreError
from carclf.records import Batch, Change, Label
from carclf.store import Database, now

# The id of what counts of an image, for one row `m` of members. By the index; the view
# current_labels would look through all images for each row.
LAST_EVENT = "select max(l.id) from labels l where l.image_id = m.image_id"
# Of a whole version, `members m` in the order in which labels were mostly written: its
# primary key. In the order of a preview, SQLite would leap about in the file.
BY_IMAGE = "indexed by sqlite_autoindex_members_1"


def set(
    db: Database,
    image_id: int,
    name: str | None,
    source: str,
    undoes: int | None = None,
    *,
    is_dropped: bool = False,
    batch: int | None = None,
) -> Label:
    """Record that `source` says the image shows `name` (None: no vehicle).

    Args:
        is_dropped: Leave it out of what is frozen from now on, whatever it shows.
        batch: From `begin_batch`: what this event is a part of.
    """
    at = now()
    cursor = db.execute(
        "insert into labels (image_id, name, source, at, undoes, is_dropped, batch)"
        " values (?, ?, ?, ?, ?, ?, ?)",
        [image_id, name, source, at, undoes, int(is_dropped), batch],
    )
    assert cursor.lastrowid is not None
    return Label(
        cursor.lastrowid, image_id, name, source, at, undoes, is_dropped, batch
    )


def current(db: Database, image_id: int) -> Label | None:
    """Return what the image is labelled now; None if nobody ever said."""
    events = history(db, image_id)
    return events[-1] if events else None


def history(db: Database, image_id: int) -> list[Label]:
    """Return every event of the image, oldest first."""
    rows = db.query("select * from labels where image_id = ? order by id", [image_id])
    return [_label(row) for row in rows]


def current_of(db: Database, image_ids: Sequence[int]) -> dict[int, Label]:
    """Return what images are labelled now, by image."""
    rows = db.query(
        "select c.* from json_each(?) m join labels c on c.id ="
        " (select max(l.id) from labels l where l.image_id = m.value)",
        [json.dumps(list(image_ids))],
    )
    return {row["image_id"]: _label(row) for row in rows}


def sources(db: Database) -> list[str]:
    """Return who or what has ever labelled an image, in alphabetical order."""
    rows = db.execute("select distinct source from labels order by source")
    return [source for (source,) in rows]


def standing(events: Sequence[Label]) -> list[Label]:
    """Return those of an image's events that nothing took back, oldest first.

    Args:
        events: All of the image, oldest first.
    """
    undone: list[int] = []
    # From the last one back, so that an undo that was itself undone counts for nothing.
    for one in reversed(events):
        if one.undoes is not None and one.id not in undone:
            undone.append(one.undoes)
    return [one for one in events if one.undoes is None and one.id not in undone]


def undo(db: Database, label_id: int, source: str) -> Label:
    """Take one event back, by a new event with the label that stood before it.

    What stands can be taken back event by event, down to the image's first label; an
    undo that is the image's last event can be taken back as well.

    Raises:
        StoreError: It is the image's first label, already undone, or not the last.
    """
    with db.atomic():
        found = list(db.query("select * from labels where id = ?", [label_id]))
        if not found:
            raise StoreError(f"There is no label event {label_id} to undo.")
        events = history(db, found[0]["image_id"])
        stands = standing(events)
        if label_id not in (stands[-1].id, events[-1].id):
            raise StoreError(
                "This image was labelled again since, perhaps in another window. "
                "Open it to see its history before undoing."
            )
        left = standing([one for one in events if one.id != label_id])
        if not left:
            raise StoreError(
                "This is the image's first label, so nothing stood before it."
            )
        before = left[-1]
        return set(
            db,
            before.image_id,
            before.name,
            source,
            undoes=label_id,
            is_dropped=before.is_dropped,
        )


def begin_batch(db: Database, what: str, source: str) -> int:
    """Return the id of a new batch; give it to each event, in the same transaction.

    Args:
        what: Of each image, in words for people: “Baja Bug”, “not a vehicle”.
    """
    cursor = db.execute(
        "insert into batches (what, source, at) values (?, ?, ?)", [what, source, now()]
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def undo_batch(db: Database, batch_id: int, source: str) -> list[Label]:
    """Take back what stands of a batch; return the new events.

    Images that were labelled again since keep what was said last, and those whose
    first label it was keep that.

    Raises:
        StoreError: There is no such batch, or nothing of it can be taken back.
    """
    with db.atomic():
        batch = get_batch(db, batch_id)
        rows = db.query("select * from labels where batch = ? order by id", [batch_id])
        undone = []
        for event in [_label(row) for row in rows]:
            stands = standing(history(db, event.image_id))
            if len(stands) > 1 and stands[-1].id == event.id:
                undone.append(undo(db, event.id, source))
    if not undone:
        raise StoreError(
            f"Nothing is left to take back of “{batch.what}”: it was undone, or the "
            "images were labelled again since."
        )
    return undone


def get_batch(db: Database, batch_id: int) -> Batch:
    found = _batches(db, "where b.id = ?", [batch_id])
    if not found:
        raise StoreError(f"There is no batch {batch_id} of labels.")
    return found[0]


def last_batch(db: Database) -> Batch | None:
    """Return the latest batch of which something can be taken back."""
    undone = "exists (select 1 from labels u where u.undoes = {}.id)"
    found = _batches(
        db,
        "where exists (select 1 from labels l where l.batch = b.id and not"
        f" {undone.format('l')} and not exists (select 1 from labels n where"
        " n.image_id = l.image_id and n.id > l.id and n.undoes is null and not"
        f" {undone.format('n')})) order by b.id desc limit 1",
        [],
    )
    return found[0] if found else None


def _batches(db: Database, clause: str, values: list[Any]) -> list[Batch]:
    rows = db.query(
        "select b.*, (select count(*) from labels l where l.batch = b.id) as events,"
        " (select count(*) from labels l where l.batch = b.id and exists"
        " (select 1 from labels u where u.undoes = l.id and not exists"
        " (select 1 from labels r where r.undoes = u.id))) as undone"
        f" from batches b {clause}",
        values,
    )
    return [Batch(**row) for row in rows]


def changed_since_frozen(
    db: Database, version_id: int, image_ids: Sequence[int] | None = None
) -> list[Change]:
    """Return what freezing again would do otherwise, oldest change first.

    Args:
        image_ids: Only these are asked after.
    """
    among = "and m.image_id in (select value from json_each(:ids))"
    rows = db.query(
        "select m.image_id, m.label, c.name, c.is_dropped"
        f" from members m {BY_IMAGE} join labels c on c.id = ({LAST_EVENT})"
        " where m.version_id = :version and (c.name is not m.label or c.is_dropped)"
        f" {among if image_ids is not None else ''} order by c.id",
        {"version": version_id, "ids": json.dumps(list(image_ids or ()))},
    )
    return [
        Change(row["image_id"], row["label"], row["name"], bool(row["is_dropped"]))
        for row in rows
    ]


def names(db: Database) -> list[str]:
    """Return every class that some image has now, in alphabetical order."""
    rows = db.query(
        "select distinct name from current_labels where name is not null order by name"
    )
    return [row["name"] for row in rows]


def outside_versions(db: Database) -> list[Label]:
    """Return the current labels of images that no version holds, oldest first.

    Images are brought in by a version; these were labelled one by one since.
    """
    rows = db.query(
        "select * from labels where id in (select label_id from current_labels)"
        " and name is not null and source != 'import' and not exists"
        " (select 1 from members m where m.image_id = labels.image_id) order by id"
    )
    return [_label(row) for row in rows]


def _label(row: dict[str, Any]) -> Label:
    return Label(
        id=row["id"],
        image_id=row["image_id"],
        name=row["name"],
        source=row["source"],
        at=row["at"],
        undoes=row["undoes"],
        is_dropped=bool(row["is_dropped"]),
        batch=row["batch"],
    )
