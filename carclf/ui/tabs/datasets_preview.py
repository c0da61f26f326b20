"""Datasets, the pictures of a version: which ones, page by page."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf.records import SPLITS, Version
from carclf.settings import Settings
from carclf.store import connect
from carclf.store import versions as stored
from carclf.ui import cards, pictures
from carclf.ui.errors import shown_to_user
from carclf.ui.labelling import ALL_CLASSES
from carclf.ui.navigation import wire

ALL_SPLITS = "All splits"


class Filters(NamedTuple):
    """Which pictures: components in the layout, their updates in a handler."""

    label: Any
    split: Any
    text: Any


class Page(NamedTuple):
    """What `turn_page` fills, in its order."""

    number: Any
    gallery: Any
    where: Any


def build(settings: Settings, version: gr.Dropdown) -> tuple[Any, ...]:
    """Lay out filters, gallery and pager; return what `fill` fills."""
    with gr.Row():
        label = gr.Dropdown([ALL_CLASSES], label="Class", min_width=140)
        split = gr.Dropdown(
            [ALL_SPLITS, *SPLITS], value=ALL_SPLITS, label="Split", min_width=120
        )
        text = gr.Textbox(label="Find", placeholder="class or file name", min_width=140)
    gallery = gr.Gallery(
        label="Images",
        show_label=False,
        columns=6,
        object_fit="contain",
        height="auto",
        elem_classes="tiles",
        buttons=["fullscreen"],
        interactive=False,
    )
    with gr.Row(elem_classes="pager"):
        back = gr.Button("Previous page", size="sm", min_width=110)
        where = gr.HTML()
        on = gr.Button("Next page", size="sm", min_width=110)
    filters = Filters(label, split, text)
    page = Page(gr.State(0), gallery, where)
    for button, by in ((back, -1), (on, 1)):
        wire(
            button.click,
            partial(turn_page, settings, by),
            [version, *filters, page.number],
            page,
        )
    wire(
        [label.input, split.input, text.change],
        partial(turn_page, settings, 0),
        [version, *filters],
        page,
        trigger_mode="always_last",
    )
    return (*filters, *page)


def fill(settings: Settings, version: Version | None) -> tuple[Any, ...]:
    """Return the filters for a version's classes, and its first page."""
    if version is None:
        classes: tuple[str, ...] = ()
    else:
        classes = version.classes
    filters = Filters(
        gr.update(choices=[ALL_CLASSES, *classes], value=ALL_CLASSES), ALL_SPLITS, ""
    )
    version_id = version.id if version else None
    page = turn_page(settings, 0, version_id, ALL_CLASSES, ALL_SPLITS, "")
    return (*filters, *page)


@shown_to_user
def turn_page(
    settings: Settings,
    step: int,
    version_id: int | None,
    label: str | None,
    split: str | None,
    text: str,
    page: int = 0,
) -> Page:
    """Return the page `step` away (0: the first), its tiles and where it lies."""
    if version_id is None:
        return Page(0, [], "")
    wanted: dict[str, Any] = {
        "label": None if label in (None, ALL_CLASSES) else label,
        "split": None if split in (None, ALL_SPLITS) else split,
        "text": text,
    }
    with connect(settings.db_path) as db:
        found = stored.count(db, version_id, **wanted)
        last = pictures.page_count(found) - 1
        page = min(max(page + step, 0), last) if step else 0
        start = page * pictures.PAGE
        rows = stored.examples(
            db, version_id, **wanted, limit=pictures.PAGE, offset=start
        )
    tiles = pictures.gallery(settings, ((one, one.label) for one in rows))
    return Page(page, tiles, where_in_words(start, len(rows), found))


def where_in_words(start: int, shown: int, found: int) -> str:
    if not found:
        return cards.note("No image matches. Clear a filter to see more.")
    return f'<p class="where">{start + 1:,}–{start + shown:,} of {found:,}</p>'
