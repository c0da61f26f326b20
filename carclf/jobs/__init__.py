"""The queue: puts work in, starts workers, stops them, and says why one died.

Everything that is known about a job stands in the store, so any process may ask
or stop; a worker outlives the process that started it.
"""

from carclf.jobs.batch import submit_trainings
from carclf.jobs.checks import submit_find_rate, submit_probe
from carclf.jobs.cleaning import checkpoint_bytes, clean_checkpoints
from carclf.jobs.control import delete_run, stop_after_epoch, stop_now
from carclf.jobs.dispatcher import Dispatcher, pause, wait
from carclf.jobs.exporting import exportable_epochs, exported, submit_export
from carclf.jobs.helping import submit_both
from carclf.jobs.holding import (
    continue_after_failure,
    continues_after_failure,
    is_held,
    release,
)
from carclf.jobs.imports import import_report, submit_run_import
from carclf.jobs.predicting import (
    predictions,
    resume_prediction,
    submit_prediction,
)
from carclf.jobs.processes import log_path, log_tail
from carclf.jobs.resuming import can_resume, resume
from carclf.jobs.submit import (
    resume_version,
    submit_background,
    submit_cross_validation,
    submit_evaluation,
    submit_health,
    submit_import,
    submit_neighbours,
    submit_network,
    submit_training,
)
from carclf.jobs.version_exports import submit_version_export

__all__ = [
    "Dispatcher",
    "can_resume",
    "checkpoint_bytes",
    "clean_checkpoints",
    "continue_after_failure",
    "continues_after_failure",
    "delete_run",
    "exportable_epochs",
    "exported",
    "import_report",
    "is_held",
    "log_path",
    "log_tail",
    "pause",
    "predictions",
    "release",
    "resume",
    "resume_prediction",
    "resume_version",
    "stop_after_epoch",
    "stop_now",
    "submit_background",
    "submit_both",
    "submit_cross_validation",
    "submit_evaluation",
    "submit_export",
    "submit_find_rate",
    "submit_health",
    "submit_import",
    "submit_neighbours",
    "submit_network",
    "submit_prediction",
    "submit_probe",
    "submit_run_import",
    "submit_training",
    "submit_trainings",
    "submit_version_export",
    "wait",
]
