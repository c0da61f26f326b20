"""Evaluate, beside the pictures: training images of the classes that are looked at."""

from functools import partial
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from carclf.evaluation import features
from carclf.settings import Settings
from carclf.store import Database, connect, evaluations, runs, versions
from carclf.ui import pictures, tiles
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire
from carclf.ui.tabs.evaluate_pictures import ANY, Filter

# Two rows on a wide page, beside as many of the other class.
COUNT = 8


class Strip(NamedTuple):
    """Training images of one class: components, or what fills them."""

    column: Any
    heading: Any
    gallery: Any
    ids: Any


def build(settings: Settings, evaluation: gr.Dropdown, wanted: Filter) -> list[Strip]:
    """Lay out a strip for the true class and one for the class it was called.

    They fill themselves when `wanted` changes, and hide while any class is wanted.
    """
    with gr.Row():
        strips = [
            _build_strip(name) for name in ("the true class", "the class it was called")
        ]
    wire(
        [wanted.label.change, wanted.predicted.change, evaluation.change],
        partial(fill, settings),
        [evaluation, wanted.label, wanted.predicted],
        [one for strip in strips for one in strip],
    )
    return strips


def _build_strip(of: str) -> Strip:
    with gr.Column(visible=False, min_width=240) as column:
        heading = gr.HTML()
        gallery = tiles.create(f"Training images of {of}", "small")
    return Strip(column, heading, gallery, gr.State([]))


@shown_to_user
def fill(
    settings: Settings, evaluation_id: int | None, label: str, predicted: str
) -> list[Any]:
    """Return both strips; a class that is not chosen has none."""
    found: list[Any] = []
    for name in (label, predicted if predicted != label else ANY):
        found += _strip(settings, evaluation_id, name)
    return found


def _strip(settings: Settings, evaluation_id: int | None, label: str) -> Strip:
    if evaluation_id is None or label == ANY:
        return Strip(gr.update(visible=False), "", [], [])
    with connect(settings.db_path) as db:
        version_id = _learnt_from(db, evaluation_id)
        every = versions.examples(db, version_id, split="train", label=label)
    # From all over the class: neighbours in a folder are often of one car.
    step = max(1, len(every) // COUNT)
    some = every[::step][:COUNT]
    said = f"{len(some)} of {len(every):,}" if every else "none in this version"
    heading = f'<h4 class="strip">Trained on as {escape(label)} <i>{said}</i></h4>'
    shown = pictures.gallery(settings, ((one, one.file_name) for one in some))
    return Strip(
        gr.update(visible=True),
        heading,
        gr.update(value=shown, visible=bool(shown)),
        [one.image_id for one in some],
    )


def _learnt_from(db: Database, evaluation_id: int) -> int:
    evaluation = evaluations.get(db, evaluation_id)
    return features.learnt_from(runs.get(db, evaluation.run_id), evaluation)
