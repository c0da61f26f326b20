"""Evaluate: how good a run is, which classes it mixes up, and on which pictures."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import jobs
from carclf.errors import JobError
from carclf.records import SPLITS, Split
from carclf.settings import Settings
from carclf.store import connect, evaluations, versions
from carclf.ui import cards, choices, progress, version_picker
from carclf.ui.changes import only_changes
from carclf.ui.clicks import with_click, with_row
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import on_show, wire
from carclf.ui.tabs import evaluate_look, evaluate_pictures, evaluate_report
from carclf.ui.tabs.evaluate_pictures import ANY, FIRST_KIND

REFRESH_S = 2.0
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


class Wanted(NamedTuple):
    """What is to be evaluated now."""

    panel: gr.Accordion
    version: gr.Dropdown
    split: gr.Radio
    button: gr.Button
    progress: gr.HTML


def build(settings: Settings) -> None:
    with gr.Tab("Evaluate", id="evaluate") as tab:
        gr.HTML(
            cards.heading(
                "Evaluate",
                "How often a run is right on images it never learnt from, and a look "
                "at every picture where it is not.",
            )
        )
        picked, wanted = _build_choice()
        headline = gr.HTML()
        with gr.Tabs(overflow_behavior="wrap") as inner:
            with gr.Tab("Pictures", id="pictures"), gr.Row(elem_classes="split"):
                with gr.Column(scale=5, min_width=340):
                    chosen, shown = evaluate_pictures.build(settings, picked.evaluation)
                with gr.Column(scale=3, min_width=300):
                    look = evaluate_look.build(settings, picked.evaluation, shown)
            with gr.Tab("Classes", id="classes"):
                classes = evaluate_report.build_classes()
            with gr.Tab("Confusions", id="confusions"), gr.Row(elem_classes="split"):
                confusion, pairs = evaluate_report.build_confusions()
        watching = gr.Timer(REFRESH_S), gr.State(), gr.State([])
    figures = evaluate_report.Report(headline, classes, confusion, pairs)
    view = [*figures, *chosen, *shown, *look]
    _wire_choice(settings, tab, picked, wanted, view, *watching)
    for trigger, handler in (
        (classes.select, with_row(partial(show_class, settings))),
        (pairs.select, with_row(partial(show_pair, settings))),
        (confusion.select, with_click(partial(show_cell, settings))),
    ):
        wire(trigger, handler, picked.evaluation, [inner, *chosen, *shown])


def _wire_choice(
    settings: Settings,
    tab: gr.Tab,
    picked: Picked,
    wanted: Wanted,
    view: list[Any],
    timer: gr.Timer,
    newest: gr.State,
    seen: gr.State,
) -> None:
    """Fill `view` when run or evaluation is turned, or when a new one has ended."""
    everything = [*picked, wanted.panel, newest, *view]
    versions_now = partial(version_picker.pick, settings)
    on_show(tab, versions_now, wanted.version, wanted.version)
    on_show(tab, partial(open_tab, settings), [picked.run, newest], everything)
    wire(
        timer.tick,
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
    wire(
        wanted.button.click,
        partial(evaluate, settings),
        [picked.run, wanted.version, wanted.split],
        wanted.progress,
    )


def _build_choice() -> tuple[Picked, Wanted]:
    with gr.Row():
        run = gr.Dropdown(
            label="Run to look at", choices=[], interactive=True, min_width=260
        )
        evaluation = gr.Dropdown(
            label="Evaluation", choices=[], interactive=True, min_width=260
        )
    with gr.Accordion("Evaluate this run", open=False) as panel, gr.Row():
        version = gr.Dropdown(
            label="Version to evaluate on", choices=[], interactive=True, scale=3
        )
        split = gr.Radio(list(SPLITS), value="test", label="Split", scale=2)
        button = gr.Button("Evaluate", variant="primary", scale=1, min_width=120)
    progress = gr.HTML()
    return Picked(run, evaluation), Wanted(panel, version, split, button, progress)


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
    with connect(settings.db_path) as db:
        found = evaluations.get(db, evaluation_id)
        judged = evaluations.judged(db, evaluation_id)
    labels = tuple(sorted({one.label for one in judged}))
    return (
        *evaluate_report.fill(found, judged),
        FIRST_KIND,
        evaluate_pictures.class_choices(labels),
        evaluate_pictures.class_choices(found.classes),
        *evaluate_pictures.turn_page(settings, 0, evaluation_id, FIRST_KIND, ANY, ANY),
        *evaluate_look.nothing(),
    )


@shown_to_user
def evaluate(
    settings: Settings, run_id: int | None, version_id: int | None, split: Split
) -> str:
    """Queue an evaluation of a run's best epoch; return how it stands."""
    if run_id is None or version_id is None:
        raise JobError("Choose a run and a dataset version to evaluate it on.")
    return cards.job(jobs.submit_evaluation(settings, run_id, version_id, split))


@shown_to_user
def watch(
    settings: Settings, run_id: int | None, newest: int | None, seen: list[str]
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
    settings: Settings, row: list[Any], evaluation_id: int
) -> tuple[Any, ...]:
    """Return the pictures of the clicked class that were called something else."""
    return _pictures_of(settings, evaluation_id, str(row[0]), ANY)


@shown_to_user
def show_pair(
    settings: Settings, row: list[Any], evaluation_id: int
) -> tuple[Any, ...]:
    """Return the pictures of the clicked confusion."""
    return _pictures_of(settings, evaluation_id, str(row[0]), str(row[1]))


@shown_to_user
def show_cell(
    settings: Settings, place: list[int], _value: Any, evaluation_id: int
) -> tuple[Any, ...]:
    """Return the pictures of the clicked cell of the confusion matrix."""
    with connect(settings.db_path) as db:
        classes = evaluations.get(db, evaluation_id).classes
    return _pictures_of(settings, evaluation_id, classes[place[0]], classes[place[1]])


def _pictures_of(
    settings: Settings, evaluation_id: int, label: str, predicted: str
) -> tuple[Any, ...]:
    kinds = list(evaluate_pictures.KINDS)
    kind = kinds[-1] if label == predicted else kinds[0]
    return (
        gr.Tabs(selected="pictures"),
        kind,
        label,
        ANY if label == predicted else predicted,
        *evaluate_pictures.turn_page(
            settings, 0, evaluation_id, kind, label, predicted
        ),
    )


def _nothing(said: str) -> tuple[Any, ...]:
    none = evaluate_pictures.class_choices(())
    return (
        *evaluate_report.nothing(said),
        *(FIRST_KIND, none, none),
        *evaluate_pictures.nothing(),
        *evaluate_look.nothing(),
    )
