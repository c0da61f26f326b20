"""Datasets, health: what is done about a finding, taken back, and frozen."""

from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from typing import Any, Literal, NamedTuple

import gradio as gr

from carclf import words
from carclf.datasets import health, remedies, versions
from carclf.errors import DatasetError
from carclf.records import SPLITS, Batch, Split
from carclf.settings import Settings
from carclf.store import Database, batches, connect
from carclf.ui import album
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import wire
from carclf.ui.version_picker import in_words, pick

Scope = Literal["chosen", "all", "rest"]
LATEST = 12
ALBUM = "health-pictures"
Update = dict[str, Any]
Turn = Callable[..., Any]


class Deeds(NamedTuple):
    """What can be done to the images of a finding."""

    name: gr.Dropdown
    relabel: gr.Button
    split: gr.Dropdown
    move: gr.Button
    drop: gr.Button
    reject: gr.Button


class Acts(NamedTuple):
    """What was done at once, to be taken back at once; and the way to freeze it."""

    row: gr.Row
    choice: gr.Dropdown
    undo: gr.Button
    waiting: gr.HTML
    freezing: gr.Row


def build_form() -> tuple[gr.Column, gr.Radio, Deeds]:
    """Lay out what a remedy is for, and the remedies; nothing is wired."""
    with gr.Column(visible=False, elem_classes="remedies") as form:
        scope = gr.Radio(label="What is done is done to", choices=[], value="chosen")
        with gr.Row(equal_height=True, elem_classes="bar-row"):
            drop = gr.Button("Drop them", min_width=90)
            reject = gr.Button("Not vehicles", min_width=90)
        with gr.Row(equal_height=True, elem_classes="bar-row"):
            name = gr.Dropdown(
                label="Their right class",
                choices=[],
                value=None,
                allow_custom_value=True,
                scale=3,
                min_width=130,
            )
            relabel = gr.Button("Label them", scale=1, min_width=100)
            split = gr.Dropdown(
                list(SPLITS), value="train", label="Their split", scale=2, min_width=100
            )
            move = gr.Button("Move them", scale=1, min_width=100)
    return form, scope, Deeds(name, relabel, split, move, drop, reject)


def build_after(settings: Settings, version: gr.Dropdown) -> tuple[Acts, Any]:
    """Lay out undoing and freezing; return them, and the event of freezing."""
    with gr.Row(visible=False, equal_height=True, elem_classes="bar-row") as row:
        choice = gr.Dropdown(label="Done so far", choices=[], scale=3, min_width=200)
        undo = gr.Button("Undo all of this", scale=1, min_width=130)
    waiting = gr.HTML()
    with gr.Row(visible=False, equal_height=True, elem_classes="bar-row") as freezing:
        name = gr.Textbox(label="Name of the mended version", scale=3, min_width=200)
        freeze = gr.Button(
            "Freeze mended version", variant="primary", scale=1, min_width=170
        )
    frozen = wire(
        freeze.click, partial(freeze_version, settings), [version, name], version
    )
    return Acts(row, choice, undo, waiting, freezing), frozen


def wire_deeds(
    settings: Settings,
    deeds: Deeds,
    acts: Acts,
    asked: Sequence[Any],
    shown: Sequence[Any],
    turn: Turn,
) -> None:
    """Wire the remedies; each returns the view anew.

    Args:
        asked: The album, version, kind, page, how often something was done, and scope.
        turn: Returns the view of a page, given what stands in `asked` between these.
    """
    for button, does, given in (
        (deeds.drop, _drop, []),
        (deeds.reject, _reject, []),
        (deeds.relabel, _relabel, [deeds.name]),
        (deeds.move, _move, [deeds.split]),
    ):
        handler = partial(do, settings, does, turn)
        wire(button.click, handler, [*asked, *given], shown, js=album.sent_by(ALBUM))
    wire(
        acts.undo.click,
        partial(undo, settings, turn),
        [acts.choice, *asked[1:5]],
        shown,
    )


def scopes(groups: list[list[int]], is_grouped: bool) -> Update:
    """Return what a remedy can be for, with the number of images where it is known."""
    found = [
        ("Chosen images", "chosen"),
        (f"All of this finding ({sum(map(len, groups)):,})", "all"),
    ]
    if is_grouped:
        rest = sum(len(group) - 1 for group in groups)
        found.append((f"All but the first of each group ({rest:,})", "rest"))
    return gr.update(choices=found)


def acts(db: Database, version_id: int) -> Update:
    """Return what was done to images of a version and is not all undone."""
    found = [
        (_act_in_words(one), one.id)
        for one in batches.of_version(db, version_id, LATEST)
        if one.undone < one.events
    ]
    return gr.update(choices=found, value=found[0][1] if found else None)


@shown_to_user
def do(
    settings: Settings,
    does: Callable[..., Batch],
    turn: Turn,
    sent: str,
    version_id: int,
    kind: str,
    page: int,
    dealt: int,
    scope: Scope,
    *given: Any,
) -> Any:
    """Do something to the images of a scope; return the view, nothing chosen in it.

    Args:
        sent: What is chosen, as the album sends it.
    """
    ids = _of_scope(settings, version_id, kind, sent, scope)
    batch = does(settings, version_id, ids, *given)
    gr.Info(f"{escape(_act_in_words(batch))}. “Undo all of this” takes it back.")
    return turn(settings, 0, version_id, kind, page, dealt + 1)


@shown_to_user
def undo(settings: Settings, turn: Turn, batch_id: int | None, *asked: Any) -> Any:
    """Take one deed back, and return the view."""
    if batch_id is None:
        raise DatasetError("There is nothing to undo here.")
    changed = remedies.undo(settings, batch_id)
    gr.Info(f"Undone for {words.count(changed, 'image')}.")
    return turn(settings, 0, *asked)


@shown_to_user
def freeze_version(settings: Settings, version_id: int | None, name: str) -> Update:
    """Freeze a version with all remedies; return the picker with it chosen."""
    if version_id is None:
        raise DatasetError(
            "There is no version to freeze from. Import photographs first."
        )
    version = versions.freeze(settings, version_id, name)
    gr.Info(f"Frozen: {escape(in_words(version))}")
    return pick(settings, version.id)


def _of_scope(
    settings: Settings, version_id: int, kind: str, sent: str, scope: Scope
) -> Sequence[int]:
    if scope == "chosen":
        return album.chosen(sent)
    finding = health.named(health.glance(settings, version_id).findings, kind)
    with connect(settings.db_path) as db:
        groups = health.images_of(db, version_id, finding)
    return health.once_each(groups, but_first=scope == "rest")


def _drop(settings: Settings, _version_id: int, ids: Sequence[int]) -> Batch:
    return remedies.drop(settings, ids)


def _reject(settings: Settings, _version_id: int, ids: Sequence[int]) -> Batch:
    return remedies.reject(settings, ids)


def _relabel(
    settings: Settings, version_id: int, ids: Sequence[int], name: str | None
) -> Batch:
    return remedies.relabel(settings, ids, version_id, name)


def _move(
    settings: Settings, version_id: int, ids: Sequence[int], split: Split
) -> Batch:
    return remedies.move(settings, version_id, ids, split)


def _act_in_words(one: Batch) -> str:
    left = one.events - one.undone
    what = f"{one.what[0].upper()}{one.what[1:]}"
    return f"{what}: {words.count(left, 'image')}, {words.local_time(one.at)}"
