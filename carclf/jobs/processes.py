"""Workers as the system sees them: alive or dead, how they ended, what they said."""

import os
import re
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil

from carclf import devices
from carclf.records import Job
from carclf.settings import Settings
from carclf.store import Database, runs

# A worker says who it is within this; it reads Python's own files from a cold disk.
START_LIMIT_S = 300.0
# Between asking a process group to end and ending it.
GRACE_S = 5.0
_NOTE = re.compile(r"[IW]\d{4} \d\d:\d\d:|WARNING: All log messages before absl")


def process_of(job: Job) -> psutil.Process | None:
    """Return the worker's process if it is alive, and not another with its number."""
    if job.pid is None or job.pid_started is None:
        return None
    try:
        process = psutil.Process(job.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        # When it began is reckoned from the clock, which may have been set since.
        is_same = abs(
            process.create_time() - job.pid_started
        ) < 1.0 or process.cmdline()[-3:] == command(job)
    except psutil.Error:
        return None
    return process if is_same else None


def command(job: Job) -> list[str]:
    """Return what the worker of a job is started with, after Python's own name."""
    return ["-m", "carclf.worker", str(job.id)]


def is_starting(job: Job) -> bool:
    """Whether the worker may still be on its way to record its process."""
    if job.pid is not None or job.started_at is None:
        return False
    begun = datetime.fromisoformat(job.started_at)
    return (datetime.now(UTC) - begun).total_seconds() < START_LIMIT_S


def end_group(process: psutil.Process) -> None:
    """End a worker and what it started: asked first, then made to."""
    family = [process, *process.children(recursive=True)]
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            # The worker leads a session of its own, so its id is the group's.
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return
        _, alive = psutil.wait_procs(family, timeout=GRACE_S)
        if not alive:
            _wait_for_gpu({one.pid for one in family})
            return


def _wait_for_gpu(ended: set[int]) -> None:
    """Return once the driver has taken back the memory of ended processes."""
    limit = time.monotonic() + GRACE_S
    while ended & devices.gpu_users() and time.monotonic() < limit:
        time.sleep(0.2)


def cause_of_death(exit_code: int | None, log: str) -> str:
    last = log.strip().splitlines()[-1] if log.strip() else "nothing"
    if exit_code == -signal.SIGKILL:
        how = (
            "The worker was killed (signal 9). The system does that when memory runs "
            "out: try a smaller batch size."
        )
    elif exit_code is not None and exit_code < 0:
        name = signal.Signals(-exit_code).name
        how = f"The worker was ended by {name} (signal {-exit_code})."
    elif exit_code is not None:
        how = f"The worker ended with exit code {exit_code} before it was done."
    else:
        how = (
            "The worker ended without a word: it was killed, memory ran out, or the "
            "machine restarted."
        )
    return f"{how} The last line of its log: {last}"


def log_tail(settings: Settings, db: Database, job: Job, lines: int = 40) -> str:
    """Return the last lines of a job's log; empty before it began.

    What TensorFlow's C++ notes of the machine stands in the file only.
    """
    path = settings.resolve(log_path(db, job))
    if not path.is_file():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 200 * lines))
        text = log.read().decode("utf-8", errors="replace")
    said = [line for line in text.splitlines() if not _NOTE.match(line)]
    return "\n".join(said[-lines:])


def log_path(db: Database, job: Job) -> Path:
    """Return where a job writes what it says, relative to the home folder."""
    if job.kind == "train" and job.run_id is not None:
        return runs.get(db, job.run_id).folder / "worker.log"
    return Path("cache") / "logs" / f"job-{job.id:03d}.log"
