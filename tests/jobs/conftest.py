"""A queue with real workers, on drawn cars and the tiny network."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from carclf import config, jobs, store
from carclf.config import TrainConfig
from carclf.records import Job, Version
from carclf.settings import Settings
from carclf.store import jobs as store_jobs

# A worker imports TensorFlow, on a machine that runs other tests beside.
PATIENCE_S = 120.0


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
        jobs.stop_now(settings, job.id)
    dispatcher.tick()
    while children() - others:
        dispatcher.tick()
        time.sleep(0.05)


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
        return jobs.log_tail(settings, job)

    return drive
