"""A gallery of small pictures to click, a page at a time."""

from typing import Any, NamedTuple

import gradio as gr

from carclf.ui import keys, pictures

KEYS = (
    '<p class="keys">Keys: <kbd>n</kbd> next, <kbd>p</kbd> previous, <kbd>s</kbd> '
    "save, <kbd>x</kbd> not a vehicle, <kbd>d</kbd> drop, <kbd>u</kbd> undo.</p>"
)


class Pager(NamedTuple):
    """The row below a gallery; it is hidden while `where` is empty."""

    back: gr.Button
    where: Any
    on: gr.Button


def create(label: str, columns: int = 4, *, is_wordy: bool = False) -> gr.Gallery:
    """Return an empty gallery; a click is for its owner to show the picture large.

    Args:
        is_wordy: Leave room for captions that say two classes.
    """
    return gr.Gallery(
        label=label,
        show_label=False,
        columns=columns,
        height="auto",
        object_fit="contain",
        allow_preview=False,
        interactive=False,
        buttons=[],
        elem_classes="tiles wordy" if is_wordy else "tiles",
    )


def build_pager() -> Pager:
    """Lay out the way from page to page; `where` is for what `where` returns."""
    with gr.Row(elem_classes="pager once"):
        back = gr.Button("Previous page", size="sm", min_width=110, scale=0)
        where = gr.HTML()
        on = gr.Button("Next page", size="sm", min_width=110, scale=0)
    return Pager(back, where, on)


def build_steps() -> tuple[gr.Button, gr.Button]:
    """Lay out the way from one large picture to the previous and the next."""
    with gr.Row(elem_classes="pager"):
        back = gr.Button(
            "Previous picture",
            size="sm",
            min_width=110,
            elem_classes=keys.by("previous"),
        )
        on = gr.Button(
            "Next picture", size="sm", min_width=110, elem_classes=keys.by("next")
        )
    return back, on


def where(page: int, found: int) -> str:
    """Return such as “37–72 of 8,144” of a page, the first being 0."""
    first = page * pictures.PAGE + 1
    last = min(found, first + pictures.PAGE - 1)
    return f'<p class="where">{first:,}–{last:,} of {found:,}</p>'
