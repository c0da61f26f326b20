"""Predict: drop a photograph, be told what it is and where the network looked."""

import csv
import time
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

import gradio as gr
import pandas as pd

from carclf import words
from carclf.bundle import Bundle, Look
from carclf.errors import BundleError, UnreadableImageError
from carclf.settings import Settings
from carclf.ui import bundles, cards, pictures
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import go_to, on_show, wire
from carclf.ui.tabs import predict_export

COLUMNS = [
    "file",
    "class",
    "probability",
    "second class",
    "second probability",
    "note",
]
WIDTHS: list[int | str] = ["20%", "18%", "11%", "18%", "11%", "22%"]
NO_RUN = cards.empty(
    "No trained network yet",
    "Train one first: the Train tab has a recipe that takes a minute on the sample.",
)
NO_IMAGE = cards.empty(
    "Drop a photograph",
    "The five likeliest classes appear here, with what the network saw and looked at.",
)

View = tuple[Any, ...]


class _Answer(NamedTuple):
    """What `look` fills, in its order."""

    top: gr.HTML
    seen: gr.Image
    looked_at: gr.Image
    told: gr.HTML


def build(settings: Settings) -> None:
    with gr.Tab("Predict", id="predict") as tab:
        gr.HTML(
            cards.heading(
                "Predict",
                "Drop a photograph to be told what it is. It is prepared just as the "
                "run's training images were.",
            )
        )
        with gr.Row(equal_height=True, elem_classes="bar-row"):
            run = gr.Dropdown(label="Run to ask", choices=[], scale=4, min_width=240)
            train = gr.Button("Go to training", scale=1, min_width=140)
        about = gr.HTML()
        with gr.Row(elem_classes="split") as asking:
            with gr.Column(scale=3, min_width=300):
                dropped = gr.Image(
                    label="Photograph",
                    type="filepath",
                    sources=["upload", "webcam", "clipboard"],
                    height=400,
                    elem_classes="stage",
                )
            with gr.Column(scale=4, min_width=320):
                answer = _build_answer()
        many = _build_many(settings, run)
        exporting = predict_export.build(settings, tab, run)
    go_to(train, "train")
    shown = [run, about, train, asking, many, exporting]
    on_show(tab, partial(open_tab, settings), run, shown)
    wire(run.change, partial(about_run, settings), run, about)
    wire(
        [dropped.input, dropped.clear, run.input],
        partial(look, settings),
        [run, dropped],
        answer,
        api_name="predict",
        is_slow=True,
        trigger_mode="always_last",
    )


def _build_answer() -> _Answer:
    top = gr.HTML(NO_IMAGE)
    with gr.Row():
        seen = gr.Image(
            label="What the network saw",
            alt_text="The photograph as prepared for the network",
            interactive=False,
            visible=False,
            buttons=[],
            min_width=140,
            elem_classes="captioned",
        )
        looked_at = gr.Image(
            label="What it looked at",
            alt_text="Bright where the network found its evidence",
            interactive=False,
            visible=False,
            buttons=[],
            min_width=140,
            elem_classes="captioned",
        )
    return _Answer(top, seen, looked_at, gr.HTML())


def _build_many(settings: Settings, run: gr.Dropdown) -> gr.Accordion:
    many = gr.Accordion("Several photographs at once", open=False)
    with many:
        files = gr.File(
            label="Photographs", file_count="multiple", file_types=["image"], height=140
        )
        table = gr.Dataframe(
            headers=COLUMNS,
            label="Predictions",
            interactive=False,
            visible=False,
            wrap=True,
            column_widths=WIDTHS,
        )
        download = gr.DownloadButton("Download CSV", visible=False)
    wire(
        [files.change, run.input],
        partial(predict_many, settings),
        [run, files],
        [table, download],
        api_name="predict_many",
        is_slow=True,
        trigger_mode="always_last",
    )
    return many


@shown_to_user
def open_tab(settings: Settings, chosen: int | None) -> View:
    """Return the runs that can predict, about the chosen one, and what can be done."""
    found = bundles.choices(settings)
    ids = [run_id for _, run_id in found]
    if chosen not in ids:
        chosen = ids[0] if ids else None
    shown = gr.update(visible=bool(ids))
    return (
        gr.update(choices=found, value=chosen),
        about_run(settings, chosen),
        gr.update(variant="secondary" if ids else "primary"),
        shown,
        shown,
        shown,
    )


