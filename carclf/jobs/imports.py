"""Queueing the import of earlier experiments, and what came of it."""

from collections.abc import Iterator
from pathlib import Path

from carclf import store, words
from carclf.errors import DatasetError
from carclf.records import Job
from carclf.settings import Settings
from carclf.store import jobs


def submit_run_import(settings: Settings, folder: Path) -> Job:
    """Queue the import of a folder of experiments as runs.

    Raises:
        DatasetError: It is not a folder.
    """
    if not folder.expanduser().is_dir():
        raise DatasetError(
            f"{folder} is not a folder on this machine. Check the path; it is the "
            "machine that runs carclf that must see it."
        )
    with store.connect(settings.db_path) as db:
        resolved = folder.expanduser().resolve()
        wanted = {"folder": str(resolved)}
        return jobs.create(db, "import_runs", f"Import runs of {resolved.name}", wanted)


def import_report(job: Job) -> Iterator[tuple[str, list[str]]]:
    """Yield each experiment's heading with what was taken, what was left and why.

    The folder as a whole comes last; nothing comes of a job that has found nothing yet.
    """
    for one in job.result.get("experiments", []):
        made = [words.count(epochs, "epoch") for _, _, epochs in one["runs"]]
        came = ["imported before"] if one["known"] and not made else made
        yield f"{one['name']}: {' and '.join(came) or 'no run'}", one["lines"]
    if job.result.get("lines"):
        yield "The folder as a whole", job.result["lines"]
