"""Write a dataset version as folders, as a table with images, or into one zip."""

import shutil
from pathlib import Path

from carclf.datasets import exporting
from carclf.records import JobStatus, Version
from carclf.store import jobs, versions
from carclf.tasks.work import Work


def run(work: Work) -> JobStatus:
    wanted = work.job.settings
    version = versions.get(work.db, wanted["version_id"])
    target = Path(wanted["target"]) if wanted["target"] else _room(work, version)
    if wanted["target"] or not target.exists():
        exporting.export(
            work.settings,
            version.id,
            target,
            wanted["form"],
            work.stoppable("Writing photographs"),
        )
    jobs.set_result(work.db, work.job.id, {"path": str(target)})
    return "done"


def _room(work: Work, version: Version) -> Path:
    """Return where the zip goes; those of other versions make room for it."""
    place = exporting.zip_place(work.settings, version)
    for other in place.parent.parent.glob("*"):
        if other != place.parent:
            shutil.rmtree(other, ignore_errors=True)
    return place
