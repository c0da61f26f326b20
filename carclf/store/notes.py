"""What happened to a run that a person should know, in the order it happened."""

from carclf.records import Note
from carclf.store import Database, now


def add(db: Database, run_id: int, text: str) -> None:
    db.execute(
        "insert into notes (run_id, at, text) values (?, ?, ?)", [run_id, now(), text]
    )


def of_run(db: Database, run_id: int) -> list[Note]:
    rows = db.query("select at, text from notes where run_id = ? order by id", [run_id])
    return [Note(**row) for row in rows]
