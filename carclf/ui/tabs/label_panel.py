"""Label, one image on the screen: the picture, what is said of it, and what can be."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf.settings import Settings
from carclf.ui import box_drawing, keys, labelling, relabelling, stage, suggestions
from carclf.ui.clicks import with_click
from carclf.ui.labelling import Sitting, View
from carclf.ui.navigation import THEN, wire

_KEYS = (
    "Keys: <kbd>n</kbd> next, <kbd>p</kbd> previous, {keep}<kbd>1</kbd>–<kbd>5</kbd> "
    "accept a suggestion, <kbd>c</kbd> type a class, <kbd>s</kbd> save, <kbd>x</kbd> "
    "not a vehicle, <kbd>d</kbd> drop, <kbd>u</kbd> undo, <kbd>z</kbd> zoom."
)
_KEEP = "<kbd>k</kbd> keep the label, "


class Panel(NamedTuple):
    """One image on the screen.

    Attributes:
        view: What `labelling.show` fills.
        beside: A column for what goes with it.
    """

    view: View
    beside: gr.Column


class _Buttons(NamedTuple):
    back: Any
    on: Any
    form: relabelling.Form
    keep: Any
    go_on: Any


def build(settings: Settings, *, is_queue: bool = False) -> Panel:
    """Lay out and wire a panel; its owner fills it with `labelling.show`.

    Args:
        is_queue: Labels are in doubt, so one can be kept as it is.
    """
    sitting, image_id = gr.State(Sitting()), gr.State()
    with gr.Row(elem_classes="split"):
        with gr.Column(scale=5, min_width=320):
            progress, picture, ahead = gr.HTML(), stage.create(), gr.HTML()
            with gr.Column(visible=False) as below:
                with gr.Row(elem_classes="pager"):
                    back = gr.Button(
                        "Previous", elem_classes=keys.by("previous"), min_width=90
                    )
                    on = gr.Button("Next", elem_classes=keys.by("next"), min_width=90)
                with gr.Accordion("Vehicle box", open=False):
                    box_drawing.build(settings, image_id)
        with (
            gr.Column(scale=3, min_width=300) as beside,
            gr.Column(visible=False) as acts,
        ):
            suggested = suggestions.create()
            keep = gr.Button(
                "Keep label", visible=is_queue, elem_classes=keys.by("keep")
            )
            form = relabelling.build_form()
            go_on = gr.Checkbox(True, label="Go on to the next image after saving")
            said = _KEYS.format(keep=_KEEP * is_queue)
            gr.HTML(f'<p class="keys">{said}</p>')
            changes, history = gr.HTML(), gr.HTML()
    view = View(
        *(sitting, image_id, gr.State(), picture, progress, history, form.name),
        *(suggested, changes, below, acts),
    )
    _wire_buttons(settings, view, _Buttons(back, on, form, keep, go_on))
    _wire_following(settings, view, ahead)
    return Panel(view, beside)


def _wire_buttons(settings: Settings, view: View, buttons: _Buttons) -> None:
    sitting, go_on, form = view.sitting, buttons.go_on, buttons.form
    for button, by in ((buttons.back, -1), (buttons.on, 1)):
        wire(button.click, partial(labelling.step, settings, by), sitting, view)
    wire(
        form.save.click,
        partial(labelling.save, settings),
        [sitting, go_on, view.name],
        view,
    )
    for button, handler in (
        (form.reject, labelling.reject),
        (form.drop, labelling.drop),
        (buttons.keep, labelling.keep),
    ):
        wire(button.click, partial(handler, settings), [sitting, go_on], view)
    wire(form.undo.click, partial(labelling.undo, settings), sitting, view)
    wire(
        view.suggestions.select,
        with_click(partial(labelling.accept, settings)),
        [sitting, go_on],
        view,
    )


def _wire_following(settings: Settings, view: View, ahead: gr.HTML) -> None:
    """Wire what comes once the picture stands, so that leafing on waits for nothing."""
    wire(
        view.asked.change,
        partial(labelling.suggest, settings),
        view.sitting,
        view.suggestions,
    ).then(
        partial(labelling.look_ahead, settings),
        view.sitting,
        ahead,
        trigger_mode="always_last",
        **THEN,
    )
    wire(
        view.stage.select,
        partial(labelling.whole, settings),
        view.sitting,
        view.stage,
        trigger_mode="always_last",
    )
