"""Marks: the tags, the note and the star that people give a run, and the archive."""

from collections.abc import Iterable

from carclf.errors import StoreError
from carclf.records import Marks
from carclf.store import Database, runs

_LONGEST_TAG = 40


def of_run(db: Database, run_id: int) -> Marks:
    runs.get(db, run_id)
    return every(db)[run_id]


def every(db: Database) -> dict[int, Marks]:
    """Return the marks of all runs, by run."""
    tagged: dict[int, list[str]] = {}
    for row in db.query("select run_id, name from tags order by name"):
        tagged.setdefault(row["run_id"], []).append(row["name"])
    rows = db.query("select id, note, is_starred, is_archived from runs")
    return {
        row["id"]: Marks(
            tuple(tagged.get(row["id"], ())),
            row["note"],
            bool(row["is_starred"]),
            bool(row["is_archived"]),
        )
        for row in rows
    }


def tags(db: Database) -> list[str]:
    """Return every tag that a run has, by name."""
    rows = db.query("select distinct name from tags order by name")
    return [row["name"] for row in rows]


def tag(db: Database, run_id: int, names: Iterable[str]) -> None:
    """Give a run these tags besides those it has.

    Raises:
        StoreError: A tag is empty, too long, or holds a comma.
    """
    found = [_checked(name) for name in names]
    with db.atomic():
        db.table("tags").insert_all(
            [{"run_id": run_id, "name": name} for name in found], ignore=True
        )


def untag(db: Database, run_id: int, names: Iterable[str]) -> None:
    with db.atomic():
        for name in names:
            db.execute(
                "delete from tags where run_id = ? and name = ?",
                [run_id, name.strip()],
            )


def set_tags(db: Database, run_id: int, names: Iterable[str]) -> None:
    """Give a run these tags and no others.

    Raises:
        StoreError: As `tag`.
    """
    with db.atomic():
        db.execute("delete from tags where run_id = ?", [run_id])
        tag(db, run_id, names)


def write(db: Database, run_id: int, note: str) -> None:
    """Replace a run's note; an empty one takes it away."""
    with db.atomic():
        db.execute("update runs set note = ? where id = ?", [note.strip(), run_id])


def star(db: Database, run_id: int, is_starred: bool = True) -> None:
    with db.atomic():
        db.execute(
            "update runs set is_starred = ? where id = ?", [int(is_starred), run_id]
        )


def archive(db: Database, run_id: int, is_archived: bool = True) -> None:
    with db.atomic():
        db.execute(
            "update runs set is_archived = ? where id = ?", [int(is_archived), run_id]
        )


def _checked(name: str) -> str:
    kept = name.strip()
    if not kept or len(kept) > _LONGEST_TAG or "," in kept:
        raise StoreError(
            f"“{name}” cannot be a tag. Give 1 to {_LONGEST_TAG} characters without a "
            "comma, such as “baseline”."
        )
    return kept
