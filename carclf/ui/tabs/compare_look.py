"""Compare, one picture large: what both runs said of it, and what spoke for that."""

from collections.abc import Sequence
from functools import partial
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from carclf import images
from carclf.evaluation import compare
from carclf.settings import Settings
from carclf.store import connect, evaluations
from carclf.store import images as stored_images
from carclf.ui import cards, opinions, pictures, relabelling
from carclf.ui.clicks import with_click
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import bring_into_sight, wire

NOTHING_CHOSEN = cards.empty(
    "Choose a picture",
    "Click one to see it large, with both runs' five likeliest classes and what spoke "
    "for them.",
)


class Look(NamedTuple):
    """The panel, in the order in which `choose` fills it.

    Attributes:
        image_id: The picture in the later run's version, `version_id`.
        panel: What acts on that picture.
        of: With what follows it, what `relabelling` shows.
    """

    image_id: Any
    version_id: Any
    photograph: Any
    said: Any
    panel: Any
    of: Any
    stands: Any
    name: Any
    moving: Any
    split: Any


def build(
    settings: Settings,
    pair: tuple[gr.Dropdown, gr.Dropdown],
    gallery: gr.Gallery,
    ids: gr.State,
) -> Look:
    """Lay out the panel; a click in the gallery fills it.

    Args:
        ids: The photographs of the gallery.
    """
    with gr.Column(elem_id="compare-look") as beside:
        photograph = gr.Image(
            label="Photograph",
            interactive=False,
            height=260,
            buttons=["fullscreen"],
            elem_classes="captioned",
            visible=False,
        )
        said = gr.HTML(NOTHING_CHOSEN, apply_default_css=False)
        image_id, version_id = gr.State(), gr.State()
        with gr.Column(visible=False) as panel:
            control = relabelling.build(settings, image_id, version_id)
    look = Look(image_id, version_id, photograph, said, panel, *control.shown)
    clicked = wire(
        gallery.select,
        with_click(partial(choose, settings)),
        [*pair, ids],
        list(look),
        is_slow=True,
    )
    bring_into_sight(clicked, beside)
    return look


@shown_to_user
def choose(
    settings: Settings,
    place: int,
    _tile: Any,
    before_id: int,
    after_id: int,
    photographs: Sequence[int],
) -> Look:
    """Return the panel for the picture at a place of the gallery."""
    with connect(settings.db_path) as db:
        ends = [evaluations.get(db, one) for one in (before_id, after_id)]
        pair = compare.pair(db, *ends)
        at = photographs[place]
        ids = [pair.images_a[at], pair.images_b[at]]
        judged = [
            evaluations.of_images(db, end.id, [image_id])[0]
            for end, image_id in zip(ends, ids, strict=True)
        ]
        stored = [stored_images.get(db, image_id) for image_id in ids]
    found = [
        opinions.judged(
            settings, end, one, images.read_rgb(settings.resolve(image.path))
        )
        for end, one, image in zip(ends, judged, stored, strict=True)
    ]
    label = judged[1].label
    return Look(
        ids[1],
        ends[1].version_id,
        gr.update(value=pictures.large(settings, stored[1]), visible=True),
        f"<h3>{escape(label)}</h3>{opinions.beside(found, label)}",
        gr.update(visible=True),
        *relabelling.show(settings, ids[1], ends[1].version_id),
    )
