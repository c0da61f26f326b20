"""Drives the queue: starts workers one at a time and marks the dead."""

import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from carclf import devices, store
from carclf.errors import StoreError
from carclf.jobs import holding, webhook
from carclf.jobs.processes import (
    cause_of_death,
    command,
    is_starting,
    log_path,
    log_tail,
    process_of,
)
from carclf.records import FINISHED, Job
from carclf.settings import Settings
from carclf.store import Database, jobs

POLL_S = 0.5
# A worker that has ended its job leaves within this; telling a webhook takes longest.
LEAVE_LIMIT_S = 15.0


class Dispatcher:
    """Drives the queue: one worker at a time, and the truth about each.

    Several processes may each have one; the store decides who starts a job.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._drive, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop driving; a worker that runs goes on."""
        self._ending.set()
        self._thread.join()

    def tick(self) -> None:
        """Mark the dead, then start the next job if none runs."""
        with store.connect(self._settings.db_path) as db:
            for job in jobs.unfinished(db):
                if job.status == "running":
                    self._mark_if_dead(db, job)
            job_to_start = None if _is_leaving(db) else holding.claim_next(db)
            self._forget_ended(db)
            if job_to_start is not None:
                self._start(db, job_to_start)

    def _drive(self) -> None:
        while not self._ending.wait(POLL_S):
            try:
                self.tick()
            except StoreError as error:
                # Locked or full for a moment; the jobs themselves go on.
                print(f"The queue waits: {error}", file=sys.stderr, flush=True)
                self._ending.wait(10 * POLL_S)

    def _mark_if_dead(self, db: Database, job: Job) -> None:
        child = self._children.get(job.id)
        exit_code = child.poll() if child is not None else None
        # A child's exit code tells more than its absence, and comes a moment later.
        is_child_alive = child is not None and exit_code is None
        if is_child_alive or (child is None and _is_alive(job)):
            return
        # Asked again: it may have recorded its own end just before it exited.
        if jobs.get(db, job.id).status == "running":
            reason = cause_of_death(exit_code, log_tail(self._settings, db, job))
            if jobs.finish(db, job.id, "failed", reason=reason, exit_code=exit_code):
                webhook.tell_later(self._settings, job)

    def _start(self, db: Database, job: Job) -> None:
        try:
            self._spawn(job, self._settings.resolve(log_path(db, job)))
        except OSError as error:
            reason = (
                f"No worker could be started for it: {error.strerror or error}. If the "
                "disk is full, free some space; then start it again."
            )
            if jobs.finish(db, job.id, "failed", reason=reason):
                webhook.tell_later(self._settings, job)

    def _spawn(self, job: Job, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            "CARCLF_HOME": str(self._settings.home),
            "PYTHONUNBUFFERED": "1",
            # TensorFlow reports a missing GPU as an error, which it is not.
            "TF_CPP_MIN_LOG_LEVEL": "2" if devices.has_gpu() else "3",
        }
        if job.kind == "export":
            # TensorFlow alone writes every format, whatever trained the network.
            environment["KERAS_BACKEND"] = "tensorflow"
        # A file, not a pipe: a worker must never wait for somebody to read.
        with path.open("ab") as log:
            self._children[job.id] = subprocess.Popen(
                [sys.executable, *command(job)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    def _forget_ended(self, db: Database) -> None:
        # Not before the job has ended, too: only its child tells how a worker died.
        unfinished = {job.id for job in jobs.unfinished(db)}
        for job_id, child in list(self._children.items()):
            if job_id not in unfinished and child.poll() is not None:
                del self._children[job_id]


def _is_leaving(db: Database) -> bool:
    """Whether a worker has said its last word, and may still hold memory or the GPU."""
    since = datetime.now(UTC) - timedelta(seconds=LEAVE_LIMIT_S)
    ended = jobs.ended_since(db, since.isoformat(timespec="milliseconds"))
    return any(job.pid != os.getpid() and process_of(job) for job in ended)


def _is_alive(job: Job) -> bool:
    return process_of(job) is not None or is_starting(job)


def pause() -> None:
    """Let a moment pass between two looks at the store."""
    time.sleep(POLL_S / 2)


def wait(settings: Settings, job_id: int) -> Job:
    """Return a job once it has ended; somebody must drive the queue meanwhile."""
    while True:
        with store.connect(settings.db_path) as db:
            job = jobs.get(db, job_id)
        if job.status in FINISHED:
            return job
        pause()
