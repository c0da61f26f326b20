"""Photographs by content: the same bytes are the same image, whatever the name."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from carclf.errors import StoreError
from carclf.records import Image
from carclf.store import Database, now


def add(
    db: Database,
    sha256: str,
    path: Path,
    width: int,
    height: int,
    size_bytes: int,
    parent_id: int | None = None,
) -> int:
    """Return the id of the image with these bytes, recording it if it is new."""
    with db.atomic():
        db.execute(
            "insert into images (sha256, path, width, height, size_bytes, parent_id,"
            " added_at) values (?, ?, ?, ?, ?, ?, ?) on conflict (sha256) do nothing",
            [sha256, str(path), width, height, size_bytes, parent_id, now()],
        )
        row = db.execute("select id from images where sha256 = ?", [sha256]).fetchone()
    return int(row[0])


def get(db: Database, image_id: int) -> Image:
    found = list(db.query("select * from images where id = ?", [image_id]))
    if not found:
        raise StoreError(f"There is no image {image_id} in the store.")
    return _image(found[0])


def photograph(db: Database, image_id: int) -> Image:
    """Return the photograph that an image was cut out of; itself if it is whole."""
    image = get(db, image_id)
    while image.parent_id is not None:
        image = get(db, image.parent_id)
    return image


def by_content(db: Database, sha256: str) -> Image | None:
    """Return the image with these bytes, if the store knows it."""
    found = list(db.query("select * from images where sha256 = ?", [sha256]))
    return _image(found[0]) if found else None


def get_many(db: Database, image_ids: Iterable[int]) -> dict[int, Image]:
    """Return the images that exist, by id."""
    wanted = list(image_ids)
    images: dict[int, Image] = {}
    # SQLite takes 32,766 variables a statement at most.
    for start in range(0, len(wanted), 10_000):
        part = wanted[start : start + 10_000]
        marks = ", ".join("?" * len(part))
        for row in db.query(f"select * from images where id in ({marks})", part):
            images[row["id"]] = _image(row)
    return images


def known(db: Database, hashes: Iterable[str]) -> set[str]:
    """Return those of the content hashes that are recorded."""
    wanted = "select value from json_each(?)"
    rows = db.query(
        f"select sha256 from images where sha256 in ({wanted})",
        [json.dumps(list(hashes))],
    )
    return {row["sha256"] for row in rows}


def _image(row: dict[str, Any]) -> Image:
    return Image(
        id=row["id"],
        sha256=row["sha256"],
        path=Path(row["path"]),
        width=row["width"],
        height=row["height"],
        size_bytes=row["size_bytes"],
        parent_id=row["parent_id"],
    )
