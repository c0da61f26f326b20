"""Compare: runs side by side, the tree they form, and what each one changed."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import lineage, sheet, store
from carclf.lineage import Relative
from carclf.settings import Settings
from carclf.store import Database, connect, marks, summaries
from carclf.ui import cards, differences, runs_table, tree
from carclf.ui.changes import memory, since
from carclf.ui.clicks import with_click
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import THEN, clock, on_show, on_tick, wire
from carclf.ui.tabs import (
    compare_about,
    compare_curves,
    compare_fixed,
    compare_import,
    compare_picture,
    compare_report,
    compare_runs,
    compare_tree,
)
from carclf.ui.tabs.compare_about import About

FIRST_CHOSEN = 4
EVERYTHING = "Everything"
NO_RUN = cards.empty(
    "No run yet",
    "Train two or more in the Train tab, or import those of earlier experiments below, "
    "and compare them here.",
)


class Asked(NamedTuple):
    """All that a person chose on the tab, in the order of the inputs."""

    chosen: Any
    table: compare_runs.Wanted
    curves: compare_curves.Wanted
    tree: Any
    differing: Any

    @property
    def inputs(self) -> list[Any]:
        return [self.chosen, *self.table, *self.curves, self.tree, self.differing]

    @classmethod
    def of(cls, chosen: list[int] | None, *given: Any) -> "Asked":
        """Return the inputs as they came from the page."""
        *fields, form, differing = given
        wide = len(compare_runs.Wanted._fields)
        return cls(
            list(chosen or []),
            compare_runs.Wanted(*fields[:wide]),
            compare_curves.Wanted(*fields[wide:]),
            form or {},
            differing,
        )


class View(NamedTuple):
    """What follows from the store and from what was chosen."""

    chosen: Any
    hint: Any
    table: compare_runs.Shown
    curves: compare_curves.Shown
    tree: compare_tree.Shown
    settings: Any
    environment: Any
    about: Any

    @property
    def values(self) -> list[Any]:
        """In the order of the outputs."""
        parts = [*self.table, *self.curves, *self.tree]
        return [*self[:2], *parts, *self[5:]]


def build(settings: Settings) -> None:
    with gr.Tab("Compare", id="compare") as tab:
        gr.HTML(
            cards.heading(
                "Compare",
                "Every run with its settings and results. Click a run in the table or "
                "in the tree to set it beside others.",
            )
        )
        hint = gr.HTML()
        wanted, table, grid, pager = compare_runs.build()
        chosen = gr.Dropdown(
            label="Runs to compare", choices=[], multiselect=True, interactive=True
        )
        with gr.Tabs(overflow_behavior="wrap"):
            with gr.Tab("Run tree", id="tree"):
                branches, families = compare_tree.build()
            with gr.Tab("Curves", id="curves"):
                drawn, curves = compare_curves.build()
            with gr.Tab("Settings that differ", id="differences"):
                differing, sheets = _build_differences()
            with gr.Tab("Fixed and broke", id="fixed"):
                compare_fixed.build(settings, tab)
            with gr.Tab("One picture", id="picture"):
                compare_picture.build(settings, tab, chosen)
        compare_report.build(settings, chosen)
        about = compare_about.build(settings)
        compare_import.build(settings, tab)
        ticking, seen = clock(), memory()
    asked = Asked(chosen, wanted, drawn, branches.form, differing)
    view = View(chosen, hint, table, curves, branches, *sheets, about.run)
    outputs = [*view.values, seen]
    _wire(settings, tab, ticking, asked, outputs, (grid, pager), (branches, families))
    _wire_about(settings, about, asked, seen, outputs)


def _build_differences() -> tuple[gr.CheckboxGroup, tuple[gr.HTML, gr.HTML]]:
    differing = gr.CheckboxGroup(
        [EVERYTHING], value=[], label="Show", show_label=False, container=False
    )
    return differing, (
        gr.HTML(apply_default_css=False),
        gr.HTML(apply_default_css=False),
    )


def _wire(
    settings: Settings,
    tab: gr.Tab,
    ticking: gr.Button,
    asked: Asked,
    outputs: list[Any],
    table: tuple[gr.HTML, tuple[gr.Button, gr.Button]],
    branches: tuple[compare_tree.Shown, tuple[gr.Button, gr.Button]],
) -> None:
    inputs = [*asked.inputs, outputs[-1]]
    again = partial(refresh, settings)
    on_show(tab, again, inputs, outputs)
    on_tick(ticking, again, inputs, outputs, is_queued=False)
    changed = [asked.chosen, *asked.table[:-1], *asked.curves, asked.differing]
    wire(
        [one.input for one in changed],
        again,
        inputs,
        outputs,
    )
    for clicked, handler in (
        (table[0], act_on_table),
        (branches[0].drawing, act_on_tree),
    ):
        wire(clicked.select, with_click(partial(handler, settings)), inputs, outputs)
    for buttons, turn in ((table[1], turn_table), (branches[1], turn_tree)):
        for button, step in zip(buttons, (-1, 1), strict=True):
            wire(button.click, partial(turn, settings, step), inputs, outputs)


def _wire_about(
    settings: Settings, about: About, asked: Asked, seen: gr.Textbox, outputs: list[Any]
) -> None:
    written = [about.run, about.tags, about.note]
    changes: list[tuple[Any, Callable[..., Any], Any]] = [
        (about.save.click, compare_about.save, written),
        (about.star.click, compare_about.turn_star, about.run),
        (about.archive.click, compare_about.turn_archive, about.run),
        (about.delete.yes.click, compare_about.delete_run, about.run),
    ]
    inputs = [*asked.inputs, seen]
    for trigger, handler, given in changes:
        wire(trigger, partial(handler, settings), given, about.filled).success(
            partial(refresh, settings), inputs, outputs, **THEN
        )


@shown_to_user
def refresh(settings: Settings, *given: Any) -> tuple[Any, ...]:
    """Return everything for these runs that the page does not show already.

    A page that shows nothing yet begins with some of the newest.

    Args:
        given: What is asked for, and what the page shows.
    """
    *asked, seen = given
    return _since(settings, Asked.of(*asked), seen, is_first=not seen)


@shown_to_user
def act_on_table(
    settings: Settings, run_id: int, does: str, *given: Any
) -> tuple[Any, ...]:
    """Do what was clicked in the table: choose or star a run, or sort by a column."""
    *fields, seen = given
    asked = Asked.of(*fields)
    if does == runs_table.CHOOSE:
        return _toggled(settings, run_id, asked, seen)
    if does == runs_table.STAR:
        with connect(settings.db_path) as db:
            marks.star(db, run_id, not marks.of_run(db, run_id).is_starred)
    else:
        asked = asked._replace(table=compare_runs.sorted_by(asked.table, does))
    return _since(settings, asked, seen)


@shown_to_user
def act_on_tree(
    settings: Settings, run_id: int, does: str, *given: Any
) -> tuple[Any, ...]:
    """Do what was clicked in the tree: choose a run, or fold what is below it."""
    *fields, seen = given
    asked = Asked.of(*fields)
    if does == tree.CHOOSE:
        return _toggled(settings, run_id, asked, seen)
    form = compare_tree.folded(asked.tree, run_id, does)
    return _since(settings, asked._replace(tree=form), seen)


@shown_to_user
def turn_table(settings: Settings, step: int, *given: Any) -> tuple[Any, ...]:
    *fields, seen = given
    asked = Asked.of(*fields)
    turned = compare_runs.turned(asked.table, step)
    return _since(settings, asked._replace(table=turned), seen)


@shown_to_user
def turn_tree(settings: Settings, step: int, *given: Any) -> tuple[Any, ...]:
    *fields, seen = given
    asked = Asked.of(*fields)
    turned = compare_tree.turned(asked.tree, step)
    return _since(settings, asked._replace(tree=turned), seen)


def _toggled(
    settings: Settings, run_id: int, asked: Asked, seen: str | None
) -> tuple[Any, ...]:
    """Return the view with a run taken into the comparison, or out of it."""
    without = [one for one in asked.chosen if one != run_id]
    kept = without if run_id in asked.chosen else [*asked.chosen, run_id]
    _, *rest = _since(settings, asked._replace(chosen=kept), seen)
    # The panel on one run follows; it stands last but for what the page shows.
    return gr.update(value=kept), *rest[:-2], gr.update(value=run_id), rest[-1]


def _since(
    settings: Settings, asked: Asked, seen: str | None, *, is_first: bool = False
) -> tuple[Any, ...]:
    return since(
        f"{store.stamp(settings.db_path)} {asked}",
        lambda: view(settings, asked, is_first=is_first).values,
        seen,
    )


def view(settings: Settings, asked: Asked, *, is_first: bool = False) -> View:
    """Return the whole view; `is_first` lets it choose some runs of its own."""
    with connect(settings.db_path) as db:
        known = summaries.metrics(db)
        family = lineage.everyone(db, compare_runs.asked_metrics(asked.table))
        if is_first:
            first = asked._replace(chosen=_first(family))
            return _view(db, family, known, first, asked.chosen)
        return _view(db, family, known, asked, asked.chosen)


def _first(family: Sequence[Relative]) -> list[int]:
    """Return the newest runs that learnt, to begin with."""
    learnt = [
        one.run.id
        for one in family
        if one.epochs and one.run.status != "failed" and not one.marks.is_archived
    ]
    return learnt[:FIRST_CHOSEN]


def _view(
    db: Database,
    family: Sequence[Relative],
    metrics: Sequence[str],
    asked: Asked,
    on_page: Sequence[int],
) -> View:
    by_id = {one.run.id: one for one in family}
    kept = [by_id[run_id] for run_id in asked.chosen if run_id in by_id]
    ids = [one.run.id for one in kept]
    columns = sheet.columns(family, metrics)
    table, passed = compare_runs.show(family, columns, marks.tags(db), asked.table, ids)
    labels = [(f"{one.run.name} · {one.run.status}", one.run.id) for one in family]
    # A late answer must not turn back what was chosen meanwhile.
    is_turned = ids != list(on_page)
    differing = [
        differences.table(
            [one.run for one in kept],
            what,
            only_differing=EVERYTHING not in (asked.differing or ()),
        )
        for what in (differences.SETTINGS, differences.ENVIRONMENT)
    ]
    return View(
        chosen=gr.update(choices=labels, value=ids)
        if is_turned
        else gr.update(choices=labels),
        hint="" if family else NO_RUN,
        table=table,
        curves=compare_curves.show(db, kept, metrics, asked.curves),
        tree=compare_tree.show(db, family, passed, asked.tree, ids),
        settings=differing[0],
        environment=differing[1],
        about=gr.update(choices=labels),
    )
