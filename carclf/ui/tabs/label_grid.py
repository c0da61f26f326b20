"""Label, the grid: choose many images, say one thing of them, take it back as one."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import words
from carclf.datasets import relabelling, remedies
from carclf.errors import DatasetError
from carclf.records import Batch, Example, Label
from carclf.settings import Settings
from carclf.store import connect, labels, members, versions
from carclf.ui import album, cards, image_filters, keys, labelling, pictures, tiles
from carclf.ui import relabelling as control
from carclf.ui.album import Picture
from carclf.ui.clicks import with_click
from carclf.ui.errors import shown_to_user
from carclf.ui.image_filters import Filters
from carclf.ui.navigation import wire

PAGE = 48
NAME = "label-grid"


class Grid(NamedTuple):
    """What `fill` fills, in its order.

    Attributes:
        dealt: How often something was said of chosen images.
        batch: The last batch that can be taken back; `undo` is hidden without one.
    """

    number: Any
    page: Any
    where: Any
    name: Any
    told: Any
    batch: Any
    undo: Any
    dealt: Any


def build(settings: Settings, version: gr.Dropdown, filters: Filters) -> Grid:
    """Lay the grid out; its owner fills it whenever the filters change."""
    with gr.Row(elem_classes="split"):
        with gr.Column(scale=5, min_width=320):
            page = album.create(NAME)
            back, where, on = tiles.build_pager()
        with gr.Column(scale=2, min_width=280, elem_classes="in-sight at-hand"):
            large = album.create_large()
            name = control.build_class("Class of the chosen images")
            save = gr.Button(
                "Label chosen images",
                variant="primary",
                elem_classes=keys.by("save"),
            )
            with gr.Row(elem_classes="form-buttons"):
                reject = gr.Button(
                    "Not vehicles", elem_classes=keys.by("reject"), min_width=60
                )
                drop = gr.Button("Drop", elem_classes=keys.by("drop"), min_width=60)
            told = gr.HTML()
            undo = gr.Button(
                "Undo for all of them", visible=False, elem_classes=keys.by("undo")
            )
            gr.HTML(
                '<p class="keys">Click images, with <kbd>Shift</kbd> up to the last '
                "one clicked; the lens shows one large. Keys: <kbd>c</kbd> type a "
                "class, <kbd>s</kbd> label, <kbd>x</kbd> not vehicles, <kbd>d</kbd> "
                "drop, <kbd>u</kbd> undo.</p>"
            )
    grid = Grid(gr.State(0), page, where, name, told, gr.State(), undo, gr.State(0))
    shown = [version, *filters, grid.number, grid.dealt]
    for button, by in ((back, -1), (on, 1)):
        wire(
            button.click,
            partial(turn_page, settings, by),
            shown,
            [grid.number, page, where],
        )
    wire(page.select, with_click(partial(look, settings)), version, large)
    script = album.sent_by(NAME)
    for button, handler, inputs in (
        (save, label_chosen, [page, name, *shown]),
        (reject, reject_chosen, [page, *shown]),
        (drop, drop_chosen, [page, *shown]),
    ):
        wire(button.click, partial(handler, settings), inputs, grid, js=script)
    wire(undo.click, partial(undo_last, settings), [grid.batch, *shown], grid)
    return grid


@shown_to_user
def fill(
    settings: Settings,
    version_id: int | None,
    *filters: Any,
    page: int = 0,
    dealt: int = 0,
) -> Grid:
    """Return the grid for what the filters let pass, at a page."""
    with connect(settings.db_path) as db:
        known = relabelling.classes(db, version_id) if version_id else []
        last = labels.last_batch(db)
    return Grid(
        *turn_page(settings, 0, version_id, *filters, page, dealt),
        gr.update(choices=known),
        _told(last),
        last.id if last else None,
        gr.update(visible=last is not None),
        dealt,
    )


@shown_to_user
def turn_page(
    settings: Settings, step: int, version_id: int | None, *asked: Any
) -> tuple[int, str, str]:
    """Return the page `step` away, its pictures and where it lies.

    Args:
        asked: The filters, the page that is shown, and `Grid.dealt`.
    """
    *filters, page, dealt = asked
    if version_id is None:
        return 0, labelling.nothing(version_id), ""
    with connect(settings.db_path) as db:
        wanted = image_filters.wanted(settings, db, version_id, Filters(*filters))
        found = members.count(db, version_id, wanted)
        page = min(max(page + step, 0), pictures.page_count(found, PAGE) - 1)
        part = members.page(db, version_id, wanted, PAGE, page * PAGE)
    if not part:
        return 0, labelling.nothing(version_id), ""
    drawn = _draw(settings, version_id, part, dealt)
    return page, drawn, tiles.where(page, found, PAGE)


@shown_to_user
def look(settings: Settings, image_id: int, _does: str, version_id: int) -> str:
    """Return one picture large."""
    with connect(settings.db_path) as db:
        one = versions.example(db, version_id, image_id)
    return album.large(settings, one)


@shown_to_user
def label_chosen(
    settings: Settings,
    sent: str,
    name: str | None,
    version_id: int | None,
    *shown: Any,
) -> Grid:
    """Record that the chosen images show `name`; return the grid."""
    return _say(
        settings,
        lambda: relabelling.save_many(settings, album.chosen(sent), version_id, name),
        version_id,
        shown,
    )


@shown_to_user
def reject_chosen(
    settings: Settings, sent: str, version_id: int | None, *shown: Any
) -> Grid:
    """Record that none of the chosen images shows a vehicle; return the grid."""
    return _say(
        settings,
        lambda: relabelling.reject_many(settings, album.chosen(sent)),
        version_id,
        shown,
    )


@shown_to_user
def drop_chosen(
    settings: Settings, sent: str, version_id: int | None, *shown: Any
) -> Grid:
    """Leave the chosen images out of what is frozen from now on; return the grid."""
    return _say(
        settings,
        lambda: relabelling.drop_many(settings, album.chosen(sent)),
        version_id,
        shown,
    )


@shown_to_user
def undo_last(
    settings: Settings, batch_id: int | None, version_id: int | None, *shown: Any
) -> Grid:
    """Take back the batch that is named on the page; return the grid."""
    if batch_id is None:
        raise DatasetError("There is nothing to undo here.")
    return _say(
        settings,
        lambda: relabelling.undo_batch(settings, batch_id),
        version_id,
        shown,
    )


def _say(
    settings: Settings,
    act: Callable[[], Batch | list[Label]],
    version_id: int | None,
    shown: Sequence[Any],
) -> Grid:
    *filters, page, dealt = shown
    done = act()
    grid = fill(settings, version_id, *filters, page=page, dealt=dealt + 1)
    if isinstance(done, Batch):
        return grid
    taken_back = f"Taken back: {words.count(len(done), 'label')}."
    return grid._replace(told=cards.note(taken_back, "good") + grid.told)


def _told(last: Batch | None) -> str:
    if last is None:
        return ""
    return cards.note(
        f"Last: “{last.what}” said of {words.count(last.events, 'image')} by "
        f"{last.source}, {words.local_time(last.at)}."
    )


def _draw(
    settings: Settings, version_id: int, part: Sequence[Example], dealt: int
) -> str:
    with connect(settings.db_path) as db:
        since = remedies.dealt_with(db, version_id, [one.image_id for one in part])
    shown = [Picture(one, since.get(one.image_id, "")) for one in part]
    return album.draw(settings, [shown], f"{version_id} {dealt}")
