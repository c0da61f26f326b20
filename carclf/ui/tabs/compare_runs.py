"""Compare, the runs: a filter, the table of those that pass it, and its pages."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import gradio as gr

from carclf import sheet
from carclf.lineage import Relative
from carclf.sheet import Column, Sieve
from carclf.ui import runs_table

ANY = ""
STARRED, ARCHIVED, DIFFERING = "Starred", "Archive", "Only what differs"
Update = dict[str, Any]


class Wanted(NamedTuple):
    """Filter and form of the table: components in the layout, else their values.

    `form` is a `runs_table.View` as plain data, but for what the other fields say.
    """

    text: Any = ""
    status: Any = ANY
    version: Any = ANY
    tag: Any = ANY
    only: Any = ()
    columns: Any = ()
    form: Any = None

    @property
    def sieve(self) -> Sieve:
        return Sieve(
            self.text or "",
            self.status or ANY,
            self.version or ANY,
            self.tag or ANY,
            STARRED in self.only,
            ARCHIVED in self.only,
        )

    @property
    def view(self) -> runs_table.View:
        return runs_table.View(
            columns=tuple(self.columns or ()),
            only_differing=DIFFERING in self.only,
            **(self.form or {}),
        )


class Shown(NamedTuple):
    """What follows: components in the layout, their values in a handler."""

    status: Any
    version: Any
    tag: Any
    columns: Any
    form: Any
    table: Any
    where: Any


def build() -> tuple[Wanted, Shown, gr.HTML, tuple[gr.Button, gr.Button]]:
    """Lay out filter and table; return them, the table, and the pager's buttons."""
    with gr.Row(elem_classes="sieve"):
        text = gr.Textbox(
            label="Find", placeholder="name, note, network", max_lines=1, min_width=150
        )
        status, version, tag = (
            gr.Dropdown(
                [("Any", ANY)], value=ANY, label=label, interactive=True, min_width=110
            )
            for label in ("Status", "Version", "Tag")
        )
        only = gr.CheckboxGroup(
            [STARRED, ARCHIVED, DIFFERING], value=[], label="Show", min_width=300
        )
    table = runs_table.create()
    with gr.Row(elem_classes="pager once"):
        back = gr.Button("Previous runs", size="sm", min_width=110, scale=0)
        where = gr.HTML()
        on = gr.Button("Next runs", size="sm", min_width=110, scale=0)
    with gr.Accordion("Columns", open=False):
        columns = gr.Dropdown(
            label="Columns of the table, every setting and metric among them",
            choices=[],
            multiselect=True,
            interactive=True,
        )
    form = gr.State({})
    wanted = Wanted(text, status, version, tag, only, columns, form)
    shown = Shown(status, version, tag, columns, form, table, where)
    return wanted, shown, table, (back, on)


def show(
    family: Sequence[Relative],
    known: Sequence[Column],
    tags: Sequence[str],
    wanted: Wanted,
    chosen: Sequence[int],
) -> tuple[Shown, list[Relative]]:
    """Return what the table is to show, and the runs that passed the filter."""
    passed = sheet.sift(family, wanted.sieve)
    view = wanted.view
    versions = sorted({one.images for one in family})
    statuses = sorted({one.run.status for one in family})
    shown = Shown(
        status=_options(statuses),
        version=_options(versions),
        tag=_options(tags),
        columns=gr.update(
            choices=[(one.title, one.name) for one in known if one.name != "name"]
        ),
        form=wanted.form or {},
        table=runs_table.draw(passed, known, view, chosen) if family else "",
        where=runs_table.where(len(passed), len(family), view.page) if family else "",
    )
    return shown, passed


def sorted_by(wanted: Wanted, column: str) -> Wanted:
    """Return the table sorted by a column; once more turns the order round."""
    form = wanted.form or {}
    is_descending = form.get("by") != column or not form.get("is_descending", True)
    return wanted._replace(form={"by": column, "is_descending": is_descending})


def turned(wanted: Wanted, step: int) -> Wanted:
    form = wanted.form or {}
    return wanted._replace(form={**form, "page": max(0, form.get("page", 0) + step)})


def asked_metrics(wanted: Wanted) -> list[str]:
    """Return the metrics whose best a column shows."""
    names = [*(wanted.columns or ()), wanted.view.by]
    return [
        name.removeprefix(sheet.BEST) for name in names if name.startswith(sheet.BEST)
    ]


def _options(values: Sequence[str]) -> Update:
    return gr.update(choices=[("Any", ANY), *((one, one) for one in values)])
