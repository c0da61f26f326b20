"""What a task is given."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from carclf.errors import Stopped
from carclf.records import Job, Run, Version
from carclf.settings import Settings
from carclf.store import Database, jobs, runs, versions

TOLD_EVERY_S = 0.5


@dataclass(frozen=True)
class Work:
    """What a job may use: its row, a connection of its own, and whether to stop."""

    settings: Settings
    db: Database
    job: Job
    stop_requested: Callable[[], bool]

    def report(
        self,
        done: int,
        total: int,
        message: str,
        seconds_left: float | None = None,
        **facts: float,
    ) -> None:
        jobs.report(self.db, self.job.id, done, total, message, seconds_left, **facts)

    def paced(self, message: str) -> Callable[[int, int], None]:
        """Return an `on_progress` that tells the time left at the pace so far.

        It may be called for every image: what nobody could read in time is not told.
        """
        begun = time.monotonic()
        told = -TOLD_EVERY_S

        def on_progress(done: int, total: int) -> None:
            nonlocal told
            spent = time.monotonic() - begun
            if spent - told < TOLD_EVERY_S and done < total:
                return
            told = spent
            left = spent / done * (total - done) if done else None
            self.report(done, total, message, left)

        return on_progress

    def stoppable(self, message: str) -> Callable[[int, int], None]:
        """As `paced`, for work of which nothing is of use before its end.

        Raises, whenever it is called:
            Stopped: Somebody asked for the end.
        """
        paced = self.paced(message)

        def on_progress(done: int, total: int) -> None:
            if self.stop_requested():
                raise Stopped
            paced(done, total)

        return on_progress

    def run(self) -> Run:
        """Return the run that the job is for."""
        assert self.job.run_id is not None
        return runs.get(self.db, self.job.run_id)

    def version_of(self, run: Run) -> Version:
        assert run.version_id is not None
        return versions.get(self.db, run.version_id)
