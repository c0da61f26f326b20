"""Label: one image at a time, by mouse or by keyboard; every label is an event."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf.datasets import versions
from carclf.errors import DatasetError
from carclf.settings import Settings
from carclf.store import connect
from carclf.store import versions as stored
from carclf.ui import bundles, cards, keys, labelling, relabelling
from carclf.ui.errors import shown_to_user
from carclf.ui.labelling import (
    ALL_CLASSES,
    EVERY,
    NO_SUGGESTIONS,
    RELABELLED,
    SUGGESTIONS,
    Sitting,
    Update,
    View,
)
from carclf.ui.navigation import go_to, on_show, wire
from carclf.ui.version_picker import in_words, pick

KEYS = (
    "Keys: <kbd>n</kbd> next, <kbd>p</kbd> previous, <kbd>s</kbd> save, "
    "<kbd>x</kbd> not a vehicle, <kbd>d</kbd> drop, <kbd>u</kbd> undo, "
    "<kbd>1</kbd>–<kbd>5</kbd> accept a suggestion."
)


class _Filters(NamedTuple):
    """Which images to go through, in the order `labelling.matching` takes them."""

    version: gr.Dropdown
    label: gr.Dropdown
    which: gr.Radio
    text: gr.Textbox


class _View(NamedTuple):
    """What `labelling.show` fills, in its order."""

    sitting: gr.State
    image: gr.Image
    progress: gr.HTML
    history: gr.HTML
    name: gr.Dropdown
    changes: gr.HTML


class _Buttons(NamedTuple):
    back: gr.Button
    on: gr.Button
    save: gr.Button
    reject: gr.Button
    drop: gr.Button
    undo: gr.Button
    go_on: gr.Checkbox


def build(settings: Settings) -> None:
    with gr.Tab("Label", id="label") as tab:
        gr.HTML(
            cards.heading(
                "Label",
                "Look, correct, go on. No label is ever overwritten: each is an event, "
                "and the last one counts.",
            )
        )
        filters = _build_filters()
        with gr.Row(elem_classes="split"):
            with gr.Column(scale=5, min_width=320):
                progress, image, back, on = _build_stage()
                history = gr.HTML()
            with gr.Column(scale=3, min_width=300):
                name, *form = _build_form()
                model, suggested, suggestions = _build_suggestions()
                gr.HTML(f'<p class="keys">{KEYS}</p>')
                changes = gr.HTML()
                _build_freezing(settings, filters.version)
        view = _View(gr.State(Sitting()), image, progress, history, name, changes)
        buttons = _Buttons(back, on, *form)
    _wire_filters(settings, tab, filters, view)
    _wire_buttons(settings, view, buttons)
    on_show(tab, partial(models, settings), model, model)
    _wire_suggestions(settings, view, model, suggested, suggestions, buttons.go_on)


def _build_filters() -> _Filters:
    with gr.Row():
        version = gr.Dropdown(label="Version to label", choices=[], min_width=200)
        label = gr.Dropdown([ALL_CLASSES], label="Class to go through", min_width=150)
        text = gr.Textbox(
            label="Find image", placeholder="class or file name", min_width=150
        )
        which = gr.Radio([EVERY, RELABELLED], value=EVERY, label="Show", min_width=230)
    return _Filters(version, label, which, text)


def _build_stage() -> tuple[gr.HTML, gr.Image, gr.Button, gr.Button]:
    progress = gr.HTML()
    image = gr.Image(
        label="Image to label",
        alt_text="The image to label",
        interactive=False,
        show_label=False,
        height=460,
        buttons=["fullscreen"],
        elem_classes="stage",
    )
    with gr.Row(elem_classes="pager"):
        back = gr.Button("Previous", elem_classes=keys.by("previous"), min_width=90)
        on = gr.Button("Next", elem_classes=keys.by("next"), min_width=90)
    return progress, image, back, on


def _build_form() -> tuple[Any, ...]:
    """Return the class to choose, and the buttons in their order in `_Buttons`."""
    name, *buttons = relabelling.build_form()
    go_on = gr.Checkbox(True, label="Go on to the next image after saving")
    return name, *buttons, go_on


def _build_suggestions() -> tuple[gr.Dropdown, gr.State, list[gr.Button]]:
    model = gr.Dropdown(
        [("No suggestions", NO_SUGGESTIONS)],
        value=NO_SUGGESTIONS,
        label="Suggestions from",
    )
    with gr.Column(elem_classes="suggestions"):
        buttons = [
            gr.Button(visible=False, size="sm", elem_classes=keys.by(str(number)))
            for number in range(1, SUGGESTIONS + 1)
        ]
    return model, gr.State([]), buttons


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


def _wire_filters(
    settings: Settings, tab: gr.Tab, filters: _Filters, view: _View
) -> None:
    on_show(
        tab,
        partial(open_tab, settings),
        [*filters, view.sitting],
        [filters.version, filters.label, *view],
    )
    wire(
        filters.version.input,
        partial(open_version, settings),
        filters.version,
        [filters.label, *view],
    )
    wire(
        [filters.label.input, filters.which.input, filters.text.change],
        partial(fill, settings),
        filters,
        view,
        trigger_mode="always_last",
    )


def _wire_buttons(settings: Settings, view: _View, buttons: _Buttons) -> None:
    sitting = view.sitting
    for button, by in ((buttons.back, -1), (buttons.on, 1)):
        wire(button.click, partial(labelling.step, settings, by), sitting, view)
    wire(
        buttons.save.click,
        partial(labelling.save, settings),
        [sitting, buttons.go_on, view.name],
        view,
    )
    for button, handler in (
        (buttons.reject, labelling.reject),
        (buttons.drop, labelling.drop),
    ):
        wire(button.click, partial(handler, settings), [sitting, buttons.go_on], view)
    wire(buttons.undo.click, partial(labelling.undo, settings), sitting, view)


def _wire_suggestions(
    settings: Settings,
    view: _View,
    model: gr.Dropdown,
    suggested: gr.State,
    buttons: list[gr.Button],
    go_on: gr.Checkbox,
) -> None:
    # After the picture stands, so that leafing on does not wait for a network.
    wire(
        [view.image.change, model.change],
        partial(labelling.suggest, settings),
        [view.sitting, model],
        [suggested, *buttons],
        trigger_mode="always_last",
    )
    for number, button in enumerate(buttons):
        wire(
            button.click,
            partial(labelling.accept, settings, number),
            [view.sitting, go_on, suggested],
            view,
        )


@shown_to_user
def open_tab(
    settings: Settings,
    version_id: int | None,
    label: str | None,
    which: str,
    text: str,
    sitting: Sitting,
) -> View:
    """Return the version picker, the class filter and the view, where it was left."""
    version = pick(settings, version_id)
    if version["value"] != version_id:
        return (version, *open_version(settings, version["value"]))
    again = labelling.matching(settings, version_id, label, which, text)
    shown = labelling.show(settings, again.at(sitting.place))
    return (version, gr.skip(), *shown)


@shown_to_user
def open_version(settings: Settings, version_id: int | None) -> View:
    """Return the class filter and the view of a version's first image."""
    if version_id is None:
        return (gr.skip(), *labelling.show(settings, Sitting()))
    with connect(settings.db_path) as db:
        classes = stored.get(db, version_id).classes
    label = gr.update(choices=[ALL_CLASSES, *classes], value=ALL_CLASSES)
    return (label, *fill(settings, version_id, ALL_CLASSES, EVERY, ""))


@shown_to_user
def fill(
    settings: Settings,
    version_id: int | None,
    label: str | None,
    which: str,
    text: str,
) -> View:
    """Return the view of the first image that matches."""
    sitting = labelling.matching(settings, version_id, label, which, text)
    return labelling.show(settings, sitting)


@shown_to_user
def models(settings: Settings, chosen: int) -> Update:
    """Return the runs that can suggest; the best is chosen once there is one."""
    found = bundles.choices(settings)
    ids = [run_id for _, run_id in found]
    if chosen not in ids:
        chosen = ids[0] if ids else NO_SUGGESTIONS
    return gr.update(choices=[("No suggestions", NO_SUGGESTIONS), *found], value=chosen)


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
