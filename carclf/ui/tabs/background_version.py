"""Background, a whole version: its treatment as a job, how it goes, what failed."""

from functools import partial
from typing import Any

import gradio as gr

from carclf import jobs, words
from carclf.errors import DatasetError
from carclf.records import FINISHED, Job
from carclf.settings import Settings
from carclf.store import connect, stamp
from carclf.store import jobs as stored_jobs
from carclf.store import versions as stored
from carclf.ui import cards, progress
from carclf.ui.changes import memory, since
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import clock, go_to, on_show, on_tick, wire
from carclf.ui.tabs.background_treatment import Form, treatment

# Of those that failed, as many as anybody reads; the version tells them all.
LISTED = 100

View = tuple[Any, ...]


def build(settings: Settings, tab: gr.Tab, version: gr.Dropdown, form: Form) -> None:
    """Lay out the name, the button, and how the treating goes."""
    with gr.Column(elem_classes="sheet"):
        gr.HTML("<h3>The whole version</h3>")
        name = gr.Textbox(
            label="Name of the treated version", placeholder="sample without background"
        )
        start = gr.Button("Remove backgrounds of the whole version", variant="primary")
        told = gr.HTML()
        with gr.Row():
            stop = gr.Button("Stop removing", visible=False, size="sm")
            again = gr.Button("Go on removing", visible=False, size="sm")
    train = gr.Button("Train on a version", size="sm")
    go_to(train, "train")
    seen = memory()
    view = [told, stop, again, seen]
    shown = partial(watch, settings)
    on_show(tab, shown, seen, view)
    on_tick(clock(), shown, seen, view)
    wire(
        start.click,
        partial(treat_version, settings),
        [version, name, *form],
        view,
    )
    wire(stop.click, partial(stop_treating, settings), outputs=view)
    wire(again.click, partial(go_on, settings), outputs=view)


@shown_to_user
def treat_version(
    settings: Settings,
    version_id: int | None,
    name: str,
    *fields: Any,
) -> View:
    """Queue the treatment of a whole version; return how the job stands."""
    if version_id is None:
        raise DatasetError("There is no version to treat. Import photographs first.")
    how = treatment(settings, *fields)
    jobs.submit_background(settings, version_id, how, name)
    return watch(settings, None)


@shown_to_user
def stop_treating(settings: Settings) -> View:
    """Ask the treating that runs, or waits, to end; what is treated is kept."""
    progress.stop(settings, "background")
    return watch(settings, None)


@shown_to_user
def go_on(settings: Settings) -> View:
    """Queue the last treating once more; no image is treated twice."""
    progress.go_on(settings, "background")
    return watch(settings, None)


@shown_to_user
def watch(settings: Settings, seen: str | None) -> View:
    """Return how the newest treating goes, unless the page shows it already."""
    return since(stamp(settings.db_path), partial(_view, settings), seen)


def _view(settings: Settings) -> View:
    job = progress.latest(settings, "background")
    told = cards.job(job)
    if job is not None and job.status in FINISHED:
        told += _made(settings, job) + failures(settings, job)
    return told, *progress.offered(job)


def _made(settings: Settings, job: Job) -> str:
    """Return what a treating that is done came to; nothing of another."""
    name = job.settings["name"]
    with connect(settings.db_path) as db:
        made = next((one for one in stored.every(db) if one.name == name), None)
    if job.status != "done" or made is None:
        return ""
    count = words.count(sum(made.counts.values()), "image")
    return cards.note(
        f"“{name}” holds {count}. What is likely wrong among them stands first under "
        "“Review a treated version”."
    )


def failures(settings: Settings, job: Job) -> str:
    """Return which photographs could not be treated, and why."""
    with connect(settings.db_path) as db:
        failed = stored_jobs.skipped(db, job.id)
    lines = [f"{one.path} {one.reason}" for one in failed]
    if len(lines) > LISTED:
        lines[LISTED:] = [f"And {len(lines) - LISTED:,} more."]
    count = words.count(len(failed), "photograph")
    return cards.more(f"{count} could not be treated", lines)
