"""How far all runs got, told by one look a run: no history is read for it."""

from collections.abc import Sequence

from carclf.records import Reached
from carclf.store import Database


def metrics(db: Database) -> list[str]:
    """Return the names of all metrics that any run has, by name."""
    # SQLite's `distinct` would read every epoch; this jumps from name to name.
    rows = db.query(
        "with recursive found (name) as (select min(name) from metrics union all"
        " select (select min(name) from metrics where name > found.name)"
        " from found where found.name is not null)"
        " select name from found where name is not null"
    )
    return [row["name"] for row in rows]


def bests(db: Database, metric: str, *, is_less_better: bool) -> dict[int, Reached]:
    """Return the best value of a metric by run, with the first epoch that had it."""
    best = "min" if is_less_better else "max"
    rows = db.query(
        "select id, value, (select min(epoch) from metrics m where m.name = :metric"
        " and m.run_id = id and m.value = best.value) as epoch"
        f" from (select id, (select {best}(value) from metrics m"
        " where m.name = :metric and m.run_id = runs.id) as value from runs) as best"
        " where value is not null",
        {"metric": metric},
    )
    return {row["id"]: Reached(row["value"], row["epoch"]) for row in rows}


def starts(db: Database, metric: str) -> dict[int, Reached]:
    """Return what a metric was where a run began: at its parent's epoch, by run."""
    rows = db.query(
        "select r.id, m.value, m.epoch from runs r join metrics m"
        " on m.run_id = r.parent_id and m.epoch = r.parent_epoch and m.name = ?",
        [metric],
    )
    return {row["id"]: Reached(row["value"], row["epoch"]) for row in rows}


def epochs(db: Database) -> dict[int, int]:
    """Return how many epochs every run has behind it; 0 before the first."""
    rows = db.query(
        "select id, coalesce((select max(epoch) from metrics m where m.run_id = id), 0)"
        " as last from runs"
    )
    return {row["id"]: row["last"] for row in rows}


def courses(
    db: Database, metric: str, run_ids: Sequence[int]
) -> dict[int, list[Reached]]:
    """Return one metric of some runs, epoch by epoch."""
    found: dict[int, list[Reached]] = {run_id: [] for run_id in run_ids}
    marks = ", ".join("?" * len(run_ids))
    rows = db.query(
        f"select run_id, epoch, value from metrics where run_id in ({marks})"
        " and name = ? order by run_id, epoch",
        [*run_ids, metric],
    )
    for row in rows:
        found[row["run_id"]].append(Reached(row["value"], row["epoch"]))
    return found
