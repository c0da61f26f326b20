"""Make runs of a folder of earlier experiments."""

from pathlib import Path

from carclf.experiments import importing
from carclf.jobs import import_report
from carclf.records import JobStatus
from carclf.store import jobs
from carclf.tasks.work import Work


def run(work: Work) -> JobStatus:
    result = importing.import_runs(
        work.settings,
        Path(work.job.settings["folder"]),
        on_progress=work.paced("Reading experiments"),
        stop_requested=work.stop_requested,
    )
    jobs.set_result(work.db, work.job.id, result)
    for name, lines in import_report(jobs.get(work.db, work.job.id)):
        print(name, *lines, sep="\n  ")
    return "stopped" if work.stop_requested() else "done"
