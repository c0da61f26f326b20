"""Tables to sort and to click: text columns and number columns."""

from collections.abc import Collection, Sequence

import gradio as gr


def create(
    label: str,
    columns: Sequence[str],
    numbers: Collection[str],
    *,
    max_height: int = 560,
    pinned: int | None = None,
) -> gr.Dataframe:
    """Return an empty table; the columns in `numbers` sort as numbers.

    Args:
        max_height: In pixels; beyond it the rows scroll.
        pinned: Columns that stay in sight when the others scroll.
    """
    return gr.Dataframe(
        label=label,
        headers=list(columns),
        datatype=["number" if name in numbers else "str" for name in columns],
        interactive=False,
        max_height=max_height,
        pinned_columns=pinned,
        buttons=[],
    )
