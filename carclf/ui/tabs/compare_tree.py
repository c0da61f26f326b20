"""Compare, the run tree: a page of it, and what is folded away."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import gradio as gr

from carclf.lineage import Relative
from carclf.store import Database, summaries
from carclf.ui import branches, tree


class Shown(NamedTuple):
    """The tree: components in the layout, their values in a handler.

    `form` is a `branches.View` as plain data.
    """

    form: Any
    drawing: Any
    where: Any


def build() -> tuple[Shown, tuple[gr.Button, gr.Button]]:
    drawing = tree.create()
    with gr.Row(elem_classes="pager once"):
        back = gr.Button("Newer families", size="sm", min_width=120, scale=0)
        where = gr.HTML()
        on = gr.Button("Older families", size="sm", min_width=120, scale=0)
    return Shown(gr.State({}), drawing, where), (back, on)


def show(
    db: Database,
    family: Sequence[Relative],
    passed: Sequence[Relative],
    form: dict[str, Any],
    chosen: Sequence[int],
) -> Shown:
    """Return the page of the tree that was asked for, with the curves on it alone."""
    view = branches.View(**form)
    page = branches.grow(family, [one.run.id for one in passed], view)
    ids = [row.one.run.id for row in page.rows if row.one]
    courses = summaries.courses(db, "val_accuracy", ids)
    said = f"Page {page.page + 1:,} of {page.pages:,}" if page.pages > 1 else ""
    return Shown(
        {**form, "page": page.page},
        tree.draw(page, courses, chosen),
        f'<p class="where">{said}</p>' if said else "",
    )


def turned(form: dict[str, Any], step: int) -> dict[str, Any]:
    return {**form, "page": max(0, form.get("page", 0) + step)}


def folded(form: dict[str, Any], run_id: int, does: str) -> dict[str, Any]:
    """Return the form with a run's descendants left out, or all of them drawn."""
    shut, wide = set(form.get("folded", ())), set(form.get("unfolded", ()))
    if does == tree.FOLD:
        shut.add(run_id)
        wide.discard(run_id)
    elif run_id in shut:
        shut.remove(run_id)
    else:
        wide.add(run_id)
    return {**form, "folded": sorted(shut), "unfolded": sorted(wide)}
