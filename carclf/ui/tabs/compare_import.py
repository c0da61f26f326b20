"""Importing the runs of earlier experiments: a folder, a button, what came of it."""

from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from carclf import jobs
from carclf.errors import DatasetError
from carclf.records import Job
from carclf.settings import Settings
from carclf.ui import cards, progress
from carclf.ui.changes import memory, only_changes
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import clock, on_show, on_tick, wire


def build(settings: Settings, tab: gr.Tab) -> None:
    """Lay out the import; what it says is kept up to date."""
    with gr.Accordion("Import runs", open=False):
        gr.HTML(
            cards.note(
                "A folder of experiments on the machine that runs carclf: config.yml, "
                "TensorBoard event files, weights where there are any. What was "
                "imported before is not imported again."
            )
        )
        folder = gr.Textbox(
            label="Folder of experiments",
            placeholder="/home/me/experiments",
            max_lines=1,
        )
        button = gr.Button("Import runs", variant="primary")
        outcome, seen = gr.HTML(apply_default_css=False), memory()
    shown = partial(refresh, settings)
    on_show(tab, shown, seen, [outcome, seen])
    on_tick(clock(), shown, seen, [outcome, seen])
    wire(
        [button.click, folder.submit],
        partial(start, settings),
        folder,
        [outcome, seen],
    )


@shown_to_user
def start(settings: Settings, folder: str | None) -> tuple[Any, ...]:
    """Queue the import of a folder."""
    if not (folder or "").strip():
        raise DatasetError("Give the folder that the experiments lie in.")
    jobs.submit_run_import(settings, Path(str(folder).strip()))
    return refresh(settings, None)


@shown_to_user
def refresh(settings: Settings, seen: str | None) -> tuple[Any, ...]:
    """Return how the newest import goes, or what came of it."""
    return only_changes([told(progress.latest(settings, "import_runs"))], seen)


def told(job: Job | None) -> str:
    """Return a job in words, and of each experiment what was taken and left."""
    if job is None or not job.result:
        return cards.job(job)
    parts = "".join(
        f"<details><summary>{escape(name)}</summary>"
        f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul></details>"
        for name, lines in jobs.import_report(job)
    )
    summary = cards.note(f"{job.result['summary']}.", "good")
    return f'{cards.job(job)}{summary}<div class="report">{parts}</div>'
