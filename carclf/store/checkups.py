"""What was found in a version when all of its images were looked at."""

import json
from typing import Any

from carclf.store import Database, now


def set(
    db: Database, version_id: int, rules: int, findings: list[dict[str, Any]]
) -> None:
    """Keep what was found, in place of what an earlier look found."""
    db.execute(
        "insert or replace into checkups (version_id, rules, findings, at)"
        " values (?, ?, ?, ?)",
        [version_id, rules, json.dumps(findings), now()],
    )


def get(
    db: Database, version_id: int, rules: int
) -> tuple[list[dict[str, Any]], str] | None:
    """Return what was found and when; None if nobody looked by these rules."""
    row = db.execute(
        "select findings, at from checkups where version_id = ? and rules = ?",
        [version_id, rules],
    ).fetchone()
    return (json.loads(row[0]), row[1]) if row else None
