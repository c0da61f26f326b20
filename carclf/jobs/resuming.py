"""Going on with a training that has ended."""

from carclf import config as configuration
from carclf import store, words
from carclf.errors import JobError
from carclf.records import FINISHED, RESUME_FILE, Job, Run
from carclf.settings import Settings
from carclf.store import jobs, notes, runs


def can_resume(settings: Settings, run: Run) -> bool:
    """Whether a training can go on where it ended; a done one only for longer."""
    is_there = (settings.resolve(run.folder) / RESUME_FILE).is_file()
    return run.status in FINISHED and is_there


def resume(settings: Settings, run_id: int, epochs: int | None = None) -> Job:
    """Queue the rest of a training, as if it had never been interrupted.

    Args:
        epochs: Train so many in all, instead of as many as were asked for at first.

    Raises:
        JobError: It has not ended, nothing is left to train, or what it needs to go
            on was never written or was cleaned away.
        ConfigError: So many epochs are not allowed.
    """
    with store.connect(settings.db_path) as db, db.atomic():
        run = runs.get(db, run_id)
        _refuse(settings, run)
        done = runs.last_epoch(db, run_id)
        planned = run.config["fit"]["epochs"]
        # One that ended after its last epoch may still have no network to predict by.
        is_whole = run.status == "done" or epochs is not None
        if (epochs or planned) <= done and is_whole:
            raise JobError(
                f"“{run.name}” has trained {words.count(done, 'epoch')} of "
                f"{epochs or planned}, so nothing is left. Give more epochs in all."
            )
        if epochs is not None and epochs != planned:
            fit = {**run.config["fit"], "epochs": epochs}
            changed = configuration.from_plain({**run.config, "fit": fit})
            runs.set_config(db, run_id, changed.model_dump(mode="json"))
            notes.add(db, run_id, f"To train {epochs} epochs instead of {planned}.")
        notes.add(db, run_id, f"Resumed after epoch {done}.")
        title = f"Resume {run.name}"
        return jobs.create(db, "train", title, {"resume": True}, run_id=run_id)


def _refuse(settings: Settings, run: Run) -> None:
    if run.status in ("queued", "running"):
        raise JobError(f"“{run.name}” is {run.status}; there is nothing to resume.")
    if not can_resume(settings, run):
        raise JobError(
            f"“{run.name}” cannot go on where it ended, for what that needs is not in "
            "its folder. Start a new run from its best epoch instead."
        )
