"""The queue starts one worker at a time, and says what becomes of each."""

import errno
import os
import subprocess
import sys

import psutil
import pytest

from carclf import jobs
from carclf.jobs import processes
from carclf.store import jobs as store_jobs


@pytest.fixture
def two(db):
    return [store_jobs.create(db, "health", f"Job {number}", {}) for number in (1, 2)]


@pytest.fixture
def living():
    """A process that looks like the worker of job 1."""
    script = "import time; time.sleep(600)"
    process = subprocess.Popen(
        [sys.executable, "-c", script, "-m", "carclf.worker", "1"]
    )
    yield psutil.Process(process.pid)
    process.kill()
    process.wait()


def begun(db, process, *, seconds_off=0.0):
    """Let a process be recorded as the worker of the next job."""
    job = store_jobs.claim_next(db)
    moment = process.create_time() + seconds_off
    store_jobs.started(db, job.id, process.pid, moment, "log")
    return store_jobs.get(db, job.id)


def test_a_worker_that_cannot_be_started_is_a_failure_and_the_queue_goes_on(
    settings, db, two, monkeypatch
):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(subprocess, "Popen", full)
    dispatcher = jobs.Dispatcher(settings)

    dispatcher.tick()
    dispatcher.tick()

    found = [store_jobs.get(db, job.id) for job in two]
    assert [job.status for job in found] == ["failed", "failed"]
    assert "could be started for it: No space left on device" in found[0].reason


def test_the_next_job_waits_until_the_last_worker_has_left(
    settings, db, two, living, monkeypatch
):
    started = []
    monkeypatch.setattr(subprocess, "Popen", lambda asked, **_: started.append(asked))
    last = begun(db, living)
    store_jobs.finish(db, last.id, "done")
    dispatcher = jobs.Dispatcher(settings)

    dispatcher.tick()
    assert not started
    living.kill()
    living.wait()
    dispatcher.tick()

    assert [asked[1:] for asked in started] == [["-m", "carclf.worker", str(two[1].id)]]


def test_the_next_job_does_not_wait_for_ever(settings, db, two, living, monkeypatch):
    started = []
    monkeypatch.setattr(subprocess, "Popen", lambda asked, **_: started.append(asked))
    last = begun(db, living)
    store_jobs.finish(db, last.id, "done")
    long_ago = "2020-01-01T00:00:00.000+00:00"
    db.execute("update jobs set ended_at = ? where id = ?", [long_ago, last.id])

    jobs.Dispatcher(settings).tick()

    assert len(started) == 1


@pytest.mark.parametrize("seconds_off", [0.0, 0.5, 3600.0])
def test_a_worker_is_known_though_the_clock_was_set(db, two, living, seconds_off):
    job = begun(db, living, seconds_off=seconds_off)

    assert processes.process_of(job) == living


def test_another_process_with_the_number_of_a_worker_is_none(db, two, living):
    begun(db, living)
    store_jobs.finish(db, two[0].id, "done")
    job = begun(db, living, seconds_off=-3600.0)

    assert processes.process_of(job) is None
