"""Train a run, then judge its best epoch."""

from collections.abc import Sequence
from pathlib import Path

from carclf import devices, words
from carclf.bundle import Bundle
from carclf.errors import TrainingError
from carclf.evaluation import judge
from carclf.ml import resume
from carclf.ml import train as training
from carclf.records import Checkpoint, EpochEnded, JobStatus, Run, Split, StepEnded
from carclf.store import jobs, notes, runs, steps
from carclf.tasks import plans
from carclf.tasks.evaluate import judging
from carclf.tasks.work import Work


def run(work: Work) -> JobStatus:
    """Train, and judge whatever came of it, before a failure is told of."""
    db, run = work.db, work.run()
    runs.begin(db, run.id, devices.describe(), training.environment())
    recorder = Recorder(work, run.id)
    outcome = training.train(_plan(work, run, recorder), recorder)
    for one in outcome.skipped:
        jobs.add_skipped(db, work.job.id, one)
    runs.end(db, run.id, outcome.best_epoch or run.best_epoch)
    if outcome.best_epoch is not None:
        version = work.version_of(run)
        split: Split = "test" if version.counts["test"] else "validation"
        bundle = Bundle.load(work.settings.resolve(run.folder) / "bundle")
        # Whoever asked for an end after the epoch wants to know what it is worth.
        judge.evaluate(
            work.settings,
            bundle,
            run.id,
            outcome.best_epoch,
            version.id,
            split,
            on_progress=work.paced(judging(split)),
        )
    if outcome.trouble is not None:
        raise outcome.trouble
    return "stopped" if outcome.stopped else "done"


def _plan(work: Work, run: Run, recorder: "Recorder") -> training.Plan:
    """Return the plan; whatever came after the state to resume from is forgotten."""
    if not work.job.settings.get("resume"):
        parent = plans.parent_of(work, run)
        return plans.of(work, work.run(), parent)
    state = resume.read(work.settings.resolve(run.folder))
    if state is None:
        raise TrainingError(
            f"What “{run.name}” needs to go on is gone. Start a new run from its best "
            "epoch instead."
        )
    recorder.rewind(state.epoch)
    return plans.of(work, run, resume=True)


class Recorder:
    """Writes into the store what a training tells."""

    def __init__(self, work: Work, run_id: int) -> None:
        self._work, self._db, self._run_id = work, work.db, run_id
        self.stop_requested = work.stop_requested

    def progress(
        self,
        done: int,
        total: int,
        message: str,
        seconds_left: float | None,
        /,
        **facts: float,
    ) -> None:
        self._work.report(done, total, message, seconds_left, **facts)

    def steps(self, events: Sequence[StepEnded]) -> None:
        steps.add(self._db, self._run_id, events)

    def epoch(self, event: EpochEnded) -> None:
        runs.add_epoch(self._db, self._run_id, event)
        print(words.epoch_line(event))

    def rewind(self, epoch: int) -> None:
        runs.forget_after(self._db, self._run_id, epoch)
        steps.forget_after(self._db, self._run_id, epoch)

    def keep(self, epoch: int, path: Path) -> None:
        stored = path.relative_to(self._work.settings.home)
        size = path.stat().st_size
        runs.keep_checkpoint(self._db, Checkpoint(self._run_id, epoch, stored, size))

    def drop(self, epoch: int) -> bool:
        return runs.drop_checkpoint(self._db, self._run_id, epoch)

    def note(self, text: str) -> None:
        notes.add(self._db, self._run_id, text)
        print(text)
