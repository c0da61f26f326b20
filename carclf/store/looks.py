"""What looking at images measured, by image: versions that share them share it."""

from collections.abc import Iterable
from dataclasses import astuple
from typing import Any

from carclf.records import Look
from carclf.store import Database

_COLUMNS = (
    "image_id, brightness, shade, contrast, sharpness, colour, orientation, hashes,"
    " small"
)


def add(db: Database, looks: Iterable[Look], rules: int) -> None:
    """Record looks, each in place of an earlier one of its image.

    Args:
        rules: The edition of the rules that they were measured by.
    """
    with db.atomic():
        db.conn.executemany(
            f"insert or replace into looks ({_COLUMNS}, rules)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(*astuple(one), rules) for one in looks],
        )


def of_version(db: Database, version_id: int, rules: int) -> list[Look]:
    """Return the looks at a version's images, in the order of their ids."""
    columns = ", ".join(f"l.{one.strip()}" for one in _COLUMNS.split(","))
    rows: Iterable[tuple[Any, ...]] = db.execute(
        f"select {columns} from members m join looks l on l.image_id = m.image_id"
        " where m.version_id = ? and l.rules = ? order by m.image_id",
        [version_id, rules],
    )
    return [Look(*row) for row in rows]


def get(db: Database, image_id: int, rules: int) -> Look | None:
    row = db.execute(
        f"select {_COLUMNS} from looks where image_id = ? and rules = ?",
        [image_id, rules],
    ).fetchone()
    return Look(*row) if row else None


def missing(db: Database, version_id: int, rules: int) -> set[int]:
    """Return the images of a version that nobody looked at by these rules."""
    rows = db.execute(
        "select m.image_id from members m where m.version_id = ? and not exists"
        " (select 1 from looks l where l.image_id = m.image_id and l.rules = ?)",
        [version_id, rules],
    )
    return {row[0] for row in rows}
