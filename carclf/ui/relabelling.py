"""Correct what is said of a picture, wherever one is shown.

What shows a picture fills the control in the same answer, or a key pressed at once
would say of this picture what stood there of the one before:

    image_id, version_id = gr.State(), gr.State()
    control = relabelling.build(settings, image_id, version_id)
    outputs = [photograph, image_id, version_id, *control.shown]
    ...                              # filled with `*show(settings, 7, 1)`
    control.changed.change(...)      # a label was saved, or taken back
"""

from collections.abc import Sequence
from functools import partial
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from carclf.datasets import relabelling, remedies
from carclf.records import SPLITS, Example, Label, MoveEvent, Split
from carclf.settings import Settings
from carclf.store import connect, labels, moves, versions
from carclf.ui import cards, keys
from carclf.ui.changes import memory
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire

MEANING = cards.more(
    "What these do",
    [
        "Save label: this is what the picture shows. Not a vehicle: it shows none of "
        "any class.",
        "Drop: leave it out, whatever it shows, as one does with a picture that is "
        "blurred or there twice. Saving a label takes it in again.",
        "Move: put it into another split of this version, so that what trains a "
        "network is not what judges it.",
        "Each is an event that Undo takes back. Versions and evaluations that exist "
        "keep what they hold: freeze a new version to train with the change.",
    ],
)


class Control(NamedTuple):
    """The control.

    Attributes:
        changed: A state that is another after each thing that was done or undone.
    """

    of: gr.Textbox
    stands: gr.HTML
    name: gr.Dropdown
    moving: gr.Row
    split: gr.Dropdown
    changed: gr.State

    @property
    def shown(self) -> "Shown":
        """What `show` fills."""
        return Shown(*self[:-1])


class Form(NamedTuple):
    """A class to choose, and what can be said of a picture."""

    name: gr.Dropdown
    save: gr.Button
    reject: gr.Button
    drop: gr.Button
    undo: gr.Button


class Shown(NamedTuple):
    """What fills the control, in the order of its first components.

    Attributes:
        of: The id of the image that the page shows, as text.
        moving: Seen where the image belongs to a version, for others have no split.
    """

    of: Any
    stands: Any
    name: Any
    moving: Any
    split: Any


def build(
    settings: Settings, image_id: gr.State, version_id: gr.State | gr.Dropdown
) -> Control:
    """Lay out the control, in a column that is hidden while there is no picture.

    What is pressed counts for the picture that the page showed then, though the next
    may have come up meanwhile.

    Args:
        image_id: The image that is shown when the answer comes.
        version_id: The version whose classes and splits are offered; None in it
            offers every class, and no split.
    """
    stands = gr.HTML()
    form = build_form()
    with gr.Row(equal_height=True, elem_classes="bar-row") as moving:
        split = gr.Dropdown(list(SPLITS), label="Right split", scale=2, min_width=120)
        to_split = gr.Button("Move", scale=1, min_width=70)
    gr.HTML(MEANING)
    control = Control(memory(), stands, form.name, moving, split, gr.State())
    asked = [control.of, image_id, version_id]
    for button, handler, inputs in (
        (form.save, save, [*asked, form.name]),
        (form.reject, reject, asked),
        (form.drop, drop, asked),
        (to_split, move, [*asked, split]),
        (form.undo, undo, asked),
    ):
        wire(button.click, partial(handler, settings), inputs, control)
    return control


def build_form() -> Form:
    """Lay out the class to choose and the four buttons; nothing is wired."""
    name = build_class("Right class")
    with gr.Row(elem_classes="form-buttons"):
        save = gr.Button(
            "Save label", variant="primary", elem_classes=keys.by("save"), min_width=60
        )
        reject = gr.Button(
            "Not a vehicle", elem_classes=keys.by("reject"), min_width=60
        )
        drop = gr.Button("Drop", elem_classes=keys.by("drop"), min_width=60)
        undo = gr.Button("Undo", elem_classes=keys.by("undo"), min_width=60)
    return Form(name, save, reject, drop, undo)


