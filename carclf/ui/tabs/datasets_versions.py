"""Datasets, the versions: how the chosen one was made, and what becomes of it."""

from collections.abc import Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from carclf import words
from carclf.background import treatments
from carclf.config import Treatment
from carclf.datasets import folders, remedies, versions
from carclf.errors import DatasetError
from carclf.records import SPLITS, Version
from carclf.settings import Settings
from carclf.store import connect
from carclf.store import versions as stored
from carclf.ui import cards, confirm, version_tree
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import on_show, wire
from carclf.ui.tabs import datasets_compare, datasets_export
from carclf.ui.version_picker import in_words, pick

MOST_LEFT_OUT = 100


def build(
    settings: Settings, tab: gr.Tab, own: gr.Tab, version: gr.Dropdown
) -> tuple[Any, Any]:
    """Lay out the view; return the events that choose another version.

    Args:
        tab: Datasets, and in it `own`, for this view: labels change beside it.
    """
    with gr.Row(elem_classes="split"):
        with gr.Column(scale=5, min_width=320):
            card = gr.HTML()
        with gr.Column(scale=3, min_width=300):
            frozen, changed = _build_freeze(settings, version)
            datasets_export.build(settings, tab, version)
            deleted = _build_delete(settings, version)
    datasets_compare.build(settings, version)
    told = partial(describe, settings), version, [card, changed]
    on_show(tab, *told)
    wire([own.select, version.change], *told)
    return frozen, deleted


def _build_freeze(settings: Settings, version: gr.Dropdown) -> tuple[Any, gr.HTML]:
    gr.HTML("<h3>Freeze corrected labels</h3>")
    changed = gr.HTML()
    name = gr.Textbox(label="Name of the frozen version")
    freeze = gr.Button("Freeze version", variant="primary")
    handler = partial(freeze_version, settings)
    return wire(freeze.click, handler, [version, name], version), changed


def _build_delete(settings: Settings, version: gr.Dropdown) -> Any:
    lost = cards.note("Its images and their labels stay; the list goes.", "bad")
    delete = confirm.build("Delete version", "Yes, delete it", "Keep it", lost)
    handler = partial(delete_version, settings)
    return wire(delete.yes.click, handler, version, version)


@shown_to_user
def describe(settings: Settings, version_id: int | None) -> tuple[str, str]:
    """Return a version's card with its relatives, and what was relabelled since."""
    if version_id is None:
        return "", ""
    with connect(settings.db_path) as db:
        every = stored.every(db)
        runs = stored.runs_on(db, version_id)
        left_out = stored.skipped(db, version_id)
    version = next(one for one in every if one.id == version_id)
    reasons = [f"{one.path} {one.reason}" for one in left_out[:MOST_LEFT_OUT]]
    return (
        _card(settings, version, runs)
        + cards.more(f"{words.count(len(left_out), 'file')} left out", reasons)
        + "<h3>Versions made from each other</h3>"
        + version_tree.draw(every, version),
        changed_labels(settings, version_id),
    )


def _card(settings: Settings, version: Version, runs: Sequence[str]) -> str:
    splits = ", ".join(f"{version.counts[one]:,} {one}" for one in SPLITS)
    rows = [
        ("Name", version.name),
        ("Images", f"{sum(version.counts.values()):,}: {splits}"),
        ("Classes", f"{len(version.classes):,}"),
        ("Source", version.source.replace("\n", " + ")),
        ("Splits", version.split_rule),
        ("Background", _treatment_in_full(version)),
        ("Made", words.local_time(version.created_at)),
        ("Used by", words.listed(runs) if runs else "no run yet"),
        ("Kept in", str(folders.version_folder(settings, version.name))),
        ("Hash", version.hash),
    ]
    return cards.about("About this version", rows)


def _treatment_in_full(version: Version) -> str:
    """Return what was done to the background, and by which settings."""
    said = treatments.in_words(Treatment(**version.treatment))
    if version.treatment.get("remover", "none") == "none":
        return said
    how = ", ".join(
        f"{name} {value}"
        for name, value in version.treatment.items()
        if name != "remover" and value != ""
    )
    return f"{said} ({how})"


def headline(version: Version, parent: Version | None) -> str:
    """Return the strip of facts under the picker."""
    made = _source(version) if parent is None else f"from {parent.name}"
    return cards.facts(
        [
            (f"{sum(version.counts.values()):,}", "images"),
            (f"{len(version.classes):,}", "classes"),
            *((f"{version.counts[split]:,}", split) for split in SPLITS),
            (treatments.in_words(Treatment(**version.treatment)), "background"),
            (made, "source"),
            (version.hash[:8], "hash"),
            (words.local_time(version.created_at), "frozen"),
        ]
    )


def _source(version: Version) -> str:
    """Return where an imported version came from, by its last names."""
    lines = version.source.splitlines()
    return " + ".join(Path(line).name or line for line in lines)


@shown_to_user
def freeze_version(
    settings: Settings, version_id: int | None, name: str
) -> dict[str, Any]:
    """Freeze the labels as they are now; return the picker with the new version."""
    if version_id is None:
        raise DatasetError(
            "There is no version to freeze from. Import photographs first."
        )
    version = versions.freeze(settings, version_id, name)
    gr.Info(f"Frozen: {escape(in_words(version))}")
    return pick(settings, version.id)


@shown_to_user
def delete_version(settings: Settings, version_id: int | None) -> dict[str, Any]:
    """Forget a version; return the picker with the newest of the others."""
    if version_id is None:
        raise DatasetError("There is no version to delete.")
    version = versions.delete(settings, version_id)
    gr.Info(f"Deleted: {escape(version.name)}")
    return pick(settings, None)


@shown_to_user
def changed_labels(settings: Settings, version_id: int | None) -> str:
    """Return how many labels differ from those the version was frozen with."""
    if version_id is None:
        return ""
    with connect(settings.db_path) as db:
        said = remedies.summary(db, version_id)
    if not said:
        return cards.note("Every label is as it was when this version was frozen.")
    return cards.note(f"{said}.")
