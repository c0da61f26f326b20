"""Background, a whole version: its treatment as a job, how it goes, what failed."""

from functools import partial
from typing import Any

import gradio as gr

from carclf import jobs
from carclf.errors import DatasetError
from carclf.settings import Settings
from carclf.ui import cards, progress
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import go_to, wire
from carclf.ui.tabs.background_treatment import Form, treatment


def build(settings: Settings, tab: gr.Tab, version: gr.Dropdown, form: Form) -> None:
    with gr.Column(elem_classes="sheet"):
        gr.HTML("<h3>The whole version</h3>")
        name = gr.Textbox(
            label="Name of the treated version", placeholder="sample without background"
        )
        start = gr.Button("Remove backgrounds of the whole version", variant="primary")
        treating = gr.HTML()
    train = gr.Button("Train on a version", size="sm")
    go_to(train, "train")
    wire(
        start.click,
        partial(treat_version, settings),
        [version, name, *form],
        treating,
    )
    wire(gr.Timer(2).tick, partial(treating_now, settings), outputs=treating)


@shown_to_user
def treat_version(
    settings: Settings,
    version_id: int | None,
    name: str,
    *fields: Any,
) -> str:
    """Queue the treatment of a whole version; return how the job stands."""
    if version_id is None:
        raise DatasetError("There is no version to treat. Import photographs first.")
    how = treatment(settings, *fields)
    return cards.job(jobs.submit_background(settings, version_id, how, name))


@shown_to_user
def treating_now(settings: Settings) -> str:
    return cards.job(progress.latest(settings, "background"))
