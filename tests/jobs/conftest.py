"""A queue with real workers, on drawn cars and the tiny network."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from carclf import config, jobs, store
from carclf.config import TrainConfig
from carclf.errors import JobError
from carclf.records import Job, Version
from carclf.settings import Settings
from carclf.store import jobs as store_jobs
from tests.waiting import PATIENCE_S


@pytest.fixture
def tiny(version: Version) -> Callable[..., TrainConfig]:
    """Return settings of a training that takes a second a few dozen epochs."""

    def settings_of(epochs: int = 2, **sections: Any) -> TrainConfig:
        return config.from_plain(
            {
                "data": {"version": version.name, "image_size": [32, 32]},
                "model": {"backbone": "tiny", "weights": "none"},
                "fit": {"epochs": epochs},
                "learning": {"features": "streaming"},
                **sections,
            }
        )

    return settings_of


@pytest.fixture
def dispatcher(settings: Settings) -> Iterator[jobs.Dispatcher]:
    """A queue that is driven by the test; what still runs at its end is ended."""
    dispatcher, others = jobs.Dispatcher(settings), children()
    yield dispatcher
    with store.connect(settings.db_path) as db:
        unfinished = store_jobs.unfinished(db)
    for job in unfinished:
        # It may have ended meanwhile.
        with contextlib.suppress(JobError):
            jobs.stop_now(settings, job.id)
    leave(dispatcher, others)


def leave(dispatcher: jobs.Dispatcher, others: set[psutil.Process]) -> None:
    """Return once all workers have left but those that were there before."""
    limit = time.monotonic() + PATIENCE_S
    dispatcher.tick()
    while children() - others:
        assert time.monotonic() < limit, f"{children() - others} did not end"
        time.sleep(0.05)
        dispatcher.tick()


def children() -> set[psutil.Process]:
    return set(psutil.Process().children())


@pytest.fixture
def until(
    settings: Settings, dispatcher: jobs.Dispatcher
) -> Callable[[int, Callable[[Job], bool]], Job]:
    """Return a function that drives the queue until a job is as wanted."""

    def drive(job_id: int, is_so: Callable[[Job], bool]) -> Job:
        limit = time.monotonic() + PATIENCE_S
        while time.monotonic() < limit:
            dispatcher.tick()
            with store.connect(settings.db_path) as db:
                job = store_jobs.get(db, job_id)
            if is_so(job):
                return job
            time.sleep(0.1)
        raise AssertionError(f"{job} did not get there; {log(job)}")

    def log(job: Job) -> str:
        with store.connect(settings.db_path) as db:
            return jobs.log_tail(settings, db, job)

    return drive
