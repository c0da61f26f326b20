"""Labels are events: the last one counts, none is ever changed or deleted."""

from typing import Any

from carclf.errors import StoreError
from carclf.records import Change, Label
from carclf.store import Database, now


def set(
    db: Database,
    image_id: int,
    name: str | None,
    source: str,
    undoes: int | None = None,
    *,
    is_dropped: bool = False,
) -> Label:
    """Record that `source` says the image shows `name` (None: no vehicle).

    Args:
        is_dropped: Leave it out of what is frozen from now on, whatever it shows.
    """
    at = now()
    cursor = db.execute(
        "insert into labels (image_id, name, source, at, undoes, is_dropped)"
        " values (?, ?, ?, ?, ?, ?)",
        [image_id, name, source, at, undoes, int(is_dropped)],
    )
    assert cursor.lastrowid is not None
    return Label(cursor.lastrowid, image_id, name, source, at, undoes, is_dropped)


def current(db: Database, image_id: int) -> Label | None:
    """Return what the image is labelled now; None if nobody ever said."""
    events = history(db, image_id)
    return events[-1] if events else None


def history(db: Database, image_id: int) -> list[Label]:
    """Return every event of the image, oldest first."""
    rows = db.query("select * from labels where image_id = ? order by id", [image_id])
    return [_label(row) for row in rows]


def undo(db: Database, label_id: int, source: str) -> Label:
    """Take one event back, by a new event with the label that stood before it.

    Raises:
        StoreError: It is the image's first label, already undone, or not the last.
    """
    found = list(db.query("select * from labels where id = ?", [label_id]))
    if not found:
        raise StoreError(f"There is no label event {label_id} to undo.")
    events = history(db, found[0]["image_id"])
    if events[-1].id != label_id:
        raise StoreError(
            "This image was labelled again since, perhaps in another window. "
            "Open it to see its history before undoing."
        )
    if len(events) == 1:
        raise StoreError("This is the image's first label, so nothing stood before it.")
    before = events[-2]
    return set(
        db,
        before.image_id,
        before.name,
        source,
        undoes=label_id,
        is_dropped=before.is_dropped,
    )


def changed_since_frozen(db: Database, version_id: int) -> list[Change]:
    """Return what freezing again would do otherwise, oldest change first."""
    rows = db.query(
        "select m.image_id, m.label, c.name, c.is_dropped from members m"
        " join current_labels c on c.image_id = m.image_id"
        " where m.version_id = ? and (c.name is not m.label or c.is_dropped)"
        " order by c.label_id",
        [version_id],
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
    )
