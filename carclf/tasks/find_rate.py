"""Search for a learning rate."""

from dataclasses import asdict

from carclf.ml import find_rate
from carclf.ml.trial import Told
from carclf.records import JobStatus
from carclf.store import jobs
from carclf.tasks import plans
from carclf.tasks.work import Work


def run(work: Work) -> JobStatus:
    plan = plans.of_trial(work)
    found = find_rate.search(plan, Told(work.report, work.stop_requested))
    jobs.set_result(work.db, work.job.id, asdict(found))
    return "stopped" if work.stop_requested() else "done"
