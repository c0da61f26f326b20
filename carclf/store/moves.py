"""Which split an image is to be in once its version is frozen anew; events, as labels.

The last event of an image in a version counts, and none is ever changed or deleted.
"""

from carclf.errors import StoreError
from carclf.records import Move, MoveEvent, Split
from carclf.store import Database, now

_LAST = "v.id in (select max(id) from moves where version_id = ? group by image_id)"


def set(
    db: Database,
    version_id: int,
    image_id: int,
    split: Split | None,
    source: str,
    *,
    batch: int | None = None,
    undoes: int | None = None,
) -> None:
    """Record that `source` wants an image of a version in a split (None: as frozen)."""
    db.execute(
        "insert into moves (version_id, image_id, split, source, at, undoes, batch)"
        " values (?, ?, ?, ?, ?, ?, ?)",
        [version_id, image_id, split, source, now(), undoes, batch],
    )


def since_frozen(db: Database, version_id: int) -> list[Move]:
    """Return the images that freezing again would put elsewhere, oldest move first."""
    rows = db.execute(
        "select v.image_id, m.split, v.split from moves v join members m"
        " on m.version_id = v.version_id and m.image_id = v.image_id"
        f" where {_LAST} and v.split is not null and v.split != m.split order by v.id",
        [version_id],
    )
    return [Move(*row) for row in rows]


def standing(db: Database, version_id: int | None, image_id: int) -> list[MoveEvent]:
    """Return where an image was moved and not taken back, oldest first.

    Args:
        version_id: None for an image of no version, which moves nowhere.
    """
    rows = db.execute(
        "select v.id, v.image_id, v.split, v.source, v.at from moves v"
        " where v.version_id = ? and v.image_id = ? and v.undoes is null"
        " and not exists (select 1 from moves u where u.undoes = v.id) order by v.id",
        [version_id, image_id],
    )
    return [MoveEvent(*row) for row in rows]


def undo(db: Database, version_id: int, image_id: int, source: str) -> None:
    """Take back an image's last move, whatever else was moved with it.

    Raises:
        StoreError: It was never moved, or each move was taken back.
    """
    with db.atomic():
        stands = standing(db, version_id, image_id)
        if not stands:
            raise StoreError("There is no move to take back on this image.")
        *before, last = stands
        back_to = before[-1].split if before else None
        set(db, version_id, image_id, back_to, source, undoes=last.id)


def undo_batch(db: Database, batch_id: int, source: str) -> int:
    """Take back what stands of a batch of moves; return how many images that were.

    Images that were moved again since stay where they were moved last.

    Raises:
        StoreError: Nothing of it stands any more.
    """
    with db.atomic():
        standing = db.execute(
            "select v.id, v.version_id, v.image_id, (select b.split from moves b"
            " where b.version_id = v.version_id and b.image_id = v.image_id"
            " and b.id < v.id order by b.id desc limit 1) from moves v"
            " where v.batch = ? and not exists (select 1 from moves a where"
            " a.version_id = v.version_id and a.image_id = v.image_id and a.id > v.id)",
            [batch_id],
        ).fetchall()
        for move_id, version_id, image_id, before in standing:
            set(db, version_id, image_id, before, source, undoes=move_id)
    if not standing:
        raise StoreError(
            "Nothing is left to take back: it was undone, or the images were moved "
            "again since."
        )
    return len(standing)