@shown_to_user
def about_run(settings: Settings, run_id: int | None) -> str:
    """Return what the run's network is, and how it wants its images."""
    if run_id is None:
        return NO_RUN
    bundle = bundles.load(settings, run_id)
    how = bundle.preparation
    facts = bundle.facts
    return cards.facts(
        [
            (str(facts.get("backbone", "–")), f"epoch {facts.get('epoch', '–')}"),
            (f"{len(bundle.classes):,}", "classes"),
            (f"{how.width} × {how.height}, {how.resize}", "input"),
            (
                "kept" if how.treatment.remover == "none" else how.treatment.remover,
                "background",
            ),
        ]
    )


@shown_to_user
def look(
    settings: Settings, run_id: int | None, payload: dict[str, Any] | None
) -> View:
    """Return the top five, both pictures, and how it went in words."""
    hidden = gr.update(value=None, visible=False)
    dropped = pictures.dropped(payload)
    if dropped is None:
        return NO_IMAGE, hidden, hidden, ""
    bundle = _bundle(settings, run_id)
    image = pictures.read_dropped(*dropped)
    begun = time.perf_counter()
    found = bundle.look(image)
    took_s = time.perf_counter() - begun
    lit = pictures.spotlight(found.prepared.image, found.activation)
    return (
        top_bars(found),
        gr.update(value=found.prepared.image, visible=True),
        gr.update(value=lit, visible=True),
        told(found, took_s),
    )


def top_bars(found: Look) -> str:
    """Return the five likeliest classes as bars, the first in colour."""
    bars = "".join(
        cards.bar(
            label, probability, words.percent(probability, 1), "" if place else "first"
        )
        for place, (label, probability) in enumerate(found.prediction.top)
    )
    return f'<section class="top-five" aria-label="Likeliest classes">{bars}</section>'


def told(found: Look, took_s: float) -> str:
    warning = cards.note(found.prepared.warning or "", "warn")
    return warning + f'<p class="where">Answered in {words.duration(took_s)}.</p>'


@shown_to_user
def predict_many(
    settings: Settings, run_id: int | None, payloads: list[dict[str, Any]] | None
) -> View:
    """Return a table with one row a file, and the same as a CSV file."""
    if not payloads:
        hidden = gr.update(visible=False)
        return hidden, hidden
    bundle = _bundle(settings, run_id)
    rows = [_row(bundle, payload) for payload in payloads]
    shown = [[_on_screen(value) for value in row] for row in rows]
    table = pd.DataFrame(shown, columns=COLUMNS)
    return (
        gr.update(value=table, visible=True),
        gr.update(value=str(_csv(settings, rows)), visible=True),
    )


def _bundle(settings: Settings, run_id: int | None) -> Bundle:
    if run_id is None:
        raise BundleError("There is no trained network yet. Train one first.")
    return bundles.load(settings, run_id)


def _row(bundle: Bundle, payload: dict[str, Any]) -> list[str | float]:
    """Return a file's line, in the order of COLUMNS; one that is no image says so."""
    dropped = pictures.dropped(payload)
    assert dropped is not None
    path, name = dropped
    try:
        found = bundle.look(pictures.read_dropped(path, name))
    except UnreadableImageError as error:
        return [name, "", "", "", "", str(error)]
    first, second, *_ = [*found.prediction.top, ("", "")]
    return [name, *first, *second, found.prepared.warning or ""]


def _on_screen(value: str | float) -> str:
    return value if isinstance(value, str) else words.percent(value, 1)


def _csv(settings: Settings, rows: list[list[str | float]]) -> Path:
    """Write the lines to a file of its own; probabilities as shares of 1."""
    settings.uploads.mkdir(parents=True, exist_ok=True)
    path = Path(mkdtemp(dir=settings.uploads)) / "predictions.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow(
                value if isinstance(value, str) else f"{value:.6f}" for value in row
            )
    return path
