"""What was done at once to images of a version: labelled, dropped or moved."""

from typing import Any

from carclf.errors import StoreError
from carclf.records import Batch
from carclf.store import Database


def get(db: Database, batch_id: int) -> Batch:
    found = _select(db, "where b.id = :id", {"id": batch_id})
    if not found:
        raise StoreError(f"There is no batch {batch_id} of events.")
    return found[0]


def of_version(db: Database, version_id: int, limit: int) -> list[Batch]:
    """Return the latest batches that changed images of a version, newest first."""
    return _select(
        db,
        "where exists (select 1 from moves e where e.batch = b.id"
        " and e.version_id = :version)"
        " or exists (select 1 from labels e join members m on m.image_id = e.image_id"
        " where e.batch = b.id and m.version_id = :version)"
        " order by b.id desc limit :limit",
        {"version": version_id, "limit": limit},
    )


def has_moves(db: Database, batch_id: int) -> bool:
    found = db.execute("select 1 from moves where batch = ? limit 1", [batch_id])
    return found.fetchone() is not None


def _select(db: Database, clause: str, values: dict[str, int]) -> list[Batch]:
    rows: Any = db.query(
        f"select b.*, {_events('labels')} + {_events('moves')} as events,"
        f" {_undone('labels')} + {_undone('moves')} as undone from batches b {clause}",
        values,
    )
    return [Batch(**row) for row in rows]


def _events(table: str) -> str:
    return f"(select count(*) from {table} e where e.batch = b.id)"


def _undone(table: str) -> str:
    return (
        f"(select count(*) from {table} e where e.batch = b.id and exists"
        f" (select 1 from {table} u where u.undoes = e.id))"
    )
