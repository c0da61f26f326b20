"""Datasets, importing: look at a folder, correct what was recognised, import it."""

from functools import partial
from typing import Any

import gradio as gr

from carclf import jobs
from carclf.datasets.sources import parse
from carclf.errors import DatasetError
from carclf.settings import Settings
from carclf.ui import cards
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire
from carclf.ui.tabs import datasets_look
from carclf.ui.tabs.datasets_look import path_of, reading_of


def build(settings: Settings, importing: gr.HTML) -> None:
    """Lay out the panel; the import is told of in `importing`."""
    with gr.Accordion("Import a folder", open=False):
        folder = gr.Textbox(
            label="Folder on this machine",
            placeholder="/home/me/cars",
            info="Class folders, a table (CSV), the Stanford Cars devkit, COCO or "
            "Pascal VOC.",
        )
        look = datasets_look.build(settings, folder)
        with look.found:
            name = gr.Textbox(
                label="Name of the imported version", placeholder="the folder's name"
            )
            start = gr.Button("Import folder", variant="primary")
    wire(
        start.click,
        partial(import_folder, settings),
        [look.looked, folder, name, *look.corrections],
        importing,
        api_name="import_folder",
    )


@shown_to_user
def import_folder(
    settings: Settings, looked: str, folder: str, name: str, *corrections: Any
) -> str:
    """Queue the import; return how the job stands."""
    path = path_of(folder)
    if folder != looked:
        raise DatasetError(
            f"What is shown is {looked or 'no folder yet'}. Look at {path} before you "
            "import it."
        )
    reading = reading_of(*corrections)
    job = jobs.submit_import(settings, [parse(str(path))], name or "", reading=reading)
    return cards.job(job)
