"""Reviews: which images of a cleaning queue a person has looked at, and what became.

They are of the image, so the queue of another run finds them again.
"""

import json
from collections.abc import Sequence

from carclf.records import Verdict
from carclf.store import Database, now


def set(db: Database, image_id: int, verdict: Verdict) -> None:
    """Record what a person did about an image, in the place of what was before."""
    db.execute(
        "insert into reviews (image_id, verdict, at) values (?, ?, ?)"
        " on conflict (image_id) do update set verdict = excluded.verdict,"
        " at = excluded.at",
        [image_id, verdict, now()],
    )


def remove(db: Database, image_id: int) -> None:
    """Let an image count as not looked at."""
    db.execute("delete from reviews where image_id = ?", [image_id])


def of(db: Database, image_ids: Sequence[int]) -> dict[int, Verdict]:
    """Return the verdicts on those of the images that were looked at."""
    rows = db.query(
        "select image_id, verdict from reviews where image_id in"
        " (select value from json_each(?))",
        [json.dumps(list(image_ids))],
    )
    return {row["image_id"]: row["verdict"] for row in rows}
