"""Make a version whose images had their backgrounds taken away."""

from carclf.config import Treatment
from carclf.datasets import versions
from carclf.datasets.sources.pace import Stopped
from carclf.records import JobStatus
from carclf.tasks import network
from carclf.tasks.work import Work


def run(work: Work) -> JobStatus:
    wanted = work.job.settings
    treatment = Treatment.model_validate(wanted["treatment"])
    try:
        network.fetch(work, treatment)
    except Stopped:
        return "stopped"
    versions.treat(
        work.settings,
        wanted["version_id"],
        treatment,
        wanted["name"],
        on_progress=work.paced("Removing backgrounds"),
        stop_requested=work.stop_requested,
    )
    return "stopped" if work.stop_requested() else "done"
