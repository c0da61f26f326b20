"""Runs that were trained elsewhere: how they come in, and what tells them apart."""

import json
from collections.abc import Sequence
from typing import Any

from carclf.records import EpochEnded, Run
from carclf.store import Database, now, runs


def add(
    db: Database,
    name: str,
    config: dict[str, Any],
    origin: dict[str, Any],
    history: Sequence[EpochEnded],
    *,
    best_epoch: int | None,
    started_at: str | None,
    ended_at: str | None,
) -> Run:
    """Record a run that ended long ago, whole or not at all.

    Args:
        config: What is known of its settings; what is not is left out.
        origin: `start`, which no other run has, `experiment`, `folder`, and the
            libraries it ran on, as far as they are known.
    """
    with db.atomic():
        cursor = db.execute(
            "insert into runs (name, config, seed, folder, environment, best_epoch,"
            " created_at, started_at, ended_at) values (?, ?, ?, '', ?, ?, ?, ?, ?)",
            [
                name,
                json.dumps(config),
                config.get("seed", 0),
                json.dumps(origin),
                best_epoch,
                started_at or now(),
                started_at,
                ended_at,
            ],
        )
        run_id = cursor.lastrowid
        assert run_id is not None
        db.execute(
            "update runs set folder = ? where id = ?",
            [f"experiments/run-{run_id:03d}", run_id],
        )
        for event in history:
            runs.add_epoch(db, run_id, event)
    return runs.get(db, run_id)


def grow(
    db: Database,
    run_id: int,
    fresh: Sequence[EpochEnded],
    best_epoch: int | None,
    ended_at: str | None,
) -> None:
    """Add the epochs by which a log has grown since it was imported."""
    with db.atomic():
        for event in fresh:
            runs.add_epoch(db, run_id, event)
        db.execute(
            "update runs set best_epoch = ?, ended_at = ? where id = ?",
            [best_epoch, ended_at, run_id],
        )


def every(db: Database) -> list[Run]:
    """Return the runs that came from elsewhere, in the order they came in."""
    return [run for run in reversed(runs.every(db)) if "start" in run.environment]


def set_parent(db: Database, run_id: int, parent_id: int, epoch: int | None) -> None:
    db.execute(
        "update runs set parent_id = ?, parent_epoch = ? where id = ?",
        [parent_id, epoch, run_id],
    )
