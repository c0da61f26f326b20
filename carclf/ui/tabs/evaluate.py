"""Evaluate: how good a run is, which classes it mixes up, and on which pictures."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf.settings import Settings
from carclf.store import connect, evaluations, versions
from carclf.ui import cards, choices, evaluated, progress
from carclf.ui.changes import memory, only_changes
from carclf.ui.clicks import with_click, with_row
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import clock, on_show, on_tick, wire
from carclf.ui.tabs import (
    evaluate_beside,
    evaluate_confusions,
    evaluate_look,
    evaluate_map,
    evaluate_pictures,
    evaluate_report,
    evaluate_wanted,
)
from carclf.ui.tabs.evaluate_pictures import ANY, FIRST_KIND
from carclf.ui.tabs.evaluate_wanted import Wanted

NO_RUN = cards.empty(
    "No run to evaluate yet",
    "Train one in the Train tab. Once it ends, look through its mistakes here.",
)
NOT_YET = cards.empty(
    "This run has not been evaluated yet",
    "Choose a dataset version and a split above, then press “Evaluate”.",
)


class Picked(NamedTuple):
    """What is looked at."""

    run: gr.Dropdown
    evaluation: gr.Dropdown


def build(settings: Settings) -> None:
    with gr.Tab("Evaluate", id="evaluate") as tab:
        gr.HTML(
            cards.heading(
                "Evaluate",
                "How often a run is right on images it never learnt from, and a look "
                "at every picture where it is not.",
            )
        )
        picked = _build_choice()
        wanted = evaluate_wanted.build(settings, tab, picked.run)
        headline = gr.HTML()
        with gr.Tabs(overflow_behavior="wrap") as inner:
            with gr.Tab("Pictures", id="pictures"), gr.Row(elem_classes="split"):
                with gr.Column(scale=5, min_width=340):
                    chosen, shown = evaluate_pictures.build(settings, picked.evaluation)
                    strips = evaluate_beside.build(settings, picked.evaluation, chosen)
                with gr.Column(scale=3, min_width=300):
                    others = [(one.gallery, one.ids) for one in strips]
                    look = evaluate_look.build(
                        settings, picked.evaluation, chosen, shown, others
                    )
            figures = evaluate_report.build(
                settings, picked.evaluation, headline, inner
            )
            with gr.Tab("Map", id="map") as map_tab:
                on_map = evaluate_map.build(settings, map_tab, picked.evaluation)
        watching = clock(), gr.State(), memory()
    view = [*figures.parts, *chosen, *shown, *look]
    _wire_choice(settings, tab, picked, wanted, view, *watching)
    opened = [inner, *chosen, *shown]
    wire(
        figures.classes.table.select,
        with_row(partial(show_class, settings)),
        [picked.evaluation, figures.wanted.rows],
        opened,
    )
    wire(
        figures.pairs.table.select,
        with_row(partial(show_pair, settings)),
        picked.evaluation,
        opened,
    )
    wire(
        figures.map.chart.select,
        with_click(partial(show_cell, settings)),
        [picked.evaluation, figures.map.order],
        opened,
    )
    wire(
        on_map.more.click,
        partial(show_chosen, settings),
        [picked.evaluation, on_map.ids],
        opened,
    )
    wire(
        on_map.gallery.select,
        with_click(partial(look_at_chosen, settings)),
        [picked.evaluation, on_map.ids],
        [*opened, *look],
    )


def _wire_choice(
    settings: Settings,
    tab: gr.Tab,
    picked: Picked,
    wanted: Wanted,
    view: list[Any],
    ticking: gr.Button,
    newest: gr.State,
    seen: gr.Textbox,
) -> None:
    """Fill `view` when run or evaluation is turned, or when a new one has ended."""
    everything = [*picked, wanted.panel, newest, *view]
    on_show(tab, partial(open_tab, settings), [picked.run, newest], everything)
    on_tick(
        ticking,
        partial(watch, settings),
        [picked.run, newest, seen],
        [wanted.progress, *everything, seen],
    )
    wire(picked.run.input, partial(open_run, settings), picked.run, everything)
    wire(
        picked.evaluation.input,
        partial(open_evaluation, settings),
        picked.evaluation,
        view,
    )


def _build_choice() -> Picked:
    with gr.Row():
        run = gr.Dropdown(
            label="Run to look at", choices=[], interactive=True, min_width=260
        )
        evaluation = gr.Dropdown(
            label="Evaluation", choices=[], interactive=True, min_width=260
        )
    return Picked(run, evaluation)


@shown_to_user
def open_tab(
    settings: Settings, run_id: int | None, newest: int | None
) -> tuple[Any, ...]:
    """Return the runs there are, and the view if there is something new to see."""
    opened = open_run(settings, run_id)
    if run_id is not None and newest == opened[3]:
        return opened[0], *(gr.skip() for _ in opened[1:])
    return opened


@shown_to_user
def open_run(settings: Settings, run_id: int | None) -> tuple[Any, ...]:
    """Return pickers, panel, newest evaluation and its view; some run if None."""
    with connect(settings.db_path) as db:
        known = choices.runs(db)
        every = evaluations.every(db)
        names = {version.id: version.name for version in versions.every(db)}
    ids = [one for _, one in known]
    if run_id not in ids:
        judged = [one.run_id for one in every]
        run_id = next(iter(judged or ids), None)
    own = [one for one in every if one.run_id == run_id]
    newest = own[0].id if own else None
    if own or run_id is None:
        view = open_evaluation(settings, newest)
    else:
        view = _nothing(NOT_YET)
    labels = [(choices.evaluation(one, names[one.version_id]), one.id) for one in own]
    return (
        gr.update(choices=known, value=run_id),
        gr.update(choices=labels, value=newest),
        gr.update(open=run_id is not None and not own),
        newest,
        *view,
    )


@shown_to_user
def open_evaluation(settings: Settings, evaluation_id: int | None) -> tuple[Any, ...]:
    """Return numbers, filter, first page and panel of an evaluation."""
    if evaluation_id is None:
        return _nothing(NO_RUN)
    found = evaluated.load(settings, evaluation_id)
    labels = tuple(sorted({one.label for one in found.judged}))
    return (
        *evaluate_report.fill(settings, found).parts,
        *evaluate_pictures.every_class(labels, found.evaluation.classes),
        *evaluate_pictures.turn_page(settings, 0, evaluation_id, FIRST_KIND, ANY, ANY),
        *evaluate_look.nothing(),
    )


@shown_to_user
def watch(
    settings: Settings, run_id: int | None, newest: int | None, seen: str | None
) -> tuple[Any, ...]:
    """Return the progress of an evaluation, and its view once it has ended."""
    job = progress.latest(settings, "evaluate")
    # What is done shows itself, as the view of the new evaluation.
    unfinished = None if job is None or job.status == "done" else job
    told, seen = only_changes([cards.job(unfinished)], seen)
    with connect(settings.db_path) as db:
        own = evaluations.of_run(db, run_id) if run_id is not None else []
    if own and own[0].id != newest:
        # The picker stays: it may have been turned since this was asked.
        return told, gr.skip(), *open_run(settings, run_id)[1:], seen
    unchanged = len(_nothing("")) + 4
    return told, *(gr.skip() for _ in range(unchanged)), seen


@shown_to_user
def show_class(
    settings: Settings, row: list[Any], evaluation_id: int, rows: str
) -> Any:
    """Return the pictures of the clicked class that were called something else."""
    if rows != "class":
        # A group of classes is opened in its table, and its pictures from there.
        return gr.skip()
    return _pictures_of(settings, evaluation_id, str(row[0]), ANY)


@shown_to_user
def show_pair(
    settings: Settings, row: list[Any], evaluation_id: int
) -> tuple[Any, ...]:
    """Return the pictures of the clicked confusion."""
    return _pictures_of(settings, evaluation_id, str(row[0]), str(row[1]))


@shown_to_user
def show_cell(
    settings: Settings, place: list[int], _value: Any, evaluation_id: int, order: str
) -> tuple[Any, ...]:
    """Return the pictures of the clicked square of the confusion matrix."""
    label, predicted = evaluate_confusions.cell(settings, evaluation_id, order, place)
    return _pictures_of(settings, evaluation_id, label, predicted)


@shown_to_user
def show_chosen(
    settings: Settings, evaluation_id: int, ids: list[int]
) -> tuple[Any, ...]:
    """Return the pictures that were chosen on the map."""
    opened = evaluate_map.open_pictures(settings, evaluation_id, ids)
    return gr.Tabs(selected="pictures"), *opened


@shown_to_user
def look_at_chosen(
    settings: Settings, place: int, _tile: Any, evaluation_id: int, ids: list[int]
) -> tuple[Any, ...]:
    """Return the pictures that were chosen on the map, and one of them large."""
    opened = show_chosen(settings, evaluation_id, ids)
    image_id = evaluate_pictures.Shown(*opened[5:]).ids[place]
    look = evaluate_look.look(settings, evaluation_id, image_id)
    return *opened, *look._replace(place=place)


def _pictures_of(
    settings: Settings, evaluation_id: int, label: str, predicted: str
) -> tuple[Any, ...]:
    kind = evaluate_pictures.RIGHT if label == predicted else FIRST_KIND
    return (
        gr.Tabs(selected="pictures"),
        kind,
        label,
        ANY if label == predicted else predicted,
        None,
        *evaluate_pictures.turn_page(
            settings, 0, evaluation_id, kind, label, predicted
        ),
    )


def _nothing(said: str) -> tuple[Any, ...]:
    return (
        *evaluate_report.nothing(said).parts,
        *evaluate_pictures.every_class((), ()),
        *evaluate_pictures.nothing(),
        *evaluate_look.nothing(),
    )
