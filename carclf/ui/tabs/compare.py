"""Compare: runs side by side, the tree they form, and what each one changed."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs
from carclf.errors import JobError
from carclf.settings import Settings
from carclf.store import connect, runs
from carclf.ui import (
    cards,
    chart,
    choices,
    confirm,
    curves,
    differences,
    lineage,
    metrics,
    tables,
    tree,
)
from carclf.ui.changes import only_changes
from carclf.ui.clicks import with_click, with_row
from carclf.ui.courses import Course
from carclf.ui.errors import shown_to_user
from carclf.ui.lineage import Relative
from carclf.ui.navigation import on_show, wire
from carclf.ui.tabs import compare_fixed, compare_import

REFRESH_S = 4.0
FIRST_CHOSEN = 4
NO_RUN = cards.empty(
    "No run yet",
    "Train two or more in the Train tab, or import those of earlier experiments below, "
    "and compare them here.",
)
DELETE_WARNING = cards.note(
    "Its curves, its evaluations and its folder with the trained network are removed. "
    "That cannot be undone.",
    "bad",
)


class View(NamedTuple):
    """What follows from the store and the choice of runs."""

    chosen: Any
    hint: Any
    table: Any
    curves: Any
    tree: Any
    settings: Any
    doomed: Any
    metric: Any


def build(settings: Settings) -> None:
    with gr.Tab("Compare", id="compare") as tab:
        gr.HTML(
            cards.heading(
                "Compare",
                "Every run with its settings and results. Click a row, or choose "
                "below, to set runs beside one another.",
            )
        )
        hint = gr.HTML()
        table = tables.create(
            "Runs", lineage.COLUMNS, lineage.NUMBERS, max_height=280, pinned=1
        )
        chosen = gr.Dropdown(
            label="Runs to compare", choices=[], multiselect=True, interactive=True
        )
        metric, curves, branches, differing = _build_sides(settings, tab)
        timer, seen = gr.Timer(REFRESH_S), gr.State([])
        compare_import.build(settings, tab, timer)
        with gr.Accordion("Delete a run", open=False):
            doomed = gr.Dropdown(label="Run to delete", choices=[], interactive=True)
            delete = confirm.build(
                "Delete run", "Yes, delete it", "Keep it", DELETE_WARNING
            )
    view = View(chosen, hint, table, curves, branches, differing, doomed, metric)
    asked, shown = [chosen, metric, seen], [*view, seen]
    again = partial(refresh, settings)
    on_show(tab, again, asked, shown)
    wire([chosen.input, metric.input, timer.tick], again, asked, shown)
    wire(table.select, with_row(partial(toggle_row, settings)), asked, shown)
    wire(branches.select, with_click(partial(toggle, settings)), asked, shown)
    deleted = wire(delete.yes.click, partial(delete_run, settings), doomed)
    deleted.success(
        again, asked, shown, show_progress="hidden", api_visibility="private"
    )


def _build_sides(
    settings: Settings, tab: gr.Tab
) -> tuple[gr.Dropdown, gr.HTML, gr.HTML, gr.HTML]:
    """Lay out the four ways to look at runs; return metric, curves, tree, settings."""
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Curves", id="curves"):
            metric = gr.Dropdown(
                [(said, name) for name, said in metrics.NAMES.items()],
                value="val_accuracy",
                label="Metric",
            )
            curves = chart.create("Choose runs above to see their curves.", 400)
        with gr.Tab("Run tree", id="tree"):
            branches = tree.create()
        with gr.Tab("Settings that differ", id="differences"):
            differing = gr.HTML(apply_default_css=False)
        with gr.Tab("Fixed and broke", id="fixed"):
            pair, result = compare_fixed.build(settings)
    opened = partial(compare_fixed.open_pair, settings)
    on_show(tab, opened, list(pair), [*pair, *result])
    return metric, curves, branches, differing


@shown_to_user
def refresh(
    settings: Settings, chosen: list[int] | None, metric: str, seen: list[str]
) -> tuple[Any, ...]:
    """Return everything for these runs that the page does not show already.

    A page that shows nothing yet begins with some of the newest.
    """
    with connect(settings.db_path) as db:
        family = lineage.everyone(db)
        labels = choices.runs(db)
    asked = list(chosen or [])
    if not seen:
        learnt = [one for one in family if one.history and one.run.status != "failed"]
        chosen = [one.run.id for one in learnt[:FIRST_CHOSEN]]
    view = _view(family, labels, chosen or [], metric)
    if view.chosen["value"] == asked:
        # A late answer must not turn back what was chosen meanwhile.
        view = view._replace(chosen=gr.update(choices=labels))
    return only_changes(view, seen)


@shown_to_user
def toggle_row(
    settings: Settings,
    row: list[Any],
    chosen: list[int],
    metric: str,
    seen: list[str],
) -> tuple[Any, ...]:
    """Take the run of a clicked row into the comparison, or out of it."""
    with connect(settings.db_path) as db:
        by_name = {run.name: run.id for run in runs.every(db)}
    return toggle(settings, by_name[str(row[0])], None, chosen, metric, seen)


@shown_to_user
def toggle(
    settings: Settings,
    run_id: int,
    _value: Any,
    chosen: list[int],
    metric: str,
    seen: list[str],
) -> tuple[Any, ...]:
    """Take a run into the comparison, or out of it."""
    without = [one for one in chosen if one != run_id]
    kept = without if run_id in chosen else [*chosen, run_id]
    turned = gr.update(value=kept)
    return turned, *refresh(settings, kept, metric, seen)[1:]


@shown_to_user
def delete_run(settings: Settings, run_id: int | None) -> None:
    """Delete a run with its folder."""
    if run_id is None:
        raise JobError("Choose the run to delete first.")
    jobs.delete_run(settings, run_id)


def _view(
    family: list[Relative],
    labels: list[tuple[str, int]],
    chosen: list[int],
    metric: str,
) -> View:
    by_id = {one.run.id: one for one in family}
    kept = [by_id[run_id] for run_id in chosen if run_id in by_id]
    ids = [one.run.id for one in kept]
    drawn = [
        Course(one.run, one.history, best=metrics.best_epoch(one.history, metric))
        for one in kept
        if one.history
    ]
    return View(
        chosen=gr.update(choices=labels, value=ids),
        hint="" if family else NO_RUN,
        table=gr.update(
            value=lineage.rows(family),
            visible=bool(family),
        ),
        curves=curves.overlay(drawn, metric) if drawn else None,
        tree=tree.draw(family, ids),
        settings=differences.table([one.run for one in kept]),
        doomed=gr.update(choices=labels),
        metric=gr.update(choices=_metrics(family)),
    )


def _metrics(family: list[Relative]) -> list[tuple[str, str]]:
    """Return (words, metric): those that have words, and those of imported logs."""
    told = {
        name
        for one in family
        if one.run.status == "imported"
        for event in one.history
        for name in event.metrics
    }
    named = [(said, name) for name, said in metrics.NAMES.items()]
    return named + [(name, name) for name in sorted(told - metrics.NAMES.keys())]
