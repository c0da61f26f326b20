"""Make a version of photographs: fetched and unpacked first, where they need to be."""

from functools import partial
from pathlib import Path

from carclf.datasets import versions
from carclf.datasets.layouts import reading
from carclf.datasets.sources import Access, gathering, rooms
from carclf.errors import DatasetError
from carclf.records import JobStatus
from carclf.store import jobs
from carclf.tasks.work import Work


def run(work: Work) -> JobStatus:
    wanted = work.job.settings
    sources = [rooms.from_plain(work.settings, one) for one in wanted["sources"]]
    origin = "\n".join(one.shown for one in sources)
    access = Access(**wanted["access"])
    told = partial(work.report, is_told=1)
    folder = gathering.gather(work.settings, sources, access, told, work.stop_requested)
    _import(work, folder, origin)
    if not _are_wanted(work):
        rooms.forget(work.settings, sources)
    return "done"


def _are_wanted(work: Work) -> bool:
    """Whether another import that waits is to read from the same."""
    own = work.job.settings["sources"]
    return any(
        one in own
        for job in jobs.unfinished(work.db)
        if job.kind == "import" and job.id != work.job.id
        for one in job.settings["sources"]
    )


def _import(work: Work, folder: Path, origin: str) -> None:
    try:
        versions.import_folder(
            work.settings,
            folder,
            work.job.settings["name"],
            reading=reading.from_plain(work.job.settings["reading"]),
            origin=origin,
            on_progress=work.stoppable("Reading photographs"),
        )
    except DatasetError as error:
        # What it is called where it came from tells more than a folder of the cache.
        words = str(error).replace(str(folder), origin.replace("\n", " and "))
        raise DatasetError(words) from error
