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
    widths: Sequence[str] = (),
) -> gr.Dataframe:
    """Return an empty table; the columns in `numbers` sort as numbers.

    Args:
        max_height: In pixels; beyond it the rows scroll.
        pinned: Columns that stay in sight when the others scroll.
        widths: Of the columns, such as “30%”; long words are then wrapped to fit.
    """
    return gr.Dataframe(
        label=label,
        headers=list(columns),
        datatype=["number" if name in numbers else "str" for name in columns],
        interactive=False,
        max_height=max_height,
        pinned_columns=pinned,
        column_widths=list(widths) or None,
        wrap=bool(widths),
        buttons=[],
    )
