"""Long work."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

JobKind = Literal[
    "train",
    "evaluate",
    "background",
    "import",
    "probe",
    "find_rate",
    "import_runs",
    "export",
    "predict",
    "neighbours",
    "health",
    "export_version",
    "cross_validate",
    "network",
]
JobStatus = Literal["queued", "running", "done", "failed", "stopped"]
FINISHED: tuple[JobStatus, ...] = ("done", "failed", "stopped")


@dataclass(frozen=True)
class Job:
    """One piece of long work, done by one worker process.

    Attributes:
        settings: Everything the worker needs, copied when the job was queued.
        progress: `done`, `total`, `message`, `seconds_left`, as last reported, and
            whatever else a training tells of the moment.
        result: What a probe, a search for a rate, an import or an export found; else
            empty.
        stop_requested: Set while a stop after the epoch is pending.
        pid_started: Start time of the process `pid`, so a reused pid is known.
    """

    id: int
    kind: JobKind
    title: str
    status: JobStatus
    settings: dict[str, Any]
    progress: dict[str, Any]
    result: dict[str, Any]
    run_id: int | None
    stop_requested: bool
    pid: int | None
    pid_started: float | None
    heartbeat_at: str | None
    exit_code: int | None
    reason: str | None
    log_path: Path | None
    created_at: str
    started_at: str | None
    ended_at: str | None
