"""Label a dropped photograph, and take what was labelled so into a dataset."""

from functools import partial
from html import escape
from typing import Any, NamedTuple

import gradio as gr

from carclf import words
from carclf.datasets import additions, relabelling
from carclf.errors import DatasetError
from carclf.records import SPLITS, Label, Split
from carclf.settings import Settings
from carclf.store import connect
from carclf.ui import cards, pictures
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import on_show, wire
from carclf.ui.version_picker import in_words, pick

View = tuple[Any, ...]


class Suggestion(NamedTuple):
    """What was answered; `run_id` is None when several runs did."""

    label: str
    run_id: int | None


class Labelling(NamedTuple):
    """What an answer fills here: the suggestion, and the class to choose."""

    suggested: gr.State
    name: gr.Dropdown


def build(settings: Settings, tab: gr.Tab, dropped: gr.Image) -> Labelling:
    with gr.Accordion("Label this photograph", open=False):
        name = gr.Dropdown(
            label="What it shows",
            choices=[],
            allow_custom_value=True,
            info="The answer stands here; choose or type another class.",
        )
        keep = gr.Button("Keep photograph with this label", variant="primary")
        kept, waiting = gr.HTML(), gr.HTML()
        with gr.Column(visible=False, elem_classes="sheet") as freezing:
            with gr.Row():
                version = gr.Dropdown(label="Add to", choices=[], min_width=160)
                split = gr.Radio(list(SPLITS), value="train", label="Their split")
            new_name = gr.Textbox(label="Name of the new version", max_lines=1)
            freeze = gr.Button("Freeze new version with them")
    suggested = gr.State()
    state = [version, waiting, freezing]
    on_show(tab, partial(open_tab, settings), version, state)
    wire(
        keep.click,
        partial(keep_photograph, settings),
        [dropped, name, suggested, version],
        [kept, *state],
    )
    wire(
        freeze.click,
        partial(freeze_version, settings),
        [version, new_name, split],
        [kept, *state],
    )
    return Labelling(suggested, name)


@shown_to_user
def open_tab(settings: Settings, chosen: int | None) -> View:
    """Return the version picker, what waits for a version, and where to freeze it."""
    waiting = additions.waiting(settings)
    return pick(settings, chosen), waits(waiting), gr.update(visible=bool(waiting))


def waits(waiting: list[Label]) -> str:
    """Return what was labelled and is in no version yet; nothing for nothing."""
    if not waiting:
        return ""
    named = list(dict.fromkeys(str(one.name) for one in waiting))
    more = f" and {len(named) - 3} more classes" if len(named) > 3 else ""
    return cards.note(
        f"{words.count(len(waiting), 'labelled photograph')} "
        f"{'waits' if len(waiting) == 1 else 'wait'} to be taken into a version: "
        f"{', '.join(named[:3])}{more}."
    )


@shown_to_user
def keep_photograph(
    settings: Settings,
    payload: dict[str, Any] | None,
    name: str | None,
    suggested: Suggestion | None,
    version_id: int | None,
) -> View:
    """Record what the dropped photograph shows; return where it went, in words."""
    dropped = pictures.dropped(payload)
    if dropped is None:
        raise DatasetError("Drop a photograph first; then say what it shows.")
    with connect(settings.db_path) as db:
        label = relabelling.class_meant(db, version_id, name)
    path, called = dropped
    pictures.read_dropped(path, called)
    saved = additions.label(settings, path, label, _source(label, suggested))
    return (where(settings, saved, called), *open_tab(settings, version_id))


def _source(label: str, suggested: Suggestion | None) -> str:
    """Return who says so: the run whose answer was accepted, or a person."""
    if suggested is None or suggested[1] is None or suggested[0] != label:
        return relabelling.PERSON
    return f"run {suggested[1]}"


def where(settings: Settings, saved: Label, called: str) -> str:
    """Return what became of a labelled photograph."""
    versions = additions.holding(settings, saved.image_id)
    said = f"Kept {called} as “{saved.name}”, said by {saved.source}."
    if versions:
        said = (
            f"{called} is in “{versions[0].name}” already. Its label is now "
            f"“{saved.name}”; freeze corrected labels in the Datasets tab to train on "
            "that."
        )
    return cards.note(said, "good")


@shown_to_user
def freeze_version(
    settings: Settings, version_id: int | None, name: str, split: Split
) -> View:
    """Make a version with what waits for one; return where it went, in words."""
    if version_id is None:
        raise DatasetError("There is no version to add to. Import photographs first.")
    version = additions.freeze(settings, version_id, name, split)
    gr.Info(f"Frozen: {escape(in_words(version))}")
    said = f"They are in {split} of “{version.name}” now. Train on it in the Train tab."
    return (cards.note(said, "good"), *open_tab(settings, version.id))
