"""An import from its address to the version, as a worker does it."""

import json
import os
import signal
import time
from dataclasses import replace

import pytest

from carclf import jobs, store
from carclf.datasets.sources import parse
from carclf.errors import DatasetError, Stopped
from carclf.records import FINISHED
from carclf.store import jobs as stored_jobs
from carclf.store import versions
from carclf.tasks import Work, import_images
from tests import drawing
from tests.datasets.sources import packing
from tests.jobs.conftest import children, leave
from tests.waiting import PATIENCE_S


@pytest.fixture
def packed(tmp_path):
    """Drawn cars in an archive of several parts, and their table beside it."""
    cars = drawing.draw_table(tmp_path / "cars")
    (cars / "images" / "ballast.bin").write_bytes(os.urandom(36_000_000))
    packed = packing.pack_folder(tmp_path / "car_ims.tar", cars / "images")
    return packed, cars / "labels.csv"


@pytest.fixture
def drive(settings):
    """Return a function that drives the queue until a job is as wanted."""
    dispatcher, others = jobs.Dispatcher(settings), children()

    def driven(job, is_so):
        limit = time.monotonic() + PATIENCE_S
        while time.monotonic() < limit:
            dispatcher.tick()
            with store.connect(settings.db_path) as db:
                found = stored_jobs.get(db, job.id)
            if is_so(found):
                return found
            time.sleep(0.1)
        with store.connect(settings.db_path) as db:
            said = jobs.log_tail(settings, db, found)
        raise AssertionError(f"{found}; {said}")

    yield driven
    leave(dispatcher, others)


def course(bucket, packed):
    """Put the course's layout into the bucket, and return its addresses."""
    for path in packed:
        bucket.put(f"course/{path.name}", path.read_bytes())
    return [parse(f"s3://cars/course/{path.name}") for path in packed]


def test_an_archive_and_a_table_in_a_bucket_become_a_version(
    settings, db, bucket, packed
):
    sources = course(bucket, packed)
    job = jobs.submit_import(settings, sources, "mine", bucket.access)

    status = import_images.run(Work(settings, db, job, lambda: False))

    made = versions.by_name(db, "mine")
    assert (status, sum(made.counts.values())) == ("done", 36)
    assert made.counts["test"] == 12
    assert made.source == "s3://cars/course/car_ims.tar\ns3://cars/course/labels.csv"
    assert list((settings.cache / "downloads").iterdir()) == []


def test_what_another_import_is_to_read_stays_until_that_is_done(
    settings, db, bucket, packed
):
    sources = course(bucket, packed)
    first, second = (
        jobs.submit_import(settings, sources, name, bucket.access)
        for name in ("mine", "again")
    )

    import_images.run(Work(settings, db, first, lambda: False))
    assert list((settings.cache / "downloads").rglob("car_ims.tar"))
    stored_jobs.finish(db, first.id, "done")
    import_images.run(Work(settings, db, second, lambda: False))

    assert list((settings.cache / "downloads").iterdir()) == []
    assert {one.name for one in versions.every(db)} == {"mine", "again"}


def test_a_data_set_that_cannot_be_used_is_named_by_its_address_and_stays_downloaded(
    settings, db, site, files, tmp_path
):
    one_class = drawing.draw_classes(tmp_path / "cars", labels=("Red Van",))
    packed = packing.pack_folder(tmp_path / "cars.zip", one_class)
    files.content["/cars.zip"] = packed.read_bytes()
    address = f"{site.url}/cars.zip"
    job = jobs.submit_import(settings, [parse(address)])

    with pytest.raises(DatasetError, match=f"^{address} holds one class"):
        import_images.run(Work(settings, db, job, lambda: False))

    assert list((settings.cache / "downloads").rglob("cars.zip"))


def test_a_stopped_import_is_stopped_and_no_version(settings, db, bucket, packed):
    sources = course(bucket, packed)
    job = jobs.submit_import(settings, sources, "mine", bucket.access)

    with pytest.raises(Stopped):
        import_images.run(Work(settings, db, job, lambda: True))

    assert versions.every(db) == []


@pytest.mark.slow
def test_an_import_whose_worker_was_killed_goes_on_where_it_was(
    settings, bucket, packed, drive
):
    def slow_end(request, given):
        start = int(request.headers.get("Range", "bytes=0-")[6:].partition("-")[0])
        return replace(given, pause_s=0.3) if start > 20_000_000 else None

    sources = course(bucket, packed)
    bucket.server.faults += [slow_end] * 9
    killed = jobs.submit_import(settings, sources, "mine", bucket.access)
    drive(killed, lambda job: parts_noted(settings) == 3)
    os.kill(drive(killed, lambda job: job.pid).pid, signal.SIGKILL)
    assert drive(killed, lambda job: job.status == "failed")
    bucket.server.faults.clear()
    before = len(bucket.server.asked())

    again = jobs.resume_version(settings, killed)
    done = drive(again, lambda job: job.status in FINISHED)

    assert done.status == "done", done.reason
    ranges = {one.headers.get("Range", "") for one in bucket.server.asked()[before:]}
    assert {one.partition("-")[0] for one in ranges if one} == {
        "bytes=24000000",
        "bytes=32000000",
    }


def parts_noted(settings):
    noted = [
        json.loads(path.read_text())
        for path in settings.cache.rglob("*.json")
        if path.is_file()
    ]
    return max((len(one["done"]) for one in noted), default=0)
