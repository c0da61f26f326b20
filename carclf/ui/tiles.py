"""A gallery of small pictures to click, a page at a time."""

from typing import Any, Literal, NamedTuple

import gradio as gr

from carclf.ui import keys, pictures

KEYS = (
    '<p class="keys">Keys: <kbd>n</kbd> next, <kbd>p</kbd> previous, <kbd>s</kbd> '
    "save, <kbd>x</kbd> not a vehicle, <kbd>d</kbd> drop, <kbd>u</kbd> undo.</p>"
)


class Pager(NamedTuple):
    """The row below a gallery; without another page it has no buttons."""

    back: gr.Button
    where: Any
    on: gr.Button


Kind = Literal["", "wordy", "small"]


def create(label: str, kind: Kind = "") -> gr.Gallery:
    """Return an empty gallery; a click is for its owner to show the picture large.

    Args:
        kind: `wordy` leaves room for captions that say two classes, `small` has many
            pictures in little room.
    """
    return gr.Gallery(
        label=label,
        show_label=False,
        height="auto",
        object_fit="contain",
        allow_preview=False,
        interactive=False,
        buttons=[],
        elem_classes=f"tiles {kind}".strip(),
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


def where(page: int, found: int, per_page: int | None = None, more: str = "") -> str:
    """Return such as “37–72 of 8,144” of a page, the first being 0.

    Args:
        found: At least one.
        per_page: `pictures.PAGE` where it is left out.
        more: Words to follow.
    """
    size = per_page or pictures.PAGE
    first = page * size + 1
    last = min(found, first + size - 1)
    whole = " whole" * (found <= size)
    return f'<p class="where{whole}">{first:,}–{last:,} of {found:,}{more}</p>'
