"""How a run goes, in words and curves, always as the store has it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs, recorded
from carclf.records import Job, Run
from carclf.settings import Settings
from carclf.store import Database, connect, notes, runs, versions
from carclf.store import jobs as stored_jobs
from carclf.ui import cards, choices, curves, queue
from carclf.ui.chart import Figure
from carclf.ui.courses import Course
from carclf.ui.tabs import train_control, train_curves, train_headline, train_weights
from carclf.ui.tabs.train_curves import Wanted
from carclf.ui.tabs.train_headline import Told

ENDED_SHOWN = 8
LOG_LINES = 60

Update = dict[str, Any]


class View(NamedTuple):
    """Everything that follows from the store."""

    run: Update
    others: Update
    headline: str
    left: Figure | None
    right: Figure | None
    log: str
    controls: train_control.Shown
    weights: train_weights.Shown
    queue: queue.Shown

    @property
    def values(self) -> list[Any]:
        """In the order of the outputs."""
        return [*self[:6], *self.controls, *self.weights, *self.queue]


def view(settings: Settings, run_id: int | None, wanted: Wanted) -> View:
    """Return what is to be seen of a run (the one at work, or the newest, if None)."""
    # As of one moment, for a run may be deleted meanwhile, in another window.
    with connect(settings.db_path) as db, db.snapshot():
        known = runs.every(db)
        waiting = stored_jobs.unfinished(db)
        queued = _queue(settings, db, waiting)
        run = chosen(known, run_id)
        if run is None:
            return _nothing(queued)
        job = stored_jobs.of_run(db, run.id)
        beside = [one for one in known if one.id in wanted.others and one != run]
        courses = train_curves.courses(db, run, job, beside)
        told = _told(db, courses[0], job, waiting)
        controls = train_control.shown(settings, db, run, job)
        weights = train_weights.shown(settings, db, run)
        labels = choices.runs(db)
        log = jobs.log_tail(settings, db, job, LOG_LINES) if job else ""
    look = curves.Look(wanted.along, wanted.smoothing, wanted.scale == "log")
    return View(
        run=picker(labels, run.id, run_id),
        others=gr.update(choices=[one for one in labels if one[1] != run.id]),
        headline=train_headline.of(told),
        left=curves.draw(wanted.first, courses, look),
        right=curves.draw(wanted.second, courses, look),
        log=cards.log(log),
        controls=controls,
        weights=weights,
        queue=queued,
    )


def picker(labels: Sequence[tuple[str, int]], run_id: int, asked: int | None) -> Update:
    """Return the runs to choose from; turned to another only if that was asked for.

    An answer that comes late must not turn back a page that has moved on meanwhile.
    """
    if run_id == asked:
        return gr.update(choices=labels)
    return gr.update(choices=labels, value=run_id)


def chosen(known: Sequence[Run], run_id: int | None) -> Run | None:
    """Return the run asked for, else the one at work, else the newest."""
    wanted = next((run for run in known if run.id == run_id), None)
    at_work = next((run for run in known if run.status == "running"), None)
    return wanted or at_work or next(iter(known), None)


def _told(
    db: Database, course: Course, job: Job | None, waiting: Sequence[Job]
) -> Told:
    run = course.run
    version = versions.get(db, run.version_id) if run.version_id else None
    return Told(
        run,
        job,
        course.history,
        course.best,
        notes.of_run(db, run.id),
        images=recorded.images(run, version),
        parent=runs.get(db, run.parent_id).name if run.parent_id else None,
        before=waiting.index(job) if job in waiting else 0,
    )


def _queue(settings: Settings, db: Database, waiting: Sequence[Job]) -> queue.Shown:
    ended = [job for job in stored_jobs.every(db) if job.ended_at is not None]
    return queue.shown(
        waiting,
        ended[:ENDED_SHOWN],
        jobs.is_held(settings),
        jobs.continues_after_failure(settings),
    )


def _nothing(queued: queue.Shown) -> View:
    return View(
        run=gr.update(choices=[], value=None),
        others=gr.update(choices=[]),
        headline=cards.empty(
            "No run yet",
            "Press “Start training”: the sample and a quick recipe are chosen already. "
            "The curves appear here and move while it learns.",
        ),
        left=None,
        right=None,
        log=cards.log(""),
        controls=train_control.nothing(),
        weights=train_weights.nothing(),
        queue=queued,
    )
