"""Which images of a version are gone through: the filters of all ways to label."""

from typing import Any, NamedTuple

import gradio as gr

from carclf.records import SPLITS, Change, Example
from carclf.settings import Settings
from carclf.store import connect, labels, versions
from carclf.ui.labelling import ALL_CLASSES

ALL_SPLITS = "All splits"
EVERY, AS_FROZEN, RELABELLED = "All labels", "As frozen", "Relabelled"
NO_VEHICLE, DROPPED = "Not a vehicle", "Dropped"
STATES = (EVERY, AS_FROZEN, RELABELLED, NO_VEHICLE, DROPPED)


class Filters(NamedTuple):
    """Which images, in the order `matching` takes them."""

    version: Any
    label: Any
    split: Any
    state: Any
    text: Any


def build() -> Filters:
    with gr.Row(elem_classes="filters"):
        return Filters(
            gr.Dropdown(label="Version to label", choices=[], min_width=200),
            gr.Dropdown([ALL_CLASSES], label="Class to go through", min_width=150),
            gr.Dropdown(
                [ALL_SPLITS, *SPLITS],
                value=ALL_SPLITS,
                label="Split to go through",
                min_width=110,
            ),
            gr.Dropdown(
                list(STATES), value=EVERY, label="State of the label", min_width=120
            ),
            gr.Textbox(
                "",
                label="Find image",
                placeholder="class or file name",
                min_width=150,
            ),
        )


def matching(
    settings: Settings,
    version_id: int | None,
    label: str | None = ALL_CLASSES,
    split: str | None = ALL_SPLITS,
    state: str | None = EVERY,
    text: str | None = "",
) -> list[Example]:
    """Return the images that match, in the order of the version."""
    if version_id is None:
        return []
    with connect(settings.db_path) as db:
        found = versions.examples(
            db,
            version_id,
            label=None if label in (None, ALL_CLASSES) else label,
            split=next((one for one in SPLITS if one == split), None),
            text=text or "",
        )
        if state in (None, EVERY):
            return found
        changed = labels.changed_since_frozen(db, version_id)
    changes = {change.image_id: change for change in changed}
    return [one for one in found if state == _state(changes.get(one.image_id))]


def _state(change: Change | None) -> str:
    """Return what became of a label since its version was frozen."""
    if change is None:
        return AS_FROZEN
    if change.is_dropped:
        return DROPPED
    return NO_VEHICLE if change.now is None else RELABELLED
