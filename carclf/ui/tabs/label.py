"""Label: one image at a time, many in a grid, or the doubtful ones first."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf.datasets import versions
from carclf.errors import DatasetError
from carclf.settings import Settings
from carclf.store import connect
from carclf.store import versions as stored
from carclf.ui import bundles, cards, image_filters, labelling, suggestions
from carclf.ui.errors import shown_to_user
from carclf.ui.image_filters import Filters
from carclf.ui.labelling import Sitting, Update, View
from carclf.ui.navigation import go_to, on_show, wire
from carclf.ui.tabs import label_grid, label_panel, label_queue, label_table
from carclf.ui.version_picker import in_words, pick

# The views beside the first, by the ids of their tabs.
GRID, QUEUE, TABLE = "label-view-grid", "label-view-queue", "label-view-table"
# The page alone knows which view is seen: two answers of the server that say so may
# come in another order than the tabs were opened in.
_SEEN = f"""(_seen, ...others) =>
  [{[GRID, QUEUE, TABLE]}.find(name => document.getElementById(name)?.offsetParent)
    ?? '', ...others]"""


class _Parts(NamedTuple):
    """The tab's views.

    Attributes:
        seen: What a page sends in place of it is the id of the view that is seen.
        offered: The runs that there were to choose from.
    """

    seen: gr.Textbox
    version: gr.Dropdown
    filters: Filters
    panel: label_panel.Panel
    model: gr.Dropdown
    offered: gr.State
    grid: label_grid.Grid
    queue: label_queue.Queue
    doubted: View
    export: gr.DownloadButton


def build(settings: Settings) -> None:
    with gr.Tab("Label", id="label") as tab:
        gr.HTML(
            cards.heading(
                "Label",
                "Look, correct, go on. No label is ever overwritten: each is an event, "
                "and the last one counts.",
            )
        )
        version = gr.Dropdown(
            label="Version to label", choices=[], min_width=200, scale=2, render=False
        )
        filters = image_filters.build(settings, version)
        seen, offered = gr.Textbox(visible=False), gr.State([])
        with gr.Tabs(overflow_behavior="wrap"):
            with gr.Tab("One at a time") as one_tab:
                panel = label_panel.build(settings)
                with panel.beside:
                    model = _build_model()
                    _build_freezing(settings, version)
            with gr.Tab("Grid", elem_id=GRID) as grid_tab:
                grid = label_grid.build(settings, version, filters)
            with gr.Tab("Cleaning queue", elem_id=QUEUE) as queue_tab:
                queue, doubted = label_queue.build(settings, version, filters)
            with gr.Tab("Export and import", elem_id=TABLE) as table_tab:
                export = label_table.build(settings, version)
    chosen = seen, version, filters, panel, model, offered
    parts = _Parts(*chosen, grid, queue, doubted, export)
    _wire_one(settings, one_tab, parts)
    _wire_others(settings, [tab, grid_tab, queue_tab, table_tab], parts)


def _build_model() -> gr.Dropdown:
    return gr.Dropdown(
        [("No suggestions", suggestions.NO_RUN)],
        value=suggestions.NO_RUN,
        label="Suggestions from",
    )


def _build_freezing(settings: Settings, version: gr.Dropdown) -> None:
    with gr.Accordion("Freeze a new version with these labels", open=False):
        name = gr.Textbox(label="Name of the new version")
        freeze = gr.Button("Freeze new version", variant="primary")
        frozen = gr.HTML()
        train = gr.Button("Train on a version", size="sm")
    go_to(train, "train")
    wire(
        freeze.click,
        partial(freeze_version, settings),
        [version, name],
        [frozen, version],
    )


def _wire_one(settings: Settings, one_tab: gr.Tab, parts: _Parts) -> None:
    """Fill the first view, and what is chosen for all of them."""
    version, filters, model = parts.version, parts.filters, parts.model
    view = parts.panel.view
    on_show(
        one_tab,
        partial(open_tab, settings),
        [version, *filters, model, parts.offered, view.sitting],
        [version, model, parts.offered, *filters, *view],
    )
    wire(
        version.input,
        partial(open_version, settings),
        [version, model],
        [*filters, *view],
    )
    wire(
        image_filters.changes(filters),
        partial(fill, settings),
        [version, *filters, model],
        view,
    )
    wire(
        model.input,
        partial(labelling.choose_run, settings),
        [view.sitting, model],
        view,
    )


def _wire_others(settings: Settings, tabs: Sequence[gr.Tab], parts: _Parts) -> None:
    """Fill the view that is seen beside the first, when what it shows changes."""
    version, filters, queue = parts.version, parts.filters, parts.queue
    outputs = {
        GRID: list(parts.grid),
        QUEUE: [*queue, *parts.doubted],
        TABLE: [parts.export],
    }
    sizes = {name: len(outputs[name]) for name in outputs}
    wire(
        [
            *(tab.select for tab in tabs),
            version.change,
            *image_filters.changes(filters),
        ],
        partial(fill_seen, settings, sizes),
        [
            *(parts.seen, version, queue.source, queue.reasons),
            *(parts.doubted.sitting, *filters),
        ],
        [one for name in sizes for one in outputs[name]],
        js=_SEEN,
    )


@shown_to_user
def fill_seen(
    settings: Settings,
    sizes: dict[str, int],
    seen: str,
    version_id: int | None,
    *asked: Any,
) -> list[Any]:
    """Return what the view that is seen shows; the others are left as they are.

    Args:
        sizes: How many components each view has.
        seen: Its name; another than in `sizes` for the first view.
        asked: Whose answers, which doubts and the sitting of the queue; the filters.
    """
    source, reasons, sitting, *filters = asked
    with connect(settings.db_path) as db:
        known = [None, *(one.id for one in stored.every(db))]
    # In place of a version that is gone the tab chooses another, which asks anew.
    wanted = seen if version_id in known else ""
    filled: dict[str, Callable[[], Any]] = {
        GRID: lambda: label_grid.fill(settings, version_id, *filters),
        QUEUE: lambda: label_queue.offer(
            settings, version_id, source, reasons, sitting, *filters
        ),
        TABLE: lambda: [label_table.export_table(settings, version_id)],
    }
    return [
        value
        for name, size in sizes.items()
        for value in (filled[name]() if name == wanted else [gr.skip()] * size)
    ]


@shown_to_user
def open_tab(
    settings: Settings, version_id: int | None, *asked: Any
) -> tuple[Any, ...]:
    """Return the version, the run to ask, the filters and the view, as they were left.

    Args:
        asked: The filters, the run to ask and those that were offered, the sitting.
    """
    *filters, run_id, offered, sitting = asked
    version = pick(settings, version_id)
    model, offered = models(settings, run_id, offered)
    run_id = model["value"]
    if version["value"] != version_id:
        opened = open_version(settings, version["value"], run_id)
        return version, model, offered, *opened
    again = _sitting(settings, version_id, *filters, run_id).at(sitting.place)
    if sitting.image_ids and sitting.image_id in again.image_ids:
        again = again.at(again.image_ids.index(sitting.image_id))
    again = replace(again, done=sitting.done)
    kept = image_filters.kept(settings)
    return version, model, offered, *kept, *labelling.show(settings, again)


@shown_to_user
def open_version(
    settings: Settings, version_id: int | None, run_id: int
) -> tuple[Any, ...]:
    """Return the filters and the view of a version's first image."""
    if version_id is None:
        return (*Filters(), *labelling.show(settings, Sitting()))
    with connect(settings.db_path) as db:
        version = stored.get(db, version_id)
    filters = image_filters.offered(settings, version)
    return (*filters, *fill(settings, version_id, *Filters(), run_id))


