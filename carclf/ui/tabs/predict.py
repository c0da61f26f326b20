"""Predict: drop a photograph, be told what it is and where the network looked."""

import time
from functools import partial
from typing import Any

import gradio as gr

from carclf.settings import Settings
from carclf.ui import bundles, cards, pictures
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import go_to, on_show, wire
from carclf.ui.tabs import (
    predict_answer,
    predict_export,
    predict_label,
    predict_many,
)
from carclf.ui.tabs.predict_label import Suggestion

NO_RUN = cards.empty(
    "No trained network yet",
    "Train one first: the Train tab has a recipe that takes a minute on the sample.",
)

View = tuple[Any, ...]


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
            others = gr.Dropdown(
                label="Runs to ask as well",
                choices=[],
                multiselect=True,
                scale=4,
                min_width=240,
            )
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
                label = predict_label.build(settings, tab, dropped)
            with gr.Column(scale=4, min_width=320):
                answer = predict_answer.build()
        many = predict_many.build(settings, tab, run, others)
        exporting = predict_export.build(settings, tab, run)
    go_to(train, "train")
    on_show(
        tab,
        partial(open_tab, settings),
        [run, others],
        [run, others, about, train, asking, many, exporting],
    )
    wire(
        [run.change, others.change], partial(about_runs, settings), [run, others], about
    )
    wire(
        [dropped.input, dropped.clear, run.input, others.input],
        partial(look, settings),
        [run, others, dropped],
        [*answer, label.suggested, label.name],
        is_slow=True,
    )


@shown_to_user
def open_tab(settings: Settings, chosen: int | None, others: list[int] | None) -> View:
    """Return the runs that can predict, about the chosen ones, and what can be done."""
    found = bundles.choices(settings)
    ids = [run_id for _, run_id in found]
    # A choice that still stands is not sent back: by now it may be another.
    first, several = gr.update(choices=found), gr.update(choices=found)
    if chosen not in ids:
        chosen = ids[0] if ids else None
        first["value"] = chosen
    kept = [one for one in others or [] if one in ids]
    if kept != (others or []):
        several["value"] = kept
    shown = gr.update(visible=bool(ids))
    return (
        first,
        several | {"visible": len(ids) > 1},
        about_runs(settings, chosen, kept),
        gr.update(variant="secondary" if ids else "primary"),
        shown,
        shown,
        shown,
    )


@shown_to_user
def about_runs(settings: Settings, run_id: int | None, others: list[int] | None) -> str:
    """Return what the network is, and how it wants its images."""
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
            *_and_others(bundles.asked(run_id, others)),
        ]
    )


def _and_others(run_ids: list[int]) -> list[tuple[str, str]]:
    if len(run_ids) == 1:
        return []
    return [(f"{len(run_ids)} runs", "answer by the mean of their probabilities")]


@shown_to_user
def look(
    settings: Settings,
    run_id: int | None,
    others: list[int] | None,
    payload: dict[str, Any] | None,
) -> View:
    """Return what an answer shows, and the label that it suggests."""
    dropped = pictures.dropped(payload)
    if dropped is None:
        return *predict_answer.nothing(), None, gr.update(value=None)
    run_ids = bundles.asked(run_id, others)
    ensemble = bundles.together(settings, run_ids)
    image = pictures.read_dropped(*dropped)
    begun = time.perf_counter()
    found = ensemble.look(image, given=ensemble.given(dropped[0]))
    took_s = time.perf_counter() - begun
    label = found.answer.prediction.label
    return (
        *predict_answer.shown(ensemble, image, found, took_s),
        Suggestion(label, run_ids[0] if len(run_ids) == 1 else None),
        gr.update(choices=list(ensemble.classes), value=label),
    )
