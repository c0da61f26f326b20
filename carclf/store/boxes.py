"""Boxes that people draw are events, as labels are: the last one that stands counts.

Beside them, each version keeps the boxes that it was frozen with.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from carclf.errors import StoreError
from carclf.records import Box, BoxEvent, Example
from carclf.store import Database, now

_STANDING = (
    "b.undoes is null and not exists (select 1 from boxes u where u.undoes = b.id)"
)


def set(db: Database, image_id: int, box: Box | None, source: str) -> BoxEvent:
    """Record that `source` says where the vehicle is (None: the image has no box)."""
    edges = (box.left, box.top, box.right, box.bottom) if box else (None,) * 4
    at = now()
    cursor = db.execute(
        "insert into boxes (image_id, box_left, box_top, box_right, box_bottom,"
        " source, at) values (?, ?, ?, ?, ?, ?, ?)",
        [image_id, *edges, source, at],
    )
    assert cursor.lastrowid is not None
    return BoxEvent(cursor.lastrowid, image_id, box, source, at)


def standing(db: Database, image_id: int) -> list[BoxEvent]:
    """Return what was said of an image and not taken back, oldest first."""
    rows = db.query(
        f"select * from boxes b where image_id = ? and {_STANDING} order by id",
        [image_id],
    )
    return [_event(row) for row in rows]


def undo(db: Database, image_id: int, source: str) -> BoxEvent | None:
    """Take back what was said last, by an event; return what stands now, if anything.

    Raises:
        StoreError: Nothing was said of this image, or all of it was taken back.
    """
    with db.atomic():
        stands = standing(db, image_id)
        if not stands:
            raise StoreError("There is no box to take back on this image.")
        db.execute(
            "insert into boxes (image_id, source, at, undoes) values (?, ?, ?, ?)",
            [image_id, source, now(), stands[-1].id],
        )
    return stands[-2] if len(stands) > 1 else None


def drawn(db: Database, examples: Sequence[Example]) -> list[Example]:
    """Return examples with the boxes that people drew over those that they had."""
    wanted = json.dumps([one.image_id for one in examples])
    rows = db.query(
        "select * from boxes where id in (select max(b.id) from boxes b where"
        f" image_id in (select value from json_each(?)) and {_STANDING}"
        " group by image_id)",
        [wanted],
    )
    said = {row["image_id"]: _event(row).box for row in rows}
    return [
        replace(one, box=said[one.image_id]) if one.image_id in said else one
        for one in examples
    ]


def _event(row: dict[str, Any]) -> BoxEvent:
    edges = [row[f"box_{edge}"] for edge in ("left", "top", "right", "bottom")]
    box = None if None in edges else Box(*edges)
    return BoxEvent(row["id"], row["image_id"], box, row["source"], row["at"])
