"""The loss of single steps, thinned so that the longest run still draws at once."""

from collections.abc import Sequence

from carclf.records import StepEnded
from carclf.store import Database

MOST_KEPT = 2000


def add(db: Database, run_id: int, events: Sequence[StepEnded]) -> None:
    """Record steps, in order; of a long training every second, fourth … is kept.

    Recording a step again replaces it, as a resumed training does.
    """
    if not events:
        return
    with db.atomic():
        kept_every = _stride(events[-1].step)
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
                if _is_kept(one.step, kept_every)
            ),
            pk=("run_id", "step"),
        )
        db.execute(
            "delete from steps where run_id = ? and (step - 1) % ? <> 0",
            [run_id, kept_every],
        )


def _stride(last: int) -> int:
    """Return which share of so many steps is kept: evenly, the first steps too."""
    stride = 1
    while last > stride * MOST_KEPT:
        stride *= 2
    return stride


def _is_kept(step: int, stride: int) -> bool:
    return (step - 1) % stride == 0


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
