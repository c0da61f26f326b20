"""Datasets: what is in a version, whether it is sound, and how new ones are made."""

from functools import partial
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from carclf import words
from carclf.config import Treatment
from carclf.datasets import health, relabelling, versions
from carclf.errors import DatasetError
from carclf.records import SPLITS, Version
from carclf.settings import Settings
from carclf.store import connect, labels
from carclf.store import versions as stored
from carclf.ui import cards, class_counts, pictures, progress
from carclf.ui.errors import shown_to_user
from carclf.ui.labelling import ALL_CLASSES
from carclf.ui.navigation import go_to, on_show, wire
from carclf.ui.tabs import datasets_import
from carclf.ui.version_picker import in_words, pick

ALL_SPLITS = "All splits"
# How many outputs `open_version` fills.
VIEW_SIZE = 7
View = tuple[Any, ...]


class _Filters(NamedTuple):
    """Which images are shown, in the order `turn_page` takes them."""

    version: gr.Dropdown
    label: gr.Dropdown
    split: gr.Dropdown
    text: gr.Textbox


class _Page(NamedTuple):
    """What `turn_page` fills, in its order."""

    number: gr.State
    gallery: gr.Gallery
    where: gr.HTML


class _Facts(NamedTuple):
    headline: gr.HTML
    findings: gr.HTML
    counts: gr.HTML


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
        headline, findings = gr.HTML(), gr.HTML()
        with gr.Row(elem_classes="split"):
            with gr.Column(scale=5, min_width=320):
                filters, page = _build_pictures(settings, version)
            with gr.Column(scale=3, min_width=300):
                facts = _Facts(headline, findings, gr.HTML())
                view = [*facts, filters.label, *page]
                _build_import(settings, version, view)
                _build_freeze(settings, version, view)
                _build_delete(settings, version, view)
    on_show(tab, partial(open_tab, settings), version, [version, *view])
    wire(
        version.input,
        partial(open_version, settings),
        version,
        view,
    )
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


def _build_pictures(settings: Settings, version: gr.Dropdown) -> tuple[_Filters, _Page]:
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
    filters = _Filters(version, label, split, text)
    page = _Page(gr.State(0), gallery, where)
    for button, by in ((back, -1), (on, 1)):
        wire(
            button.click,
            partial(turn_page, settings, by),
            [*filters, page.number],
            page,
        )
    wire(
        [label.input, split.input, text.change],
        partial(turn_page, settings, 0),
        filters,
        page,
        trigger_mode="always_last",
    )
    return filters, page


def _build_import(settings: Settings, version: gr.Dropdown, view: list[Any]) -> None:
    importing = datasets_import.build(settings)
    known = gr.State()
    wire(
        gr.Timer(2).tick,
        partial(watch, settings),
        [version, known],
        [importing, known, version, *view],
    )


def _build_freeze(settings: Settings, version: gr.Dropdown, view: list[Any]) -> None:
    with gr.Accordion("Freeze corrected labels", open=False):
        changed = gr.HTML()
        name = gr.Textbox(label="Name of the frozen version")
        freeze = gr.Button("Freeze version", variant="primary")
    wire(version.change, partial(changed_labels, settings), version, changed)
    wire(
        freeze.click,
        partial(freeze_version, settings),
        [version, name],
        [version, *view],
    )


def _build_delete(settings: Settings, version: gr.Dropdown, view: list[Any]) -> None:
    with gr.Accordion("Delete this version", open=False):
        gr.HTML(cards.note("Its images and their labels stay; the list goes."))
        delete = gr.Button("Delete version", variant="stop")
    wire(
        delete.click,
        partial(delete_version, settings),
        version,
        [version, *view],
    )


@shown_to_user
def open_tab(settings: Settings, chosen: int | None) -> View:
    """Return the picker and the view of what is chosen, or of the newest version."""
    picker = pick(settings, chosen)
    return (picker, *open_version(settings, picker["value"]))


@shown_to_user
def open_version(settings: Settings, version_id: int | None) -> View:
    """Return headline, findings, counts, the class filter and the first page."""
    if version_id is None:
        return (no_version(), "", "", gr.update(choices=[ALL_CLASSES]), 0, [], "")
    with connect(settings.db_path) as db:
        version = stored.get(db, version_id)
        parent = stored.get(db, version.parent_id) if version.parent_id else None
        rows = stored.counts(db, version_id)
    class_filter = gr.update(choices=[ALL_CLASSES, *version.classes], value=ALL_CLASSES)
    return (
        headline(version, parent),
        findings(settings, version_id),
        class_counts.bars(rows),
        class_filter,
        *turn_page(settings, 0, version_id, ALL_CLASSES, ALL_SPLITS, "", 0),
    )


