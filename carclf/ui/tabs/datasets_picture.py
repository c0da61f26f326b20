"""Datasets, one picture large: what is known of it, and a better label for it."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import words
from carclf.errors import UnreadableImageError
from carclf.records import Example, Image
from carclf.settings import Settings
from carclf.store import connect, labels, versions
from carclf.store import images as stored_images
from carclf.ui import cards, labelling, pictures, relabelling, tiles
from carclf.ui.clicks import with_click
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import bring_into_sight, wire
from carclf.ui.tabs import datasets_preview
from carclf.ui.tabs.datasets_preview import Page, Preview

NOTHING_CHOSEN = cards.empty(
    "Choose a picture",
    "Click one to see it large, with its file, its split and who labelled it.",
)


class Picture(NamedTuple):
    """The panel, in the order in which `show` fills it.

    Attributes:
        place: Where the picture was in the gallery, from which to step on.
        of: With what follows it, what `relabelling` shows.
    """

    place: Any
    image_id: Any
    photograph: Any
    facts: Any
    history: Any
    panel: Any
    of: Any
    stands: Any
    name: Any
    moving: Any
    split: Any


def build(settings: Settings, version: gr.Dropdown, preview: Preview) -> Picture:
    """Lay out the panel; a click in the preview fills it."""
    place, image_id = gr.State(0), gr.State()
    with gr.Column(elem_id="dataset-picture") as beside:
        photograph = gr.Image(
            label="Photograph",
            interactive=False,
            height=320,
            buttons=["fullscreen"],
            elem_classes="captioned",
            visible=False,
        )
        facts = gr.HTML(NOTHING_CHOSEN)
        with gr.Column(visible=False) as panel:
            back, on = tiles.build_steps()
            control = relabelling.build(settings, image_id, version)
            history = gr.HTML()
            gr.HTML(tiles.KEYS)
    picture = Picture(
        place, image_id, photograph, facts, history, panel, *control.shown
    )
    page = preview.page
    clicked = wire(
        page.gallery.select,
        with_click(partial(choose, settings)),
        [version, page.ids],
        picture,
    )
    bring_into_sight(clicked, beside)
    for button, by in ((back, -1), (on, 1)):
        wire(
            button.click,
            partial(step, settings, by),
            [version, place, image_id, page.ids, page.number, *preview.filters],
            [*page, *picture],
        )
    wire(
        control.changed.change,
        partial(refresh, settings),
        [version, image_id, page.number, *preview.filters],
        [*page, *picture],
    )
    wire(version.change, nothing, outputs=picture)
    return picture


@shown_to_user
def choose(
    settings: Settings, place: int, _tile: Any, version_id: int, image_ids: list[int]
) -> Picture:
    """Return the panel for the picture at a place of the gallery."""
    return show(settings, version_id, image_ids[place], place)


@shown_to_user
def step(
    settings: Settings,
    by: int,
    version_id: int,
    place: int,
    image_id: int,
    image_ids: list[int],
    number: int,
    *chosen: Any,
) -> tuple[Any, ...]:
    """Return page and panel of the next or previous picture, on whichever page."""
    page = Page(*(gr.skip() for _ in Page._fields))
    if image_id in image_ids:
        place = image_ids.index(image_id) + by
    elif by < 0:
        # Relabelled, it left what is filtered for, and the next one has its place.
        place -= 1
    if not 0 <= place < len(image_ids):
        turned = datasets_preview.turn_page(settings, by, version_id, number, *chosen)
        if turned.number == number or not turned.ids:
            raise gr.Error(
                "There is no further picture here.", duration=4, print_exception=False
            )
        page, image_ids = turned, turned.ids
        place = 0 if by > 0 else len(image_ids) - 1
    update = page.gallery if page.ids is image_ids else gr.update()
    page = page._replace(gallery={**update, "selected_index": place})
    return (*page, *show(settings, version_id, image_ids[place], place))


@shown_to_user
def refresh(
    settings: Settings,
    version_id: int,
    image_id: int | None,
    number: int,
    *chosen: Any,
) -> tuple[Any, ...]:
    """Return page and panel with the labels as they are now."""
    page = datasets_preview.turn_page(settings, 0, version_id, number, *chosen)
    if image_id is None:
        return (*page, *nothing())
    if image_id in page.ids:
        place = page.ids.index(image_id)
        page = page._replace(gallery={**page.gallery, "selected_index": place})
    # The control shows what was done by it already, and may be in use again.
    control = [gr.skip() for _ in relabelling.Shown._fields]
    return (*page, gr.skip(), *_known(settings, version_id, image_id), *control)


def nothing() -> Picture:
    """Return the panel before a picture is chosen."""
    hidden = gr.update(visible=False)
    control = relabelling.nothing()
    return Picture(0, None, hidden, NOTHING_CHOSEN, "", hidden, *control)


def show(settings: Settings, version_id: int, image_id: int, place: int) -> Picture:
    """Return the panel for an image of a version, which is at a place of the page."""
    known = _known(settings, version_id, image_id)
    control = relabelling.show(settings, image_id, version_id)
    return Picture(place, *known, *control)


def _known(
    settings: Settings, version_id: int, image_id: int
) -> tuple[int, Any, str, str, Any]:
    """Return the panel without its place and the control."""
    with connect(settings.db_path) as db:
        one = versions.example(db, version_id, image_id)
        image = stored_images.get(db, image_id)
        whole = stored_images.photograph(db, image_id)
        events = labels.history(db, image_id)
    try:
        photograph = gr.update(value=pictures.large(settings, one), visible=True)
        trouble = ""
    except UnreadableImageError as error:
        photograph = gr.update(visible=False)
        trouble = cards.note(str(error), "bad")
    return (
        image_id,
        photograph,
        trouble + _facts(settings, one, image, whole),
        labelling.history(one, events),
        gr.update(visible=True),
    )


def _facts(settings: Settings, one: Example, image: Image, whole: Image) -> str:
    """Return what is known of a picture, without who labelled it."""
    size = f"{image.width:,} × {image.height:,} pixels, {words.size(image.size_bytes)}"
    rows = [
        ("Class", one.label),
        ("Split", one.split),
        ("File", one.file_name),
        ("Size", size),
        ("Box", _box(one)),
        ("Kept as", str(settings.resolve(one.path))),
    ]
    if whole.id != image.id:
        rows.append(("Made from", str(settings.resolve(whole.path))))
    return cards.about("About this picture", rows)


def _box(one: Example) -> str:
    box = one.box
    if box is None:
        return "none"
    return f"{box.left}, {box.top} to {box.right}, {box.bottom}"
