"""Datasets, two versions side by side: what differs, and the pictures of it."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf.datasets import comparison
from carclf.settings import Settings
from carclf.store import connect, differences, versions
from carclf.store.differences import KINDS, Difference, Kind
from carclf.ui import album, cards, pictures, relabelling, tiles, version_picker
from carclf.ui.clicks import with_click
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire

CHOOSE = "Choose another version to set beside this one."


class Shown(NamedTuple):
    """What is filled: the comparison, then a page of pictures, the first being 0.

    Attributes:
        ids: The images of the page.
    """

    told: Any
    kind: Any
    page: Any
    gallery: Any
    where: Any
    ids: Any


class Looked(NamedTuple):
    """The picture that is looked at.

    Attributes:
        of: With what follows it, what `relabelling` shows.
    """

    image_id: Any
    large: Any
    panel: Any
    of: Any
    stands: Any
    name: Any
    moving: Any
    split: Any


def build(settings: Settings, version: gr.Dropdown) -> None:
    """Lay out the comparison of the chosen version with an earlier one."""
    gr.HTML("<h3>What differs from another version</h3>")
    other = gr.Dropdown(label="Compare with", choices=[], interactive=True)
    told = gr.HTML(apply_default_css=False)
    kind = gr.Radio(
        [(one.capitalize(), one) for one in KINDS],
        label="Pictures that were",
        visible=False,
    )
    gallery = tiles.create("Pictures that differ", "wordy")
    pager = tiles.build_pager()
    image_id = gr.State()
    with gr.Row(elem_classes="split"):
        with gr.Column(scale=5, min_width=320):
            large = album.create_large()
        with gr.Column(scale=4, min_width=300, visible=False) as panel:
            control = relabelling.build(settings, image_id, version)
    shown = Shown(told, kind, gr.State(0), gallery, pager.where, gr.State([]))
    looked = Looked(image_id, large, panel, *control.shown)
    pair, page = [version, other], [*shown[2:], *looked]
    wire(
        gallery.select,
        with_click(partial(look, settings)),
        [*pair, shown.ids],
        looked,
    )
    wire(
        version.change,
        partial(offer, settings),
        version,
        [other, *shown, *looked],
    )
    wire(other.input, partial(compare, settings), pair, [*shown, *looked])
    wire(kind.input, partial(turn_page, settings, 0), [*pair, kind], page)
    for button, by in ((pager.back, -1), (pager.on, 1)):
        wire(
            button.click,
            partial(turn_page, settings, by),
            [*pair, kind, shown.page],
            page,
        )


@shown_to_user
def offer(settings: Settings, version_id: int | None) -> tuple[Any, ...]:
    """Return what a version can be compared with, beginning with its parent."""
    if version_id is None:
        return (gr.update(choices=[], value=None), *nothing())
    choices = [
        (words, one)
        for words, one in version_picker.choices(settings)
        if one != version_id
    ]
    with connect(settings.db_path) as db:
        parent = versions.get(db, version_id).parent_id
    return (
        gr.update(choices=choices, value=parent),
        *compare(settings, version_id, parent),
    )


@shown_to_user
def compare(
    settings: Settings, version_id: int | None, other_id: int | None
) -> tuple[Any, ...]:
    """Return in what a version differs from another, and the first pictures of it."""
    if version_id is None or other_id is None:
        return nothing()
    found = comparison.compare(settings, other_id, version_id)
    first, *rest = comparison.in_words(found)
    told = (
        cards.note(first, "good" if found.is_same else "plain")
        + cards.sheet("What differs", ("What", "Images"), comparison.table(found))
        + cards.notes(rest)
    )
    kind = next((one for one in KINDS if found.counts[one]), None)
    choices = [
        (f"{one.capitalize()} ({number:,})", one)
        for one, number in found.counts.items()
        if number
    ]
    radio = gr.update(choices=choices, value=kind, visible=bool(choices))
    return told, radio, *turn_page(settings, 0, version_id, other_id, kind)


@shown_to_user
def turn_page(
    settings: Settings,
    step: int,
    version_id: int | None,
    other_id: int | None,
    kind: Kind | None,
    page: int = 0,
) -> tuple[Any, ...]:
    """Return a page of pictures of a kind of difference, `step` pages from `page`."""
    if version_id is None or other_id is None or kind is None:
        return nothing()[2:]
    with connect(settings.db_path) as db:
        found = differences.count_of(db, kind, other_id, version_id)
        page = min(max(page + step, 0), pictures.page_count(found) - 1)
        rows = differences.page(
            db, kind, other_id, version_id, pictures.PAGE, page * pictures.PAGE
        )
    shown = pictures.gallery(
        settings, ((one.example, caption(one, kind)) for one in rows)
    )
    where = tiles.where(page, found) if rows else ""
    gallery = gr.update(value=shown, visible=bool(shown), selected_index=None)
    ids = [one.example.image_id for one in rows]
    return page, gallery, where, ids, *no_picture()


@shown_to_user
def look(
    settings: Settings,
    place: int,
    _tile: Any,
    version_id: int,
    other_id: int,
    image_ids: list[int],
) -> Looked:
    """Return the picture that was clicked.

    One that was removed is known to the other version alone.
    """
    image_id = image_ids[place]
    with connect(settings.db_path) as db:
        here = versions.some(db, version_id, [image_id])
        one = (here or versions.some(db, other_id, [image_id]))[image_id]
    return Looked(
        image_id,
        album.large(settings, one, f"{one.label}, {one.split}"),
        gr.update(visible=True),
        *relabelling.show(settings, image_id, version_id),
    )


def caption(one: Difference, kind: Kind) -> str:
    """Return “Baja Bug → Stock Car 1”, “Baja Bug: train → test”, or “Baja Bug”."""
    if kind == "relabelled":
        return f"{one.label_before} → {one.label_after}"
    if kind == "moved":
        return f"{one.label_after}: {one.split_before} → {one.split_after}"
    return f"{one.example.label}, {one.example.split}"


def nothing() -> tuple[Any, ...]:
    """Return no comparison."""
    hidden = gr.update(visible=False)
    no_gallery = gr.update(value=[], visible=False)
    shown = Shown(cards.note(CHOOSE), hidden, 0, no_gallery, "", [])
    return *shown, *no_picture()


def no_picture() -> Looked:
    """Return what is seen before a picture is chosen."""
    return Looked(None, "", gr.update(visible=False), *relabelling.nothing())
