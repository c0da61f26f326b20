"""Make a version of a folder of photographs."""

from pathlib import Path

from carclf.datasets import versions
from carclf.datasets.layouts import reading
from carclf.records import JobStatus
from carclf.tasks.work import Work


def run(work: Work) -> JobStatus:
    wanted = work.job.settings
    versions.import_folder(
        work.settings,
        Path(wanted["folder"]),
        wanted["name"],
        reading=reading.from_plain(wanted.get("reading", {})),
        on_progress=work.paced("Reading photographs"),
    )
    return "done"
