"""Runs: what was trained, on what, from where, and how it went, epoch by epoch."""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from carclf.errors import StoreError
from carclf.records import Checkpoint, EpochEnded, Run
from carclf.store import Database, jobs, now

_SELECT = (
    "select r.*, coalesce(j.status, 'imported') as status, j.reason as reason"
    " from runs r left join jobs j on j.id ="
    " (select max(id) from jobs where run_id = r.id and kind = 'train')"
)


def create(
    db: Database,
    name: str,
    config: dict[str, Any],
    *,
    version_id: int | None,
    parent_id: int | None = None,
    parent_epoch: int | None = None,
) -> Run:
    """Record a run that has not begun; an empty name becomes “run N”."""
    with db.atomic():
        if name and db.execute("select 1 from runs where name = ?", [name]).fetchone():
            raise StoreError(
                f"A run called “{name}” exists already. Choose another name."
            )
        cursor = db.execute(
            "insert into runs (name, config, version_id, parent_id, parent_epoch, seed,"
            " folder, environment, created_at)"
            " values (?, ?, ?, ?, ?, ?, '', '{}', ?)",
            [
                # Unique until the id is known.
                name or f"run {now()}",
                json.dumps(config),
                version_id,
                parent_id,
                parent_epoch,
                config["seed"],
                now(),
            ],
        )
        run_id = cursor.lastrowid
        assert run_id is not None
        db.execute(
            "update runs set name = ?, folder = ? where id = ?",
            [name or f"run {run_id}", f"experiments/run-{run_id:03d}", run_id],
        )
    return get(db, run_id)


def get(db: Database, run_id: int) -> Run:
    rows = list(db.query(f"{_SELECT} where r.id = ?", [run_id]))
    if not rows:
        raise StoreError(
            f"There is no run {run_id}. `carclf runs list` shows those there are."
        )
    return _run(rows[0])


def find(db: Database, words: str) -> Run:
    """Return the run with this id or this name."""
    if words.isdecimal():
        return get(db, int(words))
    rows = list(db.query(f"{_SELECT} where r.name = ?", [words]))
    if not rows:
        raise StoreError(
            f"There is no run called “{words}”. "
            "`carclf runs list` shows those there are."
        )
    return _run(rows[0])


def every(db: Database) -> list[Run]:
    """Return all runs, newest first."""
    return [_run(row) for row in db.query(f"{_SELECT} order by r.id desc")]


def begin(db: Database, run_id: int, device: str, environment: dict[str, Any]) -> None:
    """Record what the run runs on."""
    db.execute(
        "update runs set started_at = coalesce(started_at, ?), device = ?,"
        " environment = ? where id = ?",
        [now(), device, json.dumps(environment), run_id],
    )


def settle_parent(
    db: Database, run_id: int, epoch: int, config: dict[str, Any]
) -> None:
    """Record which epoch of its parent a run starts from, in its settings too."""
    db.execute(
        "update runs set parent_epoch = ?, config = ? where id = ?",
        [epoch, json.dumps(config), run_id],
    )


def set_config(db: Database, run_id: int, config: dict[str, Any]) -> None:
    db.execute("update runs set config = ? where id = ?", [json.dumps(config), run_id])


def end(db: Database, run_id: int, best_epoch: int | None) -> None:
    db.execute(
        "update runs set ended_at = ?, best_epoch = ? where id = ?",
        [now(), best_epoch, run_id],
    )


def add_epoch(db: Database, run_id: int, event: EpochEnded) -> None:
    """Record an epoch: all of its metrics, or none.

    Raises:
        sqlite3.IntegrityError: A metric is NaN, or the epoch is recorded already.
    """
    with db.atomic():
        db.table("metrics").insert_all(
            {"run_id": run_id, "epoch": event.epoch, "name": name, "value": value}
            for name, value in event.metrics.items()
        )


def history(db: Database, run_id: int) -> list[EpochEnded]:
    """Return the epochs in order, each with all of its metrics."""
    return histories(db, [run_id])[run_id]


def last_epoch(db: Database, run_id: int) -> int:
    """Return the last epoch that ended; 0 before the first."""
    row = db.execute(
        "select coalesce(max(epoch), 0) from metrics where run_id = ?", [run_id]
    ).fetchone()
    last: int = row[0]
    return last


def histories(db: Database, run_ids: Sequence[int]) -> dict[int, list[EpochEnded]]:
    """Return the epochs of several runs, in one question to the store."""
    marks = ", ".join("?" * len(run_ids))
    by_run: dict[int, dict[int, dict[str, float]]] = {run_id: {} for run_id in run_ids}
    for row in db.query(
        f"select * from metrics where run_id in ({marks}) order by run_id, epoch",
        list(run_ids),
    ):
        epochs = by_run[row["run_id"]]
        epochs.setdefault(row["epoch"], {})[row["name"]] = row["value"]
    return {
        run_id: [EpochEnded(epoch, metrics) for epoch, metrics in epochs.items()]
        for run_id, epochs in by_run.items()
    }


