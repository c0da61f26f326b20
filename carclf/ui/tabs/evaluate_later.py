"""Evaluate, what a worker makes when it is first asked for: neighbours and a map."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs
from carclf.records import FINISHED, Job
from carclf.settings import Settings
from carclf.store import connect
from carclf.store import jobs as stored
from carclf.ui import cards
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import on_tick, wire

REFRESH_S = 1.5


class Later(NamedTuple):
    """What asks for it.

    Attributes:
        ended: The id of the job that made it, once it has ended.
    """

    told: Any
    button: Any
    timer: Any
    ended: Any


def build(settings: Settings, evaluation: gr.Dropdown, ask: str) -> Later:
    """Lay out a button that queues the work, and tell how it goes.

    Args:
        ask: What the button says.
    """
    told = gr.HTML()
    button = gr.Button(ask, size="sm", visible=False)
    later = Later(told, button, gr.Timer(REFRESH_S, active=False), gr.State())
    wire(button.click, partial(submit, settings), evaluation, later)
    on_tick(later.timer, partial(watch, settings), evaluation, later)
    return later


def state(settings: Settings, evaluation_id: int | None, missing: str) -> Later:
    """Return the button if something is missing, and how far its making is.

    Args:
        missing: What to say where nothing makes it yet; empty if nothing is missing.
    """
    job = _job(settings, evaluation_id) if missing else None
    if job is None or job.status in FINISHED:
        trouble = cards.job(job) if job is not None and job.status != "done" else ""
        told = trouble + (f'<p class="where">{missing}</p>' if missing else "")
        visible = gr.update(visible=bool(missing))
        return Later(told, visible, gr.Timer(active=False), gr.skip())
    hidden = gr.update(visible=False)
    return Later(cards.job(job), hidden, gr.Timer(active=True), gr.skip())


@shown_to_user
def submit(settings: Settings, evaluation_id: int) -> Later:
    """Queue the work of an evaluation; return how it stands."""
    job = jobs.submit_neighbours(settings, evaluation_id)
    hidden = gr.update(visible=False)
    return Later(cards.job(job), hidden, gr.Timer(active=True), None)


@shown_to_user
def watch(settings: Settings, evaluation_id: int | None) -> Later:
    """Return how the work goes, and that it has ended once it has."""
    job = _job(settings, evaluation_id)
    if job is not None and job.status not in FINISHED:
        return Later(cards.job(job), gr.skip(), gr.skip(), gr.skip())
    failed = job is not None and job.status != "done"
    return Later(
        cards.job(job) if failed else "",
        gr.update(visible=failed),
        gr.Timer(active=False),
        job.id if job is not None else None,
    )


def _job(settings: Settings, evaluation_id: int | None) -> Job | None:
    """Return the newest job that was asked to make it."""
    with connect(settings.db_path) as db:
        return next(
            (
                job
                for job in stored.every(db)
                if job.kind == "neighbours"
                and job.settings["evaluation_id"] == evaluation_id
            ),
            None,
        )
