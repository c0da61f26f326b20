"""The queue as a table, with a button beside each thing that can be done to a job."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs, words
from carclf.records import Job
from carclf.settings import Settings
from carclf.store import connect
from carclf.store import jobs as stored_jobs
from carclf.ui import cards, notify
from carclf.ui.errors import shown_to_user

HELD = (
    "The queue waits, because its last job failed. Look at the reason below; what is "
    "left starts when you say so."
)

# A click on a button is a `select`: its index the job, its value what to do.
_CLICKS = """
element.addEventListener('click', event => {
  const button = event.target.closest('button[data-do]');
  if (button) trigger('select', {
    index: Number(button.dataset.job), value: button.dataset.do});
});
"""
_SIGNS = {"up": "↑", "down": "↓", "remove": "Remove", "stop": "Stop"}
_SAYS = {
    "up": "Move “{}” up",
    "down": "Move “{}” down",
    "remove": "Remove “{}” from the queue",
    "stop": "Stop “{}”",
}


class Queue(NamedTuple):
    """The components, in the order of `Shown`."""

    held: gr.HTML
    release: gr.Button
    continues: gr.Checkbox
    jobs: gr.HTML


class Shown(NamedTuple):
    """What a queue shows."""

    held: str
    release: dict[str, Any]
    continues: bool
    jobs: str


def build() -> Queue:
    """Lay out an empty queue, with what happens to it after a failure."""
    held = gr.HTML()
    go_on = gr.Button("Go on with the queue", visible=False, size="sm")
    with gr.Row(elem_classes="switches"):
        continues = gr.Checkbox(
            True, label="Continue after a failure", container=False, min_width=220
        )
        notify.switch()
    rows = gr.HTML(js_on_load=_CLICKS, apply_default_css=False)
    return Queue(held, go_on, continues, rows)


def shown(
    unfinished: Sequence[Job], ended: Sequence[Job], is_held: bool, continues: bool
) -> Shown:
    """Return what the queue shows; `is_held` while it waits for a person."""
    return Shown(
        cards.note(HELD if is_held else "", "warn"),
        gr.update(visible=is_held),
        continues,
        table(unfinished, ended),
    )


def table(unfinished: Sequence[Job], ended: Sequence[Job]) -> str:
    """Return what runs and waits in the order of the queue, then what ended."""
    if not unfinished and not ended:
        return cards.empty(
            "The queue is empty", "Trainings and other long work wait here in turn."
        )
    waiting = [job.id for job in unfinished if job.status == "queued"]
    rows = [_row(job, _actions(job, waiting)) for job in unfinished]
    rows += [_row(job, []) for job in ended]
    return (
        '<table class="sheet jobs" aria-label="Queue"><thead><tr><th>Job</th>'
        "<th>Status</th><th>What happened</th><th>Order</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _actions(job: Job, waiting: list[int]) -> list[str]:
    if job.status == "running":
        # A training has its own two ways to stop, above the curves.
        return [] if job.kind == "train" else ["stop"]
    actions = ["up"] if job.id != waiting[0] else []
    actions += ["down"] if job.id != waiting[-1] else []
    return [*actions, "remove"]


def _row(job: Job, actions: list[str]) -> str:
    buttons = "".join(
        f'<button type="button" data-do="{action}" data-job="{job.id}"'
        f' aria-label="{escape(_SAYS[action].format(job.title))}">{_SIGNS[action]}'
        "</button>"
        for action in actions
    )
    return (
        f'<tr class="{job.status}"><td>{escape(job.title)}</td>'
        f'<td><b class="badge {job.status}">{job.status}</b></td>'
        f"<td>{escape(_happened(job))}</td><td>{buttons}</td></tr>"
    )


def _took(job: Job) -> str:
    if job.started_at is None or job.ended_at is None:
        return ""
    begun, ended = map(datetime.fromisoformat, (job.started_at, job.ended_at))
    return f"took {words.duration((ended - begun).total_seconds())}"


def _happened(job: Job) -> str:
    if job.status == "queued":
        return f"since {words.local_time(job.created_at)}"
    if job.status != "running":
        said = job.reason or _took(job)
        return f"{words.local_time(job.ended_at)} · {said}".removesuffix(" · ")
    left = job.progress.get("seconds_left")
    parts = [words.percent(cards.done_share(job)), job.progress.get("message") or ""]
    parts += [words.time_left(left)] if left is not None else []
    return " · ".join(part for part in parts if part)


@shown_to_user
def change(settings: Settings, job_id: int, what: str) -> None:
    """Do to a job what its button in the queue says."""
    if what in ("remove", "stop"):
        jobs.stop_now(settings, job_id)
        return
    with connect(settings.db_path) as db:
        stored_jobs.move(db, job_id, -1 if what == "up" else 1)


@shown_to_user
def release(settings: Settings) -> None:
    """Let the queue go on, past the failure that holds it."""
    jobs.release(settings)


@shown_to_user
def continue_after_failure(settings: Settings, wanted: bool) -> None:
    jobs.continue_after_failure(settings, wanted)
