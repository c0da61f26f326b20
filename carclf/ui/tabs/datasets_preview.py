"""Datasets, the pictures of a version: which ones, page by page."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf.datasets import remedies
from carclf.records import Example, Version
from carclf.settings import Settings
from carclf.store import connect, members
from carclf.ui import cards, image_filters, pictures, tiles
from carclf.ui.errors import shown_to_user
from carclf.ui.image_filters import Filters
from carclf.ui.navigation import wire


class Page(NamedTuple):
    """A page of them; `number` counts from 1, `ids` are the images of its tiles."""

    number: Any
    ids: Any
    gallery: Any
    where: Any


class Preview(NamedTuple):
    """The view.

    Attributes:
        of: The version that it shows.
    """

    of: gr.State
    filters: Filters
    page: Page

    @property
    def outputs(self) -> list[Any]:
        """What `fill` fills, in its order."""
        return [self.of, *self.filters, *self.page]

    @property
    def asked(self) -> list[Any]:
        """What `fill` keeps: what it shows now."""
        return [self.of, self.page.number, *self.filters]


def build(settings: Settings, version: gr.Dropdown) -> Preview:
    """Lay out filters, gallery and pager."""
    filters = image_filters.build(settings, version)
    gallery = tiles.create("Images")
    pager = tiles.build_pager()
    with gr.Row(elem_classes="page-number"):
        number = gr.Number(1, label="Page", precision=0, minimum=1, min_width=90)
    page = Page(number, gr.State([]), gallery, pager.where)
    for button, by in ((pager.back, -1), (pager.on, 1)):
        wire(
            button.click,
            partial(turn_page, settings, by),
            [version, number, *filters],
            page,
        )
    wire(
        number.submit,
        partial(turn_page, settings, 0),
        [version, number, *filters],
        page,
    )
    wire(
        image_filters.changes(filters),
        partial(show_first, settings),
        [version, *filters],
        page,
    )
    return Preview(gr.State(), filters, page)


def fill(
    settings: Settings,
    version: Version | None,
    shown: int | None = None,
    number: int | None = 1,
    *chosen: Any,
) -> tuple[Any, ...]:
    """Return the view of a version; of the one it shows already, as it was left.

    Args:
        shown: The id of the version that the view shows now.
        number: Its page, and in `chosen` its filters.
    """
    if version is None:
        return (None, *Filters(), *nothing())
    if version.id == shown and chosen:
        page = turn_page(settings, 0, version.id, number, *chosen)
        return (shown, *image_filters.kept(settings), *page)
    page = turn_page(settings, 0, version.id, 1, *Filters())
    return (version.id, *image_filters.offered(settings, version), *page)


@shown_to_user
def show_first(settings: Settings, version_id: int | None, *chosen: Any) -> Page:
    """Return the first page of what is chosen."""
    return turn_page(settings, 0, version_id, 1, *chosen)


@shown_to_user
def turn_page(
    settings: Settings,
    step: int,
    version_id: int | None,
    number: int | None,
    *chosen: Any,
) -> Page:
    """Return the page that is `step` away from page `number`, or the nearest."""
    if version_id is None:
        return nothing()
    with connect(settings.db_path) as db:
        wanted = image_filters.wanted(settings, db, version_id, Filters(*chosen))
        found = members.count(db, version_id, wanted)
        last = pictures.page_count(found)
        number = min(max(int(number or 1) + step, 1), last)
        start = (number - 1) * pictures.PAGE
        rows = members.page(db, version_id, wanted, pictures.PAGE, start)
        ids = [one.image_id for one in rows]
        since = remedies.dealt_with(db, version_id, ids)
    captioned = [(one, caption(one, since.get(one.image_id, ""))) for one in rows]
    gallery = gr.update(
        value=pictures.gallery(settings, captioned),
        visible=bool(rows),
        selected_index=None,
    )
    return Page(number, ids, gallery, _where(number, found))


def nothing() -> Page:
    """Return no page at all."""
    return Page(1, [], gr.update(value=[], visible=False), "")


def caption(one: Example, since: str) -> str:
    """Return “Baja Bug”, or “Baja Bug · now Stock Car 1” where it was relabelled."""
    return f"{one.label} · {since}" if since else one.label


def _where(number: int, found: int) -> str:
    if not found:
        return cards.note("No image matches. Clear a filter to see more.")
    more = f" · page {number:,} of {pictures.page_count(found):,}"
    return tiles.where(number - 1, found, more=more)
