"""Evaluate, one picture: the training images that the network finds most like it."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf.evaluation import epochs, features, neighbours
from carclf.evaluation.features import Features
from carclf.evaluation.neighbours import Neighbour
from carclf.records import Evaluation, Run
from carclf.settings import Settings
from carclf.store import Database, connect, evaluations, runs, versions
from carclf.ui import pictures, tiles
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire
from carclf.ui.tabs import evaluate_later

COUNT = 6
MEANING = (
    '<h4 class="strip">Nearest training images</h4><p class="where">By what the last '
    "layer decides on: distance 0 is alike, 1 has nothing in common. Click one to see "
    "it large.</p>"
)
UNREAD = "The network has not been shown its training images again yet."
TOO_OLD = (
    "This evaluation was made before the features of its images were kept. Evaluate "
    "the run again to see the training images nearest to a picture."
)


class Nearest(NamedTuple):
    """The nearest training images: components, or what fills them."""

    heading: Any
    gallery: Any
    ids: Any


def build(settings: Settings, evaluation: gr.Dropdown, image_id: gr.State) -> Nearest:
    """Lay out the gallery; it fills itself when another image is looked at."""
    heading = gr.HTML()
    gallery = tiles.create("Nearest training images", "small")
    later = evaluate_later.build(settings, evaluation, "Find the nearest")
    nearest = Nearest(heading, gallery, gr.State([]))
    wire(
        [image_id.change, later.ended.change],
        partial(fill, settings),
        [evaluation, image_id],
        [*nearest, *later],
    )
    return nearest


@shown_to_user
def fill(
    settings: Settings, evaluation_id: int | None, image_id: int | None
) -> tuple[Any, ...]:
    """Return the training images nearest to an image, or how to have them."""
    if evaluation_id is None or image_id is None:
        return *_none(""), *evaluate_later.state(settings, None, "")
    with connect(settings.db_path) as db:
        evaluation = evaluations.get(db, evaluation_id)
        run = runs.get(db, evaluation.run_id)
        training = _training(settings, db, run, evaluation)
        own = features.read(features.of_evaluation(settings, run, evaluation_id))
        if own is None:
            said = f'<p class="where">{TOO_OLD}</p>'
            return *_none(said), *evaluate_later.state(settings, None, "")
        if training is None:
            return *_none(""), *evaluate_later.state(settings, evaluation_id, UNREAD)
        found = _nearest(image_id, own, training)
        version_id = features.learnt_from(run, evaluation)
        shown = _tiles(settings, db, version_id, found)
    nearest = Nearest(
        MEANING,
        gr.update(value=shown, visible=True),
        [one.image_id for one in found],
    )
    return *nearest, *evaluate_later.state(settings, None, "")


def _none(said: str) -> Nearest:
    heading = f"{said}" if said else ""
    return Nearest(heading, gr.update(value=[], visible=False), [])


def _training(
    settings: Settings, db: Database, run: Run, evaluation: Evaluation
) -> Features | None:
    bundle = epochs.bundle_of(settings, db, run, evaluation.epoch)
    if bundle is None or not (bundle / "model.onnx").is_file():
        return None
    version = versions.get(db, features.learnt_from(run, evaluation))
    path = features.of_training(settings, bundle / "model.onnx", version)
    return features.read(path)


def _nearest(image_id: int, own: Features, training: Features) -> list[Neighbour]:
    vector = own.of(image_id)
    if vector is None:
        vector = training.of(image_id)
    if vector is None or not len(training.image_ids):
        return []
    return neighbours.nearest(vector, training, COUNT, but=image_id)


def _tiles(
    settings: Settings, db: Database, version_id: int, found: list[Neighbour]
) -> list[pictures.Tile]:
    rows = []
    for one in found:
        example = versions.example(db, version_id, one.image_id)
        rows.append((example, f"{example.label} · distance {one.distance:.2f}"))
    return pictures.gallery(settings, rows)
