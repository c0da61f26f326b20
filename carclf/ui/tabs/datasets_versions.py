"""Datasets, the versions: how the chosen one was made, and what becomes of it."""

from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from carclf import words
from carclf.config import Treatment
from carclf.datasets import remedies, versions
from carclf.errors import DatasetError
from carclf.records import SPLITS, Version
from carclf.settings import Settings
from carclf.store import connect
from carclf.ui import cards
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire
from carclf.ui.version_picker import in_words, pick


def build(settings: Settings, version: gr.Dropdown) -> tuple[Any, Any]:
    """Lay out freezing and deleting; return the events, which choose a version."""
    with gr.Group():
        changed = gr.HTML()
        name = gr.Textbox(label="Name of the frozen version")
        freeze = gr.Button("Freeze version", variant="primary")
    with gr.Accordion("Delete this version", open=False):
        gr.HTML(cards.note("Its images and their labels stay; the list goes."))
        delete = gr.Button("Delete version", variant="stop")
    wire(version.change, partial(changed_labels, settings), version, changed)
    frozen = wire(
        freeze.click, partial(freeze_version, settings), [version, name], version
    )
    deleted = wire(delete.click, partial(delete_version, settings), version, version)
    return frozen, deleted


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
