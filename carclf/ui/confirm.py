"""A second click before something that cannot be taken back."""

from collections.abc import Callable
from typing import NamedTuple

import gradio as gr

from carclf.ui.navigation import wire


class Confirmation(NamedTuple):
    """The buttons; wire what is to be done to `yes.click`."""

    ask: gr.Button
    yes: gr.Button
    row: gr.Row
    warning: gr.HTML


def build(ask: str, yes: str, no: str, warning: str) -> Confirmation:
    """Lay out a button that reveals a warning with a yes and a no.

    Args:
        ask: What the first button says; `yes` and `no` name the two answers.
        warning: HTML; what would be lost.
    """
    first = gr.Button(ask, variant="stop", min_width=120)
    with gr.Row(visible=False, elem_classes="confirm") as row:
        lost = gr.HTML(warning)
        sure = gr.Button(yes, variant="stop", size="sm", min_width=120)
        back = gr.Button(no, size="sm", min_width=120)
    wire(first.click, _set_visible(True), outputs=row)
    wire([sure.click, back.click], _set_visible(False), outputs=row)
    return Confirmation(first, sure, row, lost)


def _set_visible(is_visible: bool) -> Callable[[], gr.Row]:
    return lambda: gr.Row(visible=is_visible)
