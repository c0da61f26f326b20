"""The queue and the history of long work."""

import json
from pathlib import Path
from typing import Any

from carclf.errors import StoreError
from carclf.records import Job, JobKind, JobStatus, Skipped
from carclf.store import Database, now

# Its epoch is not there, and a training that may bring it stands in the queue, too.
_WAITS_FOR_PARENT = (
    "exists (select 1 from runs r join jobs p on p.run_id = r.parent_id"
    " where r.id = jobs.run_id and p.kind = 'train' and p.status = 'queued'"
    " and not exists (select 1 from checkpoints c"
    " where c.run_id = r.parent_id and c.epoch = r.parent_epoch))"
)


# Somebody tries something and waits for the answer; a failure is one, too.
_IS_TRIAL = "kind in ('probe', 'find_rate')"


def create(
    db: Database,
    kind: JobKind,
    title: str,
    settings: dict[str, Any],
    run_id: int | None = None,
) -> Job:
    """Put a job at the end of the queue."""
    cursor = db.execute(
        "insert into jobs (kind, title, status, settings, progress, run_id, position,"
        " created_at) values (?, ?, 'queued', ?, '{}', ?,"
        " (select coalesce(max(position), 0) + 1 from jobs), ?)",
        [kind, title, json.dumps(settings), run_id, now()],
    )
    assert cursor.lastrowid is not None
    return get(db, cursor.lastrowid)


def get(db: Database, job_id: int) -> Job:
    rows = list(db.query("select * from jobs where id = ?", [job_id]))
    if not rows:
        raise StoreError(f"There is no job {job_id}.")
    return _job(rows[0])


def of_run(db: Database, run_id: int) -> Job | None:
    """Return the last training of a run; None if it was imported."""
    rows = list(
        db.query(
            "select * from jobs where run_id = ? and kind = 'train'"
            " order by id desc limit 1",
            [run_id],
        )
    )
    return _job(rows[0]) if rows else None


def every(db: Database, limit: int = 100) -> list[Job]:
    """Return the newest jobs, newest first."""
    rows = db.query("select * from jobs order by id desc limit ?", [limit])
    return [_job(row) for row in rows]


def unfinished(db: Database) -> list[Job]:
    """Return what runs and what waits, in the order of the queue."""
    rows = db.query(
        "select * from jobs where status in ('running', 'queued')"
        " order by status = 'queued', position"
    )
    return [_job(row) for row in rows]


def waiting_for(db: Database, kind: JobKind, settings: dict[str, Any]) -> Job | None:
    """Return the job that does this already, or is about to."""
    same = (
        job for job in unfinished(db) if (job.kind, job.settings) == (kind, settings)
    )
    return next(same, None)


def refuse_needed(
    db: Database, name: str, *, run_id: int | None = None, version_id: int | None = None
) -> None:
    """Keep a run or a version from being deleted while a job is to use it.

    Raises:
        StoreError: Such a job waits or runs.
    """
    for job in unfinished(db):
        runs = {job.run_id, job.settings.get("parent_id")}
        runs.update(job.settings.get("run_ids", ()))
        is_needed = (
            run_id in runs
            if run_id is not None
            else version_id == job.settings.get("version_id")
        )
        if is_needed:
            what = "is at work on it" if job.status == "running" else "waits to use it"
            raise StoreError(
                f"“{name}” stays, because “{job.title}” {what}. Stop that first, or "
                "wait until it has ended."
            )


def claim_next(db: Database, *, only_trials: bool = False) -> Job | None:
    """Mark the first waiting job as running, unless one runs already.

    A training whose weights another one has yet to learn is passed over. One
    statement, so that two processes driving the queue never start two.
    """
    rows = db.execute(
        "update jobs set status = 'running', started_at = ? where id ="
        f" (select id from jobs where status = 'queued' and (not ? or {_IS_TRIAL})"
        f" and not (kind = 'train' and {_WAITS_FOR_PARENT}) order by position limit 1)"
        " and not exists (select 1 from jobs where status = 'running') returning id",
        [now(), only_trials],
    ).fetchall()
    # A statement that returns rows is not committed by itself.
    db.commit()
    return get(db, rows[0][0]) if rows else None


def started(
    db: Database, job_id: int, pid: int, pid_started: float, log_path: Path
) -> bool:
    """Record which process does the job, unless the job was ended before.

    Args:
        log_path: Relative to the home folder.
    """
    cursor = db.execute(
        "update jobs set pid = ?, pid_started = ?, log_path = ?, heartbeat_at = ?"
        " where id = ? and status = 'running'",
        [pid, pid_started, str(log_path), now(), job_id],
    )
    return cursor.rowcount == 1


