"""Background: one photograph by several removers, then a whole version."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf.datasets import untreated
from carclf.settings import Settings
from carclf.store import connect
from carclf.store import versions as stored
from carclf.ui import cards, pictures, tiles
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import on_show, wire
from carclf.ui.tabs import (
    background_helps,
    background_look,
    background_review,
    background_treatment,
    background_version,
)
from carclf.ui.tabs.background_look import Chosen, Look
from carclf.ui.version_picker import pick

STRIP = 12

View = tuple[Any, ...]


class _Source(NamedTuple):
    """Where the image comes from; `page` is the strip's place in the version."""

    version: gr.Dropdown
    strip: gr.Gallery
    others: gr.Button
    dropped: gr.Image
    page: gr.State
    shown_ids: gr.State


def build(settings: Settings) -> None:
    with gr.Tab("Background", id="background") as tab:
        gr.HTML(
            cards.heading(
                "Background",
                "See what a network would see with the background taken away, then "
                "treat a whole version.",
            )
        )
        with gr.Row(elem_classes="split"):
            with gr.Column(scale=5, min_width=320):
                source = _build_source()
                look = background_look.build(settings)
            with gr.Column(scale=3, min_width=300):
                form = background_treatment.build(settings)
                background_version.build(settings, tab, source.version, form)
        background_review.build(settings)
        background_helps.build(settings)
    _wire_source(settings, tab, source, look)
    background_look.connect_to(settings, look, form)


def _build_source() -> _Source:
    with gr.Row(equal_height=True, elem_classes="bar-row"):
        version = gr.Dropdown(
            label="Version to treat", choices=[], scale=3, min_width=200
        )
        others = gr.Button("Show other images", scale=1, min_width=140)
    strip = tiles.create("Images of the version")
    with gr.Accordion("Use a photograph of your own", open=False):
        dropped = gr.Image(
            label="Your photograph",
            type="filepath",
            sources=["upload", "clipboard"],
            height=200,
        )
    return _Source(version, strip, others, dropped, gr.State(0), gr.State([]))


def _wire_source(settings: Settings, tab: gr.Tab, source: _Source, look: Look) -> None:
    filled = [source.page, source.shown_ids, source.strip]
    on_show(
        tab,
        partial(open_tab, settings),
        [source.version, source.page],
        [source.version, *filled, look.wanted],
    )
    wire(source.version.input, partial(fill_strip, settings, 0), source.version, filled)
    wire(
        source.others.click,
        partial(fill_strip, settings, 1),
        [source.version, source.page],
        filled,
    )
    wire(
        source.strip.select,
        choose,
        [source.version, source.shown_ids],
        [look.chosen, source.dropped],
    )
    wire(source.dropped.input, choose_dropped, source.dropped, look.chosen)


@shown_to_user
def open_tab(settings: Settings, version_id: int | None, page: int) -> View:
    """Return the version picker, the strip where it was left, and the removers."""
    # None is treated twice.
    version = pick(settings, version_id, untreated.is_untreated)
    if version["value"] != version_id:
        page = 0
    removers = gr.update(choices=background_look.choices(settings))
    return (version, *fill_strip(settings, 0, version["value"], page), removers)


@shown_to_user
def fill_strip(
    settings: Settings, by: int, version_id: int | None, page: int = 0
) -> View:
    """Return the strip's page, the ids of its images, and their thumbnails."""
    if version_id is None:
        return 0, [], []
    with connect(settings.db_path) as db:
        every = stored.examples(db, version_id)
    page = (page + by) % pictures.page_count(len(every), STRIP)
    # Every n-th, because neighbours show the same vehicle.
    rows = every[page :: pictures.page_count(len(every), STRIP)][:STRIP]
    tiles = pictures.gallery(settings, ((one, one.label) for one in rows))
    return page, [one.image_id for one in rows], tiles


def choose(
    version_id: int, shown_ids: list[int], event: gr.SelectData
) -> tuple[Chosen, None]:
    """Return the image that was clicked, and no dropped one."""
    return Chosen(version_id, shown_ids[event.index]), None


def choose_dropped(payload: dict[str, Any] | None) -> Chosen | None:
    """Return the photograph that was dropped; nothing once it is taken away."""
    return Chosen(dropped=payload) if pictures.dropped(payload) else None
