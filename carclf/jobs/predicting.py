"""Queueing the prediction of many photographs, and going on with one."""

from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from carclf import store
from carclf.errors import DatasetError, JobError
from carclf.prediction import ensemble
from carclf.records import FINISHED, Job
from carclf.settings import Settings
from carclf.store import jobs


def submit_prediction(
    settings: Settings,
    run_ids: Sequence[int],
    source: Path | None = None,
    files: Sequence[tuple[Path, str]] = (),
) -> Job:
    """Queue the prediction of a folder, a table, or of files with their names.

    Raises:
        BundleError: The runs have no common answer, or one has no model.
        DatasetError: There is nothing to predict.
    """
    asked = ensemble.load(settings, run_ids)
    if source is not None and not source.exists():
        raise DatasetError(
            f"{source} does not exist on this machine. Check the path; it is the "
            "machine that runs carclf that must see it."
        )
    if source is None and not files:
        raise DatasetError("Give a folder or a CSV file, or choose photographs.")
    what = source.name if source else f"{len(files)} photographs"
    wanted = {
        "run_ids": list(run_ids),
        "source": str(source.resolve()) if source else None,
        "files": [[str(path), name] for path, name in _each_once(files)],
        "table": f"cache/predictions/{uuid4().hex[:12]}.csv",
    }
    with store.connect(settings.db_path) as db:
        return jobs.create(db, "predict", f"Predict {what} by {asked.name}", wanted)


def resume_prediction(settings: Settings, job_id: int) -> Job:
    """Queue the rest of a prediction that was stopped or failed.

    Raises:
        JobError: It runs or waits, or all of it was done.
    """
    with store.connect(settings.db_path) as db:
        job = jobs.get(db, job_id)
        if job.kind != "predict" or job.status not in FINISHED or job.status == "done":
            raise JobError(f"“{job.title}” is {job.status}: there is no rest to go on.")
        return jobs.create(db, "predict", job.title, job.settings)


def predictions(settings: Settings, job: Job) -> Path:
    """Return the table that a job writes."""
    return settings.resolve(Path(job.settings["table"]))


def _each_once(files: Sequence[tuple[Path, str]]) -> list[tuple[Path, str]]:
    """Return the files with names that differ, for by those they are told apart."""
    used: dict[str, int] = {}
    named = []
    for path, name in files:
        used[name] = used.get(name, 0) + 1
        named.append((path, f"{name} ({used[name]})" if used[name] > 1 else name))
    return named
