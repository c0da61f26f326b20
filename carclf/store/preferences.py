"""What a person set once for the whole app."""

import json
from typing import Any

from carclf.store import Database


def get(db: Database, name: str, otherwise: Any) -> Any:
    row = db.execute("select value from preferences where name = ?", [name]).fetchone()
    return otherwise if row is None else json.loads(row[0])


def set(db: Database, name: str, value: Any) -> None:
    db.table("preferences").upsert(
        {"name": name, "value": json.dumps(value)}, pk="name"
    )
