"""Look at every image of a version."""

from carclf.datasets import health
from carclf.records import JobStatus
from carclf.store import jobs
from carclf.tasks.work import Work


def run(work: Work) -> JobStatus:
    found = health.look(
        work.settings,
        work.job.settings["version_id"],
        on_progress=work.paced("Looking at images"),
        stop_requested=work.stop_requested,
    )
    if found is None:
        return "stopped"
    jobs.set_result(work.db, work.job.id, {"findings": len(found)})
    return "done"
