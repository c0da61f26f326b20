"""Compare, on paper: a report of the chosen runs, as one file to keep or to send."""

from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

import gradio as gr

from carclf import report, words
from carclf.errors import CarclfError
from carclf.settings import Settings
from carclf.ui import cards
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire


class Written(NamedTuple):
    """What came of it: components in the layout, their values in a handler."""

    said: Any
    page: Any
    markdown: Any


def build(settings: Settings, chosen: gr.Dropdown) -> None:
    """Lay out the button; `chosen` holds the ids of the runs to report on."""
    with gr.Row(equal_height=True, elem_classes="bar-row"):
        title = gr.Textbox(
            label="Title of the report",
            placeholder="Made from the runs' names",
            max_lines=1,
            min_width=200,
            scale=3,
        )
        button = gr.Button("Write report", min_width=120)
        page = gr.DownloadButton("Download HTML", visible=False, min_width=120)
        markdown = gr.DownloadButton("Download Markdown", visible=False, min_width=120)
    said = gr.HTML()
    wire(
        [button.click, title.submit],
        partial(write, settings),
        [chosen, title],
        list(Written(said, page, markdown)),
        is_slow=True,
    )


@shown_to_user
def write(settings: Settings, chosen: list[int] | None, title: str | None) -> Written:
    """Write a report of the runs in both forms, and offer them."""
    if not chosen:
        raise CarclfError("Choose the runs to report on first, above.")
    document = report.make(settings, chosen, title or "")
    settings.uploads.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(dir=settings.uploads))
    page, packed = folder / "report.html", folder / "report.zip"
    report.write(settings, document, page, "html")
    report.write(settings, document, packed, "zip")
    said = (
        f"“{document.title}” is written: as one HTML file "
        f"({words.size(page.stat().st_size)}), and as Markdown with its images "
        f"({words.size(packed.stat().st_size)})."
    )
    return Written(
        cards.note(said, "good"),
        gr.update(value=str(page), visible=True),
        gr.update(value=str(packed), visible=True),
    )