def keep_checkpoint(db: Database, one: Checkpoint) -> None:
    db.table("checkpoints").upsert(
        {
            "run_id": one.run_id,
            "epoch": one.epoch,
            "path": str(one.path),
            "size_bytes": one.size_bytes,
        },
        pk=("run_id", "epoch"),
    )


def drop_checkpoint(db: Database, run_id: int, epoch: int) -> bool:
    """Forget an epoch's weights, unless a waiting or running run wants them."""
    with db.atomic():
        if epoch in wanted_epochs(db, run_id):
            return False
        db.execute(
            "delete from checkpoints where run_id = ? and epoch = ?", [run_id, epoch]
        )
    return True


def wanted_epochs(db: Database, run_id: int) -> set[int]:
    """Return the epochs that a waiting or running run is to start from."""
    return {
        child.parent_epoch
        for child in children_of(db, run_id)
        if child.status in ("queued", "running") and child.parent_epoch is not None
    }


def forget_after(db: Database, run_id: int, epoch: int) -> None:
    """Forget the epochs after one (0: all), which are about to be trained again."""
    with db.atomic():
        for table in ("metrics", "checkpoints"):
            db.execute(
                f"delete from {table} where run_id = ? and epoch > ?", [run_id, epoch]
            )


def checkpoints(db: Database, run_id: int) -> list[Checkpoint]:
    """Return the epochs whose weights were kept, in order."""
    rows = db.query(
        "select * from checkpoints where run_id = ? order by epoch", [run_id]
    )
    return [
        Checkpoint(row["run_id"], row["epoch"], Path(row["path"]), row["size_bytes"])
        for row in rows
    ]


def best_kept(db: Database, run: Run) -> int | None:
    """Return the best epoch whose weights are there; None if none are.

    A run that died, or goes on, has no best epoch on record yet, or an outdated one.
    """
    kept = {one.epoch for one in checkpoints(db, run.id)}
    if run.best_epoch in kept:
        return run.best_epoch
    monitor = _monitor(run)
    sign = -1 if monitor.endswith("loss") else 1
    ranks = [
        (sign * event.metrics[monitor], -event.metrics.get("val_loss", 0), -event.epoch)
        for event in history(db, run.id)
        if event.epoch in kept and monitor in event.metrics
    ]
    return -int(max(ranks)[2]) if ranks else max(kept, default=None)


def _monitor(run: Run) -> str:
    """Return what makes an epoch the best; imported settings may not say."""
    found: Any = run.config
    for key in ("fit", "callbacks", "model_checkpoint", "monitor"):
        found = (found or {}).get(key)
    return found or "val_accuracy"


def delete(db: Database, run_id: int) -> Run:
    """Forget a run with its epochs and evaluations; its folder stays.

    Raises:
        StoreError: It waits or runs, a job works on it, or another run was started
            from it.
    """
    try:
        with db.atomic():
            run = get(db, run_id)
            if run.status in ("queued", "running"):
                raise StoreError(
                    f"“{run.name}” is {run.status}. Stop it before deleting it."
                )
            jobs.refuse_needed(db, run.name, run_id=run_id)
            db.execute("delete from runs where id = ?", [run_id])
    except sqlite3.IntegrityError as error:
        children = children_of(db, run_id)
        waiting = [one for one in children if one.status in ("queued", "running")]
        names = ", ".join(f"“{one.name}”" for one in waiting or children)
        why = "is to start from it" if waiting else "started from it"
        raise StoreError(
            f"“{run.name}” stays, because {names} {why}. Delete that first."
        ) from error
    return run


def children_of(db: Database, run_id: int) -> list[Run]:
    """Return the runs that started, or are to start, from this one."""
    rows = db.query(f"{_SELECT} where r.parent_id = ? order by r.id", [run_id])
    return [_run(row) for row in rows]


def _run(row: dict[str, Any]) -> Run:
    return Run(
        id=row["id"],
        name=row["name"],
        config=json.loads(row["config"]),
        version_id=row["version_id"],
        parent_id=row["parent_id"],
        parent_epoch=row["parent_epoch"],
        seed=row["seed"],
        folder=Path(row["folder"]),
        status=row["status"],
        reason=row["reason"],
        device=row["device"],
        environment=json.loads(row["environment"]),
        best_epoch=row["best_epoch"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )
