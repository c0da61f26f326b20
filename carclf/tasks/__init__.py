"""What a worker can do: one module a kind of job, each with `run(work)`."""

import importlib
from collections.abc import Callable

from carclf.records import JobKind, JobStatus
from carclf.tasks.work import Work

__all__ = ["Work", "of"]

# Import paths: a job pays for its own imports alone, and Keras takes seconds.
_TASKS: dict[JobKind, str] = {
    "train": "carclf.tasks.train",
    "evaluate": "carclf.tasks.evaluate",
    "background": "carclf.tasks.background",
    "import": "carclf.tasks.import_images",
    "probe": "carclf.tasks.probe",
    "find_rate": "carclf.tasks.find_rate",
    "import_runs": "carclf.tasks.import_runs",
    "export": "carclf.tasks.export",
    "predict": "carclf.tasks.predict",
    "neighbours": "carclf.tasks.neighbours",
    "health": "carclf.tasks.health",
    "export_version": "carclf.tasks.export_version",
    "cross_validate": "carclf.tasks.cross_validate",
    "network": "carclf.tasks.network",
}


def of(kind: JobKind) -> Callable[[Work], JobStatus]:
    """Return the function that does jobs of a kind; it returns how they ended."""
    run: Callable[[Work], JobStatus] = importlib.import_module(_TASKS[kind]).run
    return run
