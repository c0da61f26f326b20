"""The loss of single steps, thinned so that the longest run still draws at once."""

from collections.abc import Sequence

from carclf.records import StepEnded
from carclf.store import Database

MOST_KEPT = 2000


def add(db: Database, run_id: int, events: Sequence[StepEnded]) -> None:
    """Record steps; beyond MOST_KEPT of a run, every other one is forgotten.

    Recording a step again replaces it, as a resumed training does.
    """
    with db.atomic():
        db.table("steps").upsert_all(
            (
                {
                    "run_id": run_id,
                    "step": one.step,
                    "epoch": one.epoch,
                    "loss": one.loss,
                    "learning_rate": one.learning_rate,
                }
                for one in events
            ),
            pk=("run_id", "step"),
        )
        count = db.execute(
            "select count(*) from steps where run_id = ?", [run_id]
        ).fetchone()[0]
        if count > MOST_KEPT:
            db.execute(
                "delete from steps where run_id = ? and step in (select step from"
                " (select step, row_number() over (order by step) as place from steps"
                " where run_id = ?) where place % 2 = 0)",
                [run_id, run_id],
            )


def forget_after(db: Database, run_id: int, epoch: int) -> None:
    """Forget the steps of later epochs, which are about to be trained again."""
    db.execute("delete from steps where run_id = ? and epoch > ?", [run_id, epoch])


def of_run(db: Database, run_id: int) -> list[StepEnded]:
    """Return the steps that are kept, in order."""
    rows = db.query(
        "select epoch, step, loss, learning_rate from steps where run_id = ?"
        " order by step",
        [run_id],
    )
    return [StepEnded(**row) for row in rows]
