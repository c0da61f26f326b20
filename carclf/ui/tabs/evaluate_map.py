"""Evaluate, the map: images near each other look alike to the network."""

from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from carclf.evaluation import embedding, features
from carclf.evaluation.features import Features
from carclf.records import Judged, Run
from carclf.settings import Settings
from carclf.store import connect, evaluations, runs
from carclf.ui import cards, chart, evaluated, pictures, scatter, tiles
from carclf.ui.chart import Figure
from carclf.ui.clicks import with_click
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire
from carclf.ui.tabs import evaluate_later, evaluate_pictures
from carclf.ui.tabs.evaluate_pictures import ANY, CLOSEST, caption

# Beside the map; the others are a click away.
SHOWN = 18
OVERVIEW, NEIGHBOURHOODS = "Overview (PCA)", "Neighbourhoods (t-SNE)"
OUTCOME, CLASS = "Right or wrong", "Class"
UNMADE = "Neighbourhoods take a worker a moment to arrange; this is the overview."
TOO_OLD = cards.note(
    "This evaluation was made before the features of its images were kept, so there is "
    "no map of them. Evaluate the run again.",
    "warn",
)
HOW = (
    '<p class="where">Draw around points to see their pictures, or click one. Near '
    "points look alike to the network; a double click ends the choice.</p>"
)

# Thousands of points are computed and sent for those who look at them.
_IF_SEEN = """(evaluation, ...asked) =>
  [document.getElementById("evaluate-map")?.offsetParent ? evaluation : null, ...asked]
"""


class Asked(NamedTuple):
    """How the map is drawn: components, or their values."""

    arrangement: Any
    colour: Any
    label: Any


class Map(NamedTuple):
    """The map and what was chosen on it."""

    told: Any
    chart: Any


class Chosen(NamedTuple):
    """What was chosen on the map."""

    ids: Any
    told: Any
    gallery: Any
    more: Any


def build(settings: Settings, tab: gr.Tab, evaluation: gr.Dropdown) -> Chosen:
    """Lay out the map; it draws itself when its tab opens or the evaluation turns."""
    with gr.Row():
        arrangement = gr.Radio(
            [OVERVIEW, NEIGHBOURHOODS], value=OVERVIEW, label="Arranged by"
        )
        colour = gr.Radio([OUTCOME, CLASS], value=OUTCOME, label="Coloured by")
        label = gr.Dropdown([ANY], value=ANY, label="Class to pick out", min_width=160)
    with gr.Row(elem_classes="split", elem_id="evaluate-map"):
        with gr.Column(scale=5, min_width=340):
            told = gr.HTML()
            later = evaluate_later.build(settings, evaluation, "Arrange neighbourhoods")
            drawn = chart.create("Choose an evaluation to see its map.", 560)
        with gr.Column(scale=3, min_width=300):
            chosen = _build_chosen()
    asked = Asked(arrangement, colour, label)
    draw: dict[str, Any] = {
        "handler": partial(fill, settings),
        "inputs": [evaluation, *asked],
        "outputs": [told, drawn, label, *later],
    }
    wire([tab.select, later.ended.change, *(one.input for one in asked)], **draw)
    wire(evaluation.change, js=_IF_SEEN, **draw)
    wire(
        drawn.select,
        with_click(partial(choose, settings)),
        evaluation,
        list(chosen),
    )
    wire(evaluation.change, partial(_shown, [], []), None, list(chosen))
    return chosen


def _build_chosen() -> Chosen:
    told = gr.HTML(HOW)
    more = gr.Button("Look through them in Pictures", size="sm", visible=False)
    gallery = tiles.create("Pictures chosen on the map", "small")
    return Chosen(gr.State([]), told, gallery, more)


@shown_to_user
def fill(
    settings: Settings,
    evaluation_id: int | None,
    arrangement: str,
    colour: str,
    label: str,
) -> tuple[Any, ...]:
    """Return the map as it was asked for, and how to have one that is not made yet."""
    nothing_to_make = evaluate_later.state(settings, None, "")
    if evaluation_id is None:
        return "", None, gr.skip(), *nothing_to_make
    whole = evaluated.load(settings, evaluation_id)
    with connect(settings.db_path) as db:
        run = runs.get(db, whole.evaluation.run_id)
    found = {one.image_id: one for one in whole.judged}
    own = features.read(features.of_evaluation(settings, run, evaluation_id))
    if own is None:
        return TOO_OLD, None, gr.skip(), *nothing_to_make
    judged = [found[int(image_id)] for image_id in own.image_ids]
    labels = sorted({one.label for one in judged})
    label = label if label in labels else ANY
    places = _places(settings, run, evaluation_id, arrangement)
    missing = UNMADE if places is None else ""
    if places is None:
        places = _overview(features.of_evaluation(settings, run, evaluation_id))
    return (
        "",
        _drawn(judged, places, colour, label),
        gr.update(choices=[ANY, *labels], value=label),
        *evaluate_later.state(settings, evaluation_id, missing),
    )


@shown_to_user
def choose(settings: Settings, _place: Any, value: Any, evaluation_id: int) -> Chosen:
    """Return the pictures of the points that were drawn around, or of one clicked."""
    ids = [int(one) for one in (value if isinstance(value, list) else [value])]
    with connect(settings.db_path) as db:
        rows = evaluations.judged(
            db,
            evaluation_id,
            within=ids,
            order="closest calls first",
            limit=SHOWN,
        )
        shown = evaluate_pictures.captioned(settings, db, evaluation_id, rows)
    return _shown(ids, shown)


def open_pictures(
    settings: Settings, evaluation_id: int, ids: Sequence[int]
) -> tuple[Any, ...]:
    """Return the filter and the first page of the pictures chosen on the map."""
    return (
        *evaluate_pictures.Filter(CLOSEST, ANY, ANY, list(ids)),
        *evaluate_pictures.turn_page(
            settings, 0, evaluation_id, CLOSEST, ANY, ANY, ids
        ),
    )


def _shown(ids: Sequence[int], shown: Sequence[pictures.Tile]) -> Chosen:
    if not ids:
        hidden = gr.update(visible=False)
        return Chosen([], HOW, gr.update(value=[], visible=False), hidden)
    first = f"the first {len(shown)} of " if len(shown) < len(ids) else ""
    return Chosen(
        list(ids),
        f'<p class="where">Chosen: {first}{len(ids):,}</p>',
        gr.update(value=shown, visible=True),
        gr.update(visible=True),
    )


def _places(
    settings: Settings, run: Run, evaluation_id: int, arrangement: str
) -> NDArray[np.float32] | None:
    """Return where the images lie; None where a worker has not arranged them yet."""
    if arrangement == OVERVIEW:
        return _overview(features.of_evaluation(settings, run, evaluation_id))
    made = features.read(embedding.of_evaluation(settings, run, evaluation_id))
    return None if made is None else made.vectors


def _overview(path: Path) -> NDArray[np.float32]:
    return _overview_of(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _overview_of(path: Path, _changed: int) -> NDArray[np.float32]:
    found = features.read(path)
    assert isinstance(found, Features)
    return embedding.overview(found.vectors)


def _drawn(
    judged: Sequence[Judged], places: NDArray[np.float32], colour: str, label: str
) -> Figure:
    said = [caption(one) for one in judged]
    if label != ANY:
        return scatter.of_class(judged, places, said, label)
    if colour == CLASS:
        return scatter.by_class(judged, places, said)
    return scatter.by_outcome(judged, places, said)
