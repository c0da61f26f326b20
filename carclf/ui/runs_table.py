"""The runs as a table to sort, to choose from and to star; one page of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html import escape

import gradio as gr

from carclf import sheet
from carclf.lineage import Relative
from carclf.sheet import Column
from carclf.ui import cards

# A click is a `select`: a run's id with what is to be done, or 0 with a column's name.
_CLICKS = """
element.addEventListener('click', event => {
  const button = event.target.closest('button[data-does]');
  if (button) trigger('select', {
    index: Number(button.dataset.run), value: button.dataset.does});
});
"""
CHOOSE, STAR = "choose", "star"
PAGE = 50
# So many besides the name fit a phone; others appear when they are asked for.
_ON_A_PHONE = 2


@dataclass(frozen=True)
class View:
    """What a person asked to see.

    Attributes:
        columns: By name; empty for the usual ones.
        only_differing: All columns in which the runs differ, instead of those.
        by: The column to sort by.
    """

    columns: Sequence[str] = ()
    only_differing: bool = False
    by: str = "id"
    is_descending: bool = True
    page: int = 0


def create() -> gr.HTML:
    """Return an empty table, to be filled with `draw(...)`."""
    return gr.HTML(js_on_load=_CLICKS, apply_default_css=False)


def draw(
    shown: Sequence[Relative],
    known: Sequence[Column],
    view: View,
    chosen: Collection[int],
) -> str:
    """Return a page of the runs, in the order asked for.

    Args:
        shown: Those that passed the filter.
        known: All columns.
    """
    if not shown:
        return cards.note("No run passes the filter. Take some of it back.")
    columns = _columns(shown, known, view)
    by = (sheet.named(known, [view.by]) or [known[0]])[0]
    page = page_of(len(shown), view.page)
    first = page * PAGE
    rows = sheet.sort(shown, by, descending=view.is_descending)[first : first + PAGE]
    head = "".join(_heading(one, view, place) for place, one in enumerate(columns))
    body = "".join(_row(one, columns, one.run.id in chosen) for one in rows)
    kind = "sheet runs asked" if view.columns or view.only_differing else "sheet runs"
    return (
        f'<div class="scroll"><table class="{kind}" aria-label="Runs">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def where(shown: int, all_runs: int, page: int) -> str:
    """Return which of the runs are shown, in words."""
    if shown == all_runs <= PAGE:
        return ""
    first = page_of(shown, page) * PAGE
    last = min(shown, first + PAGE)
    left = f", {all_runs - shown:,} not shown" if all_runs > shown else ""
    said = f"{first + 1:,}–{last:,} of {shown:,}{left}" if shown else left[2:]
    return f'<p class="where">{said}</p>'


def page_of(shown: int, page: int) -> int:
    return min(max(page, 0), max(0, -(-shown // PAGE) - 1))


def _columns(
    shown: Sequence[Relative], known: Sequence[Column], view: View
) -> list[Column]:
    name = sheet.named(known, ["name"])
    if view.only_differing:
        rest = [one for one in known if one.name not in ("name", "id", "started")]
        return name + sheet.differing(shown, rest)
    wanted = view.columns or sheet.USUAL
    found = sheet.named(known, [one for one in wanted if one != "name"])
    if view.columns:
        return name + found
    # Of the usual ones, those with nothing to tell would only take room.
    return name + [
        one for one in found if any(one.value(run) is not None for run in shown)
    ]


def _heading(column: Column, view: View, place: int) -> str:
    order = ""
    if column.name == view.by:
        order = f' aria-sort="{"descending" if view.is_descending else "ascending"}"'
    return (
        f'<th scope="col"{order}{_width(place, column)}>'
        f'<button type="button" data-run="0" data-does="{escape(column.name)}">'
        f"{escape(column.title)}</button></th>"
    )


def _row(one: Relative, columns: Sequence[Column], is_chosen: bool) -> str:
    cells = "".join(
        f"<td{_width(place, column)}>{_cell(one, column)}</td>"
        for place, column in enumerate(columns)
        if place
    )
    return f"<tr{' class=chosen' * is_chosen}>{_name(one, is_chosen)}{cells}</tr>"


def _name(one: Relative, is_chosen: bool) -> str:
    run_id, name = one.run.id, escape(one.run.name)
    is_starred = one.marks.is_starred
    return (
        f'<th scope="row"><button type="button" class="star" data-run="{run_id}"'
        f' data-does="{STAR}" aria-pressed="{str(is_starred).lower()}"'
        f' aria-label="Star {name}">{"★" if is_starred else "☆"}</button>'
        f'<button type="button" class="name" data-run="{run_id}" data-does="{CHOOSE}"'
        f' title="{name}" aria-pressed="{str(is_chosen).lower()}">{name}</button></th>'
    )


def _cell(one: Relative, column: Column) -> str:
    value = column.value(one)
    said = escape(sheet.text(column.kind, value))
    if column.name == "status":
        return f'<span class="badge {said}">{said}</span>'
    if column.name == "tags":
        return "".join(
            f'<span class="tag">{escape(tag)}</span> ' for tag in one.marks.tags
        )
    return said


def _width(place: int, column: Column) -> str:
    kinds = ["wide"] if place > _ON_A_PHONE else []
    if column.kind in ("number", "share", "minutes"):
        kinds.append("figure")
    return f' class="{" ".join(kinds)}"' if kinds else ""