def beat(db: Database, job_id: int) -> bool:
    """Record that the worker is alive; return whether it should stop soon.

    So it should, too, once its job has ended otherwise.
    """
    db.execute("update jobs set heartbeat_at = ? where id = ?", [now(), job_id])
    row = db.execute(
        "select stop_requested or status <> 'running' from jobs where id = ?", [job_id]
    ).fetchone()
    return row is None or bool(row[0])


def report(
    db: Database,
    job_id: int,
    done: int,
    total: int,
    message: str,
    seconds_left: float | None = None,
    **facts: float,
) -> None:
    """Record how far the job is, shown as it stands, and what else it tells."""
    progress = {
        **facts,
        "done": done,
        "total": total,
        "message": message,
        "seconds_left": seconds_left,
    }
    db.execute(
        "update jobs set progress = ?, heartbeat_at = ? where id = ?",
        [json.dumps(progress), now(), job_id],
    )


def set_result(db: Database, job_id: int, result: dict[str, Any]) -> None:
    """Record what a job found."""
    db.execute("update jobs set result = ? where id = ?", [json.dumps(result), job_id])


def request_stop(db: Database, job_id: int) -> None:
    """Ask the worker to end after the epoch (or image) it is at."""
    db.execute(
        "update jobs set stop_requested = 1 where id = ? and status = 'running'",
        [job_id],
    )


def finish(
    db: Database,
    job_id: int,
    status: JobStatus,
    *,
    reason: str | None = None,
    exit_code: int | None = None,
) -> bool:
    """Record the end, once: whoever comes second changes nothing and gets False."""
    cursor = db.execute(
        "update jobs set status = ?, reason = ?, exit_code = ?, ended_at = ?"
        " where id = ? and status in ('queued', 'running')",
        [status, reason, exit_code, now(), job_id],
    )
    return cursor.rowcount == 1


def ended_since(db: Database, moment: str) -> list[Job]:
    """Return the jobs that a worker had and that ended at this time or later."""
    rows = db.query(
        "select * from jobs where ended_at >= ? and pid is not null", [moment]
    )
    return [_job(row) for row in rows]


def last_ended(db: Database) -> Job | None:
    """Return the job that a worker ended last, however it went; trials apart."""
    rows = list(
        db.query(
            "select * from jobs where ended_at is not null and started_at is not null"
            f" and not {_IS_TRIAL} order by ended_at desc, id desc limit 1"
        )
    )
    return _job(rows[0]) if rows else None


def move(db: Database, job_id: int, places: int) -> None:
    """Move a waiting job up (negative) or down the queue."""
    waiting = [job.id for job in unfinished(db) if job.status == "queued"]
    if job_id not in waiting:
        raise StoreError(f"Job {job_id} does not wait in the queue any more.")
    old = waiting.index(job_id)
    waiting.insert(max(0, old + places), waiting.pop(old))
    with db.atomic():
        for position, waiting_id in enumerate(waiting):
            # Fractions below every later job's position, so newcomers stay behind.
            db.execute(
                "update jobs set position = ? where id = ?",
                [position / len(waiting), waiting_id],
            )


def add_skipped(db: Database, job_id: int, one: Skipped) -> None:
    db.execute(
        "insert into skipped (job_id, path, reason) values (?, ?, ?)",
        [job_id, one.path, one.reason],
    )


def skipped(db: Database, job_id: int) -> list[Skipped]:
    rows = db.query("select path, reason from skipped where job_id = ?", [job_id])
    return [Skipped(row["path"], row["reason"]) for row in rows]


def _job(row: dict[str, Any]) -> Job:
    return Job(
        id=row["id"],
        kind=row["kind"],
        title=row["title"],
        status=row["status"],
        settings=json.loads(row["settings"]),
        progress=json.loads(row["progress"]),
        result=json.loads(row["result"]),
        run_id=row["run_id"],
        stop_requested=bool(row["stop_requested"]),
        pid=row["pid"],
        pid_started=row["pid_started"],
        heartbeat_at=row["heartbeat_at"],
        exit_code=row["exit_code"],
        reason=row["reason"],
        log_path=Path(row["log_path"]) if row["log_path"] else None,
        created_at=row["created_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )
