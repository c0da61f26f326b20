"""Predict many photographs, into a table that a later job can go on with."""

from pathlib import Path

from carclf import jobs
from carclf.prediction import ensemble, listing, many
from carclf.prediction.listing import Photograph
from carclf.records import JobStatus
from carclf.store import jobs as stored_jobs
from carclf.tasks.work import Work


def run(work: Work) -> JobStatus:
    asked = ensemble.load(work.settings, work.job.settings["run_ids"])
    outcome = many.predict(
        asked,
        _wanted(work),
        jobs.predictions(work.settings, work.job),
        on_progress=work.paced("Predicting"),
        stop_requested=work.stop_requested,
    )
    result = {"done": outcome.done, "unreadable": outcome.unreadable}
    stored_jobs.set_result(work.db, work.job.id, result | {"total": outcome.total})
    return "done" if outcome.done == outcome.total else "stopped"


def _wanted(work: Work) -> list[Photograph]:
    """Return the photographs: of a folder or a table, or those that were uploaded."""
    source, files = work.job.settings["source"], work.job.settings["files"]
    if source is not None:
        return listing.of([Path(source)])
    return [Photograph(name, Path(path)) for path, name in files]