@shown_to_user
def fill(settings: Settings, version_id: int | None, *asked: Any) -> View:
    """Return the view of the first image that matches.

    Args:
        asked: The filters, and the run to ask.
    """
    return labelling.show(settings, _sitting(settings, version_id, *asked))


def _sitting(settings: Settings, version_id: int | None, *asked: Any) -> Sitting:
    *filters, run_id = asked
    found = image_filters.ids(settings, version_id, Filters(*filters))
    return Sitting(version_id, tuple(found), run_id=run_id)


def models(
    settings: Settings, chosen: int, offered: Sequence[int]
) -> tuple[Update, list[int]]:
    """Return the runs that can suggest, and their ids; the best once there is one.

    Args:
        offered: The ids before. Who could choose among runs, and chose none, is obeyed.
    """
    found = bundles.choices(settings)
    ids = [run_id for _, run_id in found]
    wants_none = chosen == suggestions.NO_RUN and offered
    if chosen not in ids and not wants_none:
        chosen = ids[0] if ids else suggestions.NO_RUN
    every = [("No suggestions", suggestions.NO_RUN), *found]
    return gr.update(choices=every, value=chosen), ids


@shown_to_user
def freeze_version(
    settings: Settings, version_id: int | None, name: str
) -> tuple[str, Update]:
    """Freeze the labels as they are now; return how it went, and the picker."""
    if version_id is None:
        raise DatasetError(
            "There is no version to freeze from. Import photographs first."
        )
    version = versions.freeze(settings, version_id, name)
    return cards.note(f"Frozen: {in_words(version)}.", "good"), pick(
        settings, version_id
    )
