"""Datasets, exporting a version: how, to where, how it goes, the download."""

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs, words
from carclf.datasets import exporting
from carclf.datasets.exporting import Form
from carclf.errors import DatasetError, JobError
from carclf.records import FINISHED, Job
from carclf.settings import Settings
from carclf.store import connect, versions
from carclf.ui import cards, progress, served
from carclf.ui.changes import memory, only_changes
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import THEN, on_show, on_tick, wire

REFRESH_S = 1.0
FORMS: dict[str, Form] = {
    "Zip, to download": "zip",
    "Folders of splits and classes": "folders",
    "Table (CSV) with its images": "csv",
}
ABOUT = (
    "With labels.csv beside the images, which says class, split and box of each: what "
    "is exported imports as the same version, here or elsewhere. Folders and tables "
    "are written on this machine, as hard links where the disk allows."
)


class _Parts(NamedTuple):
    """What `refresh` fills, in its order, and what it asks for."""

    job: gr.HTML
    stop: gr.Button
    download: gr.DownloadButton
    timer: gr.Timer
    seen: gr.Textbox


def build(settings: Settings, tab: gr.Tab, version: gr.Dropdown) -> None:
    """Lay out the export of the chosen version."""
    gr.HTML("<h3>Export this version</h3>" + cards.note(ABOUT))
    form = gr.Radio(list(FORMS.items()), value="zip", label="Export as")
    target = gr.Textbox(
        label="Folder to write",
        placeholder="/home/me/cars",
        info="On this machine; one that is not there yet.",
        visible=False,
    )
    start = gr.Button("Export version", variant="primary")
    job = gr.HTML()
    stop = gr.Button("Stop the export", visible=False, size="sm")
    download = gr.DownloadButton("Download", visible=False)
    parts = _Parts(job, stop, download, gr.Timer(REFRESH_S, active=False), memory())
    shown = partial(refresh, settings), [version, parts.seen], parts
    on_show(tab, *shown)
    wire(version.change, *shown)
    on_tick(parts.timer, *shown)
    wire(form.input, _names_a_folder, form, target)
    begun = wire(start.click, partial(begin, settings), [version, form, target])
    begun.success(*shown, **THEN)
    wire(stop.click, partial(stop_export, settings)).success(*shown, **THEN)


def _names_a_folder(form: Form) -> dict[str, Any]:
    return gr.update(visible=form != "zip")


@shown_to_user
def begin(
    settings: Settings, version_id: int | None, form: Form, target: str | None
) -> None:
    """Queue an export."""
    if version_id is None:
        raise DatasetError("There is no version to export. Import photographs first.")
    text = (target or "").strip()
    place = Path(text).expanduser() if text and form != "zip" else None
    jobs.submit_version_export(settings, version_id, form, place)


@shown_to_user
def stop_export(settings: Settings) -> None:
    """Ask the export that runs, or waits, to end; nothing is left of it."""
    job = progress.latest(settings, "export_version")
    if job is None or job.status in FINISHED:
        raise JobError("No export is running any more.")
    jobs.stop_after_epoch(settings, job.id)


@shown_to_user
def refresh(
    settings: Settings, version_id: int | None, seen: str | None
) -> tuple[Any, ...]:
    """Return how the newest export of a version goes, and its zip if there is one."""
    job = progress.latest(settings, "export_version")
    if job is not None and job.settings["version_id"] != version_id:
        job = None
    goes_on = job is not None and job.status not in FINISHED
    outputs = (
        cards.job(job) + _where(job),
        gr.update(visible=goes_on),
        _download(settings, None if goes_on else version_id),
        gr.update(active=goes_on),
    )
    return only_changes(outputs, seen)


def _where(job: Job | None) -> str:
    """Return where a folder was written that a person named."""
    if job is None or job.status != "done" or not job.settings["target"]:
        return ""
    return cards.note(f"Written to {job.result['path']}.")


def _download(settings: Settings, version_id: int | None) -> dict[str, Any]:
    hidden = dict(gr.update(visible=False))
    if version_id is None:
        return hidden
    with connect(settings.db_path) as db:
        path = exporting.zip_place(settings, versions.get(db, version_id))
    if not path.is_file():
        return hidden
    label = f"Download {path.name} ({words.size(path.stat().st_size)})"
    return dict(gr.update(label=label, value=served.offer(path), visible=True))
