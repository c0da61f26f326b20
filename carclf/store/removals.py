"""What removers found in a version's photographs, and what people decided about it."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from carclf.errors import StoreError
from carclf.records import Box, Decision, Removal, Removed
from carclf.store import Database, now

_EDGES = ("left", "top", "right", "bottom")


def add(db: Database, version_id: int, removed: Iterable[Removed]) -> None:
    """Record what was found in images of a version, or nothing of it."""
    with db.atomic():
        db.table("removals").insert_all(_row(version_id, one) for one in removed)


def of_version(db: Database, version_id: int) -> list[Removed]:
    """Return what was found in each image of a treated version."""
    rows = db.query(
        "select * from removals where version_id = ? order by image_id", [version_id]
    )
    return [_removed(row) for row in rows]


def some(db: Database, version_id: int, image_ids: Sequence[int]) -> list[Removed]:
    """Return the same of those of the images that a treated version holds."""
    rows = db.query(
        "select * from removals where version_id = ? and image_id in"
        " (select value from json_each(?)) order by image_id",
        [version_id, json.dumps(list(image_ids))],
    )
    return [_removed(row) for row in rows]


def reviewable(db: Database) -> list[int]:
    """Return the ids of versions whose removals are known, newest first."""
    rows = db.execute("select distinct version_id from removals order by 1 desc")
    return [version_id for (version_id,) in rows]


def decide(
    db: Database,
    version_id: int,
    image_id: int,
    treatment: dict[str, Any] | None,
    source: str,
    undoes: int | None = None,
) -> Decision:
    """Record that a removal is right (None), or what is to be done instead."""
    at = now()
    cursor = db.execute(
        "insert into decisions (version_id, image_id, treatment, source, at, undoes)"
        " values (?, ?, ?, ?, ?, ?)",
        [version_id, image_id, _text(treatment), source, at, undoes],
    )
    assert cursor.lastrowid is not None
    return Decision(cursor.lastrowid, image_id, treatment, source, at, undoes)


def decisions(db: Database, version_id: int) -> dict[int, Decision]:
    """Return what stands decided now, by image."""
    rows = db.query(
        "select * from decisions where id in (select max(id) from decisions"
        " where version_id = ? group by image_id) and undoes is null",
        [version_id],
    )
    return {row["image_id"]: _decision(row) for row in rows}


def undo(db: Database, version_id: int, image_id: int, source: str) -> None:
    """Take back what was decided of an image, by a new event.

    Raises:
        StoreError: Nothing stands decided.
    """
    last = decisions(db, version_id).get(image_id)
    if last is None:
        raise StoreError("Nothing was decided about this image, so nothing is undone.")
    decide(db, version_id, image_id, None, source, undoes=last.id)


def _row(version_id: int, one: Removed) -> dict[str, Any]:
    found, box = one.removal, one.removal.box
    edges = {f"box_{edge}": getattr(box, edge) if box else None for edge in _EDGES}
    return {
        "version_id": version_id,
        "image_id": one.image_id,
        "photograph_id": one.photograph_id,
        **edges,
        "covered": found.covered,
        "touches_border": int(found.touches_border),
        "score": found.score,
        "vehicles": found.vehicles,
    }


def _removed(row: dict[str, Any]) -> Removed:
    edges = [row[f"box_{edge}"] for edge in _EDGES]
    removal = Removal(
        None if None in edges else Box(*edges),
        row["covered"],
        bool(row["touches_border"]),
        row["score"],
        row["vehicles"],
    )
    return Removed(row["image_id"], row["photograph_id"], removal)


def _decision(row: dict[str, Any]) -> Decision:
    treatment = json.loads(row["treatment"]) if row["treatment"] else None
    return Decision(
        row["id"], row["image_id"], treatment, row["source"], row["at"], row["undoes"]
    )


def _text(treatment: dict[str, Any] | None) -> str | None:
    return None if treatment is None else json.dumps(treatment)
