"""Datasets, health: what is wrong with a version, its pictures, and what helps."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs, words
from carclf.datasets import health
from carclf.errors import DatasetError
from carclf.records import FINISHED, Job
from carclf.settings import Settings
from carclf.store import connect
from carclf.store import jobs as stored_jobs
from carclf.ui import cards
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import on_tick, wire
from carclf.ui.tabs import datasets_health_counts, datasets_health_findings

REFRESH_S = 1.5
NOT_YET = (
    "Nobody has looked at these images yet; below is what their list tells. Looking "
    "finds damaged, dark, blurred, grey and turned images, and the same picture twice."
)
Update = dict[str, Any]


class Looking(NamedTuple):
    """What asks for a look at every image.

    Attributes:
        ended: The id of the job that did it last, once it has ended.
    """

    told: Any
    button: Any
    stop: Any
    timer: Any
    ended: Any


def build(settings: Settings, version: gr.Dropdown, in_short: gr.HTML) -> Any:
    """Lay out the sub-tab; return the event of freezing a new version in it.

    Args:
        in_short: Where a line on the version's health stands.
    """
    with gr.Tab("Health", id="health") as tab:
        looking = _build_looking()
        with gr.Tabs(overflow_behavior="wrap"):
            with gr.Tab("Findings", id="findings"):
                view, frozen = datasets_health_findings.build(settings, version)
            with gr.Tab("Counts and sizes", id="counts") as counts_tab:
                datasets_health_counts.build(settings, counts_tab, version)
    for button, handler in ((looking.button, submit), (looking.stop, stop)):
        wire(button.click, partial(handler, settings), version, looking)
    on_tick(looking.timer, partial(watch, settings), version, looking)
    wire(
        [tab.select, version.change, looking.ended.change],
        partial(open_tab, settings),
        version,
        [in_short, *looking[:4], *view],
    )
    return frozen


def _build_looking() -> Looking:
    with gr.Row(equal_height=True):
        with gr.Column(scale=5, min_width=300):
            told = gr.HTML()
        button = gr.Button("Look at every image", scale=1, min_width=160)
        stop = gr.Button("Stop looking", visible=False, scale=1, min_width=160)
    return Looking(told, button, stop, gr.Timer(REFRESH_S, active=False), gr.State())


def summary(settings: Settings, version_id: int | None) -> str:
    """Return in a line what is wrong with a version, for the head of its tab."""
    if version_id is None:
        return ""
    found = health.glance(settings, version_id)
    grave = sum(one.of.grade == "grave" for one in found.findings)
    if found.at is None:
        so_far = f" {_number(found)} so far." if found.findings else ""
        said = f"its images were not looked at yet.{so_far} See “Health”."
        return cards.note(f"Health: {said}", "warn" if grave else "plain")
    if not found.findings:
        return cards.note("Health: nothing to object to.", "good")
    said = f"{_number(found)}, {grave} of them grave. See “Health”."
    return cards.note(f"Health: {said}", "warn" if grave else "plain")


@shown_to_user
def open_tab(settings: Settings, version_id: int | None) -> tuple[Any, ...]:
    """Return health in short, how looking stands, and the gravest finding opened."""
    return (
        summary(settings, version_id),
        *_state(settings, version_id)[:4],
        *datasets_health_findings.open_version(settings, version_id),
    )


@shown_to_user
def submit(settings: Settings, version_id: int | None) -> Looking:
    """Queue a look at every image of the version; return how it stands."""
    if version_id is None:
        raise DatasetError("There is no version to look at. Import photographs first.")
    jobs.submit_health(settings, version_id)
    return _state(settings, version_id)


@shown_to_user
def stop(settings: Settings, version_id: int | None) -> Looking:
    job = _job(settings, version_id)
    if job is not None and job.status not in FINISHED:
        jobs.stop_after_epoch(settings, job.id)
    return _state(settings, version_id)


@shown_to_user
def watch(settings: Settings, version_id: int | None) -> Looking:
    """Return how looking goes, and that it has ended once it has."""
    return _state(settings, version_id)


def _state(settings: Settings, version_id: int | None) -> Looking:
    if version_id is None:
        none = cards.note("There is no version yet. Import photographs first.")
        hidden = gr.update(visible=False)
        return Looking(none, hidden, hidden, gr.Timer(active=False), None)
    job, found = _job(settings, version_id), health.glance(settings, version_id)
    is_going = job is not None and job.status not in FINISHED
    if is_going:
        told = cards.job(job)
    elif found.at is not None:
        told = cards.note(
            f"Looked at on {words.date(found.at)}: {_number(found)}.",
            "plain" if found.findings else "good",
        )
    else:
        told = cards.note(NOT_YET)
    if job is not None and job.status in ("failed", "stopped"):
        told = cards.job(job) + told
    is_new = found.at is None
    return Looking(
        told,
        gr.update(
            value="Look at every image" if is_new else "Look again",
            variant="primary" if is_new else "secondary",
            visible=not is_going,
        ),
        gr.update(visible=is_going),
        gr.Timer(active=is_going),
        job.id if job is not None and not is_going else None,
    )


def _number(found: health.Checkup) -> str:
    return words.count(len(found.findings), "finding")


def _job(settings: Settings, version_id: int | None) -> Job | None:
    """Return the newest look at a version."""
    with connect(settings.db_path) as db:
        every = stored_jobs.every(db)
    wanted = ("health", {"version_id": version_id})
    return next((job for job in every if (job.kind, job.settings) == wanted), None)