def build_class(label: str) -> gr.Dropdown:
    """Lay out a class to choose, or to make by typing its name."""
    return gr.Dropdown(
        label=label,
        choices=[],
        allow_custom_value=True,
        interactive=True,
        elem_classes="key-class",
        info="Type to search; a name that is not in the list becomes a new class.",
    )


def show(settings: Settings, image_id: int | None, version_id: int | None) -> Shown:
    """Return the control as it stands for an image; empty for none."""
    if image_id is None:
        return nothing()
    with connect(settings.db_path) as db:
        now = labels.current(db, image_id)
        known = relabelling.classes(db, version_id)
        held = versions.some(db, version_id, [image_id]) if version_id else {}
        moved = moves.standing(db, version_id, image_id)
    one = held.get(image_id)
    name = now.name if now else one.label if one else None
    return Shown(
        str(image_id),
        _stands(now, one, moved),
        gr.update(choices=sorted({*known, *([name] if name else [])}), value=name),
        gr.update(visible=one is not None),
        moved[-1].split if moved else one.split if one else None,
    )


def nothing() -> Shown:
    """Return the control while there is no picture."""
    return Shown("", "", None, gr.update(visible=False), None)


@shown_to_user
def save(
    settings: Settings,
    of: str,
    image_id: int | None,
    version_id: int | None,
    name: str | None,
) -> tuple[Any, ...]:
    """Record that a person says the image `of` shows `name`; return the control."""
    relabelling.save(settings, int(of), version_id, name)
    return _shown_anew(settings, of, image_id, version_id)


@shown_to_user
def reject(
    settings: Settings, of: str, image_id: int | None, version_id: int | None
) -> tuple[Any, ...]:
    """Record that the image shows no vehicle of any class; return the control."""
    relabelling.reject(settings, int(of))
    return _shown_anew(settings, of, image_id, version_id)


@shown_to_user
def drop(
    settings: Settings, of: str, image_id: int | None, version_id: int | None
) -> tuple[Any, ...]:
    """Leave the image out of what is frozen from now on; return the control."""
    relabelling.drop(settings, int(of))
    return _shown_anew(settings, of, image_id, version_id)


@shown_to_user
def move(
    settings: Settings, of: str, image_id: int | None, version_id: int, split: Split
) -> tuple[Any, ...]:
    """Put the image into a split of what is frozen from now on; return the control."""
    remedies.move(settings, version_id, [int(of)], split)
    return _shown_anew(settings, of, image_id, version_id)


@shown_to_user
def undo(
    settings: Settings, of: str, image_id: int | None, version_id: int | None
) -> tuple[Any, ...]:
    """Take back what a person did last to the image; return the control."""
    remedies.undo_last(settings, version_id, int(of))
    return _shown_anew(settings, of, image_id, version_id)


def _shown_anew(
    settings: Settings, of: str, image_id: int | None, version_id: int | None
) -> tuple[Any, ...]:
    """Return the control, and the events that make it differ from before."""
    with connect(settings.db_path) as db:
        said = labels.history(db, int(of))
        moved = moves.standing(db, version_id, int(of))
    last = [one.id for one in said[-1:]] + [one.id for one in moved[-1:]]
    return *show(settings, image_id, version_id), last


def _stands(now: Label | None, one: Example | None, moved: Sequence[MoveEvent]) -> str:
    """Return what the image is labelled, by whom, and what follows from it.

    Args:
        one: As it was frozen; None for an image of no version.
    """
    said = relabelling.in_words(now) if now else one.label if one else "no label yet"
    by = f" by {now.source}" if now and now.source != "import" else ""
    then = []
    if one is not None and said != one.label:
        then.append(f"frozen as “{one.label}”")
    if one is not None and moved and moved[-1].split != one.split:
        then.append(f"moved from {one.split} to {moved[-1].split}")
    what = f" It was {' and '.join(then)}; this counts once a new version is frozen."
    return (
        f'<p class="stands" role="status" aria-label="Label now">Label now: '
        f"<b>{escape(said)}</b>{escape(by)}.{escape(what) * bool(then)}</p>"
    )
