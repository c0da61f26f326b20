"""Clicks on a part of a component: a picture, a point, a row of a table."""

from collections.abc import Callable
from typing import Any

import gradio as gr

# Gradio hands a click to a function that is annotated so, and sees no annotation on
# a partial; hence these.


def with_click(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Return a handler of `select` that gets the click's index and value first."""

    def clicked(event: gr.SelectData, *inputs: Any) -> Any:
        return handler(event.index, event.value, *inputs)

    return clicked


def with_row(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Return a handler of a table's `select` that gets the clicked row first."""

    def clicked(event: gr.SelectData, *inputs: Any) -> Any:
        return handler(event.row_value, *inputs)

    return clicked
