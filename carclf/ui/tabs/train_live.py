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
from carclf.ui.tabs import train_curves, train_headline
from carclf.ui.tabs.train_curves import Wanted
from carclf.ui.tabs.train_headline import Told

ENDED_SHOWN = 8
LOG_LINES = 60
# Between two questions to the server, in seconds.
BUSY_S, IDLE_S = 2.0, 8.0

Update = dict[str, Any]


class View(NamedTuple):
    """Everything that follows from the store, in the order of the outputs."""

    run: Update
    others: Update
    headline: str
    left: Figure | None
    right: Figure | None
    log: str
    stop_after_epoch: Update
    stop_now: Update
    fine_tune: Update
    queue: str
    pace: float


def view(settings: Settings, run_id: int | None, wanted: Wanted) -> View:
    """Return what is to be seen of a run (the one at work, or the newest, if None)."""
    with connect(settings.db_path) as db:
        known = runs.every(db)
        waiting, ended = _queue(db)
        run = chosen(known, run_id)
        if run is None:
            return _nothing(queue.table(waiting, ended))
        job = stored_jobs.of_run(db, run.id)
        beside = [one for one in known if one.id in wanted.others and one != run]
        courses = train_curves.courses(db, run, job, beside)
        told = _told(db, courses[0], job, waiting)
        can_start = bool(runs.checkpoints(db, run.id))
        labels = choices.runs(db)
    look = curves.Look(wanted.along, wanted.smoothing, wanted.is_log)
    goes_on = run.status == "running"
    is_asked = job is not None and job.stop_requested
    return View(
        run=picker(labels, run.id, run_id),
        others=gr.update(choices=[one for one in labels if one[1] != run.id]),
        headline=train_headline.of(told),
        left=curves.draw(wanted.first, courses, look),
        right=curves.draw(wanted.second, courses, look),
        log=jobs.log_tail(settings, job, LOG_LINES) if job else "",
        stop_after_epoch=gr.update(interactive=goes_on and not is_asked),
        stop_now=gr.update(interactive=goes_on),
        fine_tune=gr.update(interactive=can_start and not goes_on),
        queue=queue.table(waiting, ended),
        pace=BUSY_S if waiting else IDLE_S,
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


def _queue(db: Database) -> tuple[list[Job], list[Job]]:
    ended = [job for job in stored_jobs.every(db) if job.ended_at is not None]
    return stored_jobs.unfinished(db), ended[:ENDED_SHOWN]


def _nothing(queued: str) -> View:
    off: Update = gr.update(interactive=False)
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
        log="",
        stop_after_epoch=off,
        stop_now=off,
        fine_tune=off,
        queue=queued,
        pace=BUSY_S,
    )
