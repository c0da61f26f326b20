"""Evaluate, what class names tell of make, model, body and year, and corrections."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import hierarchy, words
from carclf.errors import DatasetError
from carclf.hierarchy import COLUMNS, PARTS, Hierarchy
from carclf.settings import Settings
from carclf.ui import cards, downloads, pictures
from carclf.ui.errors import shown_to_user
from carclf.ui.evaluated import Evaluated
from carclf.ui.navigation import wire


class Known(NamedTuple):
    """What is known of an evaluation's classes, in words and as a file."""

    told: Any
    download: Any


def build(settings: Settings) -> tuple[Known, list[Any]]:
    """Lay out the panel; return it with the events after which all numbers differ."""
    with gr.Accordion("Make, model, body and year", open=False):
        told = gr.HTML()
        with gr.Row():
            file = gr.File(
                label="Corrections as CSV: class, make, model, body, year",
                file_types=[".csv"],
                height=120,
            )
            with gr.Column(min_width=200):
                download = gr.DownloadButton("Download what is known as CSV", size="sm")
                forget = gr.Button("Forget my corrections", size="sm")
    said = gr.HTML()
    taken = wire(file.upload, partial(take, settings), file, [said, file])
    forgotten = wire(forget.click, partial(go_back, settings), None, said)
    return Known(told, download), [taken, forgotten]


def fill(settings: Settings, found: Evaluated, known: Hierarchy) -> Known:
    names = sorted({*found.evaluation.classes, *(one.label for one in found.judged)})
    path = downloads.csv_file(
        settings, "hierarchy.csv", COLUMNS, hierarchy.lines(names, known)
    )
    return Known(cards.note(_told(settings, names, known)), path)


def nothing() -> Known:
    return Known("", None)


@shown_to_user
def take(settings: Settings, payload: dict[str, Any] | None) -> tuple[str, None]:
    """Take a dropped file's corrections; return what came of it."""
    dropped = pictures.dropped(payload)
    if dropped is None:
        raise DatasetError("Drop a CSV file with the corrections.")
    path, name = dropped
    corrections = hierarchy.save(settings, path)
    lines = words.count(len(corrections), "class", "classes")
    return cards.note(f"{name} is taken: it says something of {lines}.", "good"), None


@shown_to_user
def go_back(settings: Settings) -> str:
    """Forget the corrections; return what holds now."""
    hierarchy.forget(settings)
    return cards.note("What the names of classes tell holds again.")


def _told(settings: Settings, names: list[str], known: Hierarchy) -> str:
    vehicles = [known.of(name) for name in names]
    counts = ", ".join(
        f"{part} of {sum(getattr(one, part) is not None for one in vehicles)}"
        for part in PARTS
    )
    has_file = hierarchy.place(settings).is_file()
    source = "Names and your corrections" if has_file else "Names"
    return (
        f"{source} tell of {words.count(len(names), 'class', 'classes')}: {counts}. To "
        "correct that, download what is known, change it, and drop it here. An empty "
        "cell leaves what the name tells, a “-” says that there is no such part."
    )
