"""Datasets: what is in a version, whether it is sound, and how new ones are made."""

from functools import partial
from typing import Any

import gradio as gr

from carclf.settings import Settings
from carclf.store import connect, stamp
from carclf.store import versions as stored
from carclf.ui import cards, class_counts, progress
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import THEN, clock, go_to, on_show, on_tick, wire
from carclf.ui.tabs import (
    datasets_health,
    datasets_import,
    datasets_picture,
    datasets_preview,
    datasets_versions,
)
from carclf.ui.version_picker import choices, pick

NO_VERSION = cards.empty(
    "No dataset yet",
    "Open “Import photographs” below and give a folder, an archive or an address: "
    "one folder a class, or a labels.csv.",
)
# How many outputs `open_version` fills.
VIEW_SIZE = 17
View = tuple[Any, ...]


def build(settings: Settings) -> tuple[gr.Dropdown, Any]:
    """Lay out the tab; return the chosen version, and the event of training on it."""
    with gr.Tab("Datasets", id="datasets") as tab:
        gr.HTML(
            cards.heading(
                "Datasets",
                "A version is a frozen list of images with their classes and splits. "
                "Runs are trained and judged on versions.",
            )
        )
        version, to_train = _build_picker()
        headline, findings, importing = gr.HTML(), gr.HTML(), gr.HTML()
        with gr.Tabs(overflow_behavior="wrap") as inner:
            with gr.Tab("Preview", id="preview"), gr.Row(elem_classes="split"):
                with gr.Column(scale=5, min_width=320):
                    preview = datasets_preview.build(settings, version)
                with gr.Column(scale=3, min_width=300):
                    datasets_picture.build(settings, version, preview)
                    counts = gr.HTML()
            mended = datasets_health.build(settings, version, findings)
            with gr.Tab("Versions", id="versions") as own:
                changes = datasets_versions.build(settings, tab, own, version)
            with gr.Tab("Import photographs", id="import"):
                datasets_import.build(settings, importing)
        view = [headline, counts, *preview.outputs]
        asked = [version, *preview.asked]
        _watch_imports(settings, importing, inner, asked, [version, *view])
    opening = partial(open_tab, settings), asked, [version, *view]
    on_show(tab, *opening)
    for change in (mended, *changes):
        change.success(*opening, **THEN)
    wire(version.input, partial(open_version, settings), version, view)
    return version, to_train


def _build_picker() -> tuple[gr.Dropdown, Any]:
    with gr.Row(equal_height=True, elem_classes="bar-row"):
        version = gr.Dropdown(
            label="Dataset version", choices=[], scale=4, min_width=240
        )
        label = gr.Button("Label these images", scale=1, min_width=150)
        train = gr.Button(
            "Train on this version", variant="primary", scale=1, min_width=150
        )
    go_to(label, "label")
    return version, go_to(train, "train")


def _watch_imports(
    settings: Settings,
    importing: gr.HTML,
    inner: gr.Tabs,
    asked: list[Any],
    view: list[Any],
) -> None:
    seen = gr.State([])
    on_tick(
        clock(),
        partial(watch, settings),
        [seen, *asked],
        [seen, importing, inner, *view],
    )


@shown_to_user
def open_tab(settings: Settings, chosen: int | None, *shown: Any) -> View:
    """Return the picker and the view of what is chosen, or of the newest version.

    Args:
        shown: What the view shows now, as `datasets_preview.fill` takes it.
    """
    picker = pick(settings, chosen)
    return (picker, *open_version(settings, picker["value"], *shown))


@shown_to_user
def open_version(settings: Settings, version_id: int | None, *shown: Any) -> View:
    """Return headline, counts, the filters and the first page.

    Args:
        shown: As `open_tab`.
    """
    if version_id is None:
        return (NO_VERSION, "", *datasets_preview.fill(settings, None))
    with connect(settings.db_path) as db:
        version = stored.get(db, version_id)
        parent = stored.get(db, version.parent_id) if version.parent_id else None
        rows = stored.counts(db, version_id)
    return (
        datasets_versions.headline(version, parent),
        class_counts.bars(rows),
        *datasets_preview.fill(settings, version, *shown),
    )


@shown_to_user
def watch(settings: Settings, seen: list[Any], chosen: int | None, *shown: Any) -> View:
    """Return how the last import goes, and the tab anew when a version came or went.

    What was imported is shown at once, wherever in the tab one is.

    Args:
        seen: What was returned last: the store's stamp and the ids of the versions.
        shown: As `open_tab`.
    """
    now = stamp(settings.db_path)
    if seen and seen[0] == now:
        return (gr.skip(),) * (4 + VIEW_SIZE)
    job = progress.latest(settings, "import")
    with connect(settings.db_path) as db:
        names = {version.id: version.name for version in stored.every(db)}
    told, ids = cards.job(job), list(names)
    if not seen or ids == seen[1:]:
        return ([now, *ids], told, *[gr.skip()] * (2 + VIEW_SIZE))
    inner = gr.skip()
    for version_id in set(ids) - set(seen[1:]):
        if job is not None and names[version_id] == job.settings["name"]:
            chosen, inner = version_id, gr.Tabs(selected="preview")
    if inner == gr.skip() and chosen in names:
        # What is chosen stays to the page, which may have chosen another since.
        picker = gr.update(choices=choices(settings))
        return ([now, *ids], told, inner, picker, *[gr.skip()] * VIEW_SIZE)
    return ([now, *ids], told, inner, *open_tab(settings, chosen, *shown))