def no_version() -> str:
    return cards.empty(
        "No dataset yet",
        "Open “Import photographs” below and give a folder, an archive or an address: "
        "one folder a class, or a labels.csv.",
    )


def headline(version: Version, parent: Version | None) -> str:
    """Return the strip of facts under the picker."""
    made = _source(version) if parent is None else f"from {parent.name}"
    return cards.facts(
        [
            (f"{sum(version.counts.values()):,}", "images"),
            (f"{len(version.classes):,}", "classes"),
            *((f"{version.counts[split]:,}", split) for split in SPLITS),
            (treatment_in_words(version), "background"),
            (made, "source"),
            (version.hash[:8], "hash"),
            (words.local_time(version.created_at), "frozen"),
        ]
    )


def _source(version: Version) -> str:
    """Return where an imported version came from, by its last names."""
    lines = version.source.splitlines()
    return " + ".join(Path(line).name or line for line in lines)


def treatment_in_words(version: Version) -> str:
    treatment = Treatment(**version.treatment)
    if treatment.remover == "none":
        return "kept"
    if treatment.remover == "box":
        return "cropped to its box"
    how = "cut out" if treatment.output == "cutout" else "cropped"
    return f"{how} by {treatment.remover}"


def findings(settings: Settings, version_id: int) -> str:
    """Return what the health check found, or that it found nothing."""
    found = health.check(settings, version_id)
    if not found:
        return cards.note("Health: nothing to object to.", "good")
    return cards.notes((finding.words for finding in found), "warn")


@shown_to_user
def turn_page(
    settings: Settings,
    step: int,
    version_id: int | None,
    label: str | None,
    split: str | None,
    text: str,
    page: int = 0,
) -> tuple[int, list[pictures.Tile], str]:
    """Return the page `step` away (0: the first), its tiles and where it lies."""
    if version_id is None:
        return 0, [], ""
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
    return page, tiles, where_in_words(start, len(rows), found)


def where_in_words(start: int, shown: int, found: int) -> str:
    if not found:
        return cards.note("No image matches. Clear a filter to see more.")
    return f'<p class="where">{start + 1:,}–{start + shown:,} of {found:,}</p>'


@shown_to_user
def freeze_version(settings: Settings, version_id: int | None, name: str) -> View:
    """Freeze the labels as they are now; return the tab showing the new version."""
    if version_id is None:
        raise DatasetError(
            "There is no version to freeze from. Import photographs first."
        )
    version = versions.freeze(settings, version_id, name)
    gr.Info(f"Frozen: {escape(in_words(version))}")
    return open_tab(settings, version.id)


@shown_to_user
def delete_version(settings: Settings, version_id: int | None) -> View:
    if version_id is None:
        raise DatasetError("There is no version to delete.")
    version = versions.delete(settings, version_id)
    gr.Info(f"Deleted: {escape(version.name)}")
    return open_tab(settings, None)


@shown_to_user
def watch(settings: Settings, chosen: int | None, known: list[int] | None) -> View:
    """Return how the last import goes, and the tab anew when a version came or went.

    Args:
        known: The ids of the versions when this page last asked.
    """
    job = progress.latest(settings, "import")
    with connect(settings.db_path) as db:
        names = {version.id: version.name for version in stored.every(db)}
    told, ids = cards.job(job), list(names)
    if known is None or ids == known:
        return (told, ids, *[gr.skip()] * (1 + VIEW_SIZE))
    for version_id in set(ids) - set(known):
        if job is not None and names[version_id] == job.settings["name"]:
            chosen = version_id
    return (told, ids, *open_tab(settings, chosen))


@shown_to_user
def changed_labels(settings: Settings, version_id: int | None) -> str:
    """Return how many labels differ from those the version was frozen with."""
    if version_id is None:
        return ""
    with connect(settings.db_path) as db:
        said = relabelling.summary(labels.changed_since_frozen(db, version_id))
    if not said:
        return cards.note("Every label is as it was when this version was frozen.")
    return cards.note(f"{said}.")
