"""A gallery of small pictures to click, a page at a time."""

import gradio as gr


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
