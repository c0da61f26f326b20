"""Background, does it help? The same training with and without backgrounds."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import config, jobs, words
from carclf.errors import CarclfError, ConfigError, DatasetError
from carclf.evaluation import compare, helping
from carclf.evaluation.helping import Trial
from carclf.settings import Settings
from carclf.store import connect, removals
from carclf.store import versions as stored
from carclf.ui import cards, choices, tables, tiles, version_picker
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import THEN, wire
from carclf.ui.tabs import compare_classes, compare_fixed, train_form

FLIPPED = (compare_fixed.FIXED, compare_fixed.BROKE)
UNTRIED = cards.empty(
    "Not tried yet",
    "Choose a treated version and a recipe: it is trained on the photographs and on "
    "the version without backgrounds, and the two are set side by side here.",
)
Update = dict[str, Any]


class Result(NamedTuple):
    """What came of a trial: components in the layout, their values in a handler."""

    told: Any
    flipped: Any
    by_class: Any
    classes: Any
    page: Any
    ids: Any
    gallery: Any
    where: Any


def build(settings: Settings) -> None:
    """Lay out the choice, the button, and what came of the trials."""
    with gr.Accordion("Does it help?", open=False) as panel:
        with gr.Row(equal_height=True, elem_classes="bar-row"):
            version = gr.Dropdown(
                label="Version without backgrounds",
                choices=[],
                scale=2,
                min_width=200,
            )
            recipe = gr.Dropdown(label="Recipe", choices=[], scale=3, min_width=220)
            start = gr.Button("Train with and without", variant="primary", scale=1)
        queued = gr.HTML()
        trial = gr.Dropdown(label="Trial", choices=[], visible=False)
        told = gr.HTML(UNTRIED)
        with gr.Column(visible=False) as flipped:
            which = gr.Radio(list(FLIPPED), value=FLIPPED[0], label="Flipped images")
            gallery = tiles.create("Images that flipped", "wordy")
            back, where, on = tiles.build_pager()
        headings = compare_classes.COLUMNS
        with gr.Accordion(
            "Class by class: the greatest loss first", open=False, visible=False
        ) as by_class:
            classes = tables.create(
                "Classes, with and without backgrounds",
                headings,
                set(headings[1:]),
                max_height=420,
            )
    result = Result(
        *(told, flipped, by_class, classes),
        *(gr.State(0), gr.State([]), gallery, where),
    )
    chosen = [version, recipe, trial]
    opened = [*chosen, *result]
    wire(panel.expand, partial(open_panel, settings), [*chosen, which], opened)
    begun = wire(start.click, partial(train_both, settings), [version, recipe], queued)
    begun.then(
        partial(open_panel, settings),
        [*chosen, which],
        opened,
        **THEN,
    )
    for trigger in (trial.input, which.input):
        wire(trigger, partial(show, settings), [trial, which], list(result))
    for button, step in ((back, -1), (on, 1)):
        turn = partial(turn_page, settings, step)
        wire(button.click, turn, [trial, which, result.page], list(result)[4:])


@shown_to_user
def open_panel(
    settings: Settings,
    version_id: int | None,
    recipe: str | None,
    treated_id: int | None,
    which: str,
) -> tuple[Any, ...]:
    """Return what there is to choose, and what came of the trial that is chosen."""
    with connect(settings.db_path) as db:
        known = [stored.get(db, one) for one in removals.reviewable(db)]
        found = helping.trials(db)
    ids = [one.id for one in known]
    recipes = choices.recipes(settings)
    paths = [path for _, path in recipes]
    tried = [one.treated.id for one in found]
    treated_id = treated_id if treated_id in tried else (tried[0] if tried else None)
    return (
        gr.update(
            choices=[(version_picker.in_words(one), one.id) for one in known],
            value=version_id if version_id in ids else (ids[0] if ids else None),
        ),
        gr.update(
            choices=recipes,
            value=_first(paths, recipe),
        ),
        gr.update(
            choices=[(_name(one), one.treated.id) for one in found],
            value=treated_id,
            visible=bool(found),
        ),
        *show(settings, treated_id, which),
    )


@shown_to_user
def train_both(settings: Settings, version_id: int | None, recipe: str | None) -> str:
    """Queue the same recipe with and without backgrounds; say what waits."""
    if version_id is None:
        raise DatasetError("Remove the backgrounds of a version first.")
    if recipe is None:
        raise ConfigError("Choose a recipe first.")
    wanted = config.load(settings.recipes / recipe)
    queued = jobs.submit_both(settings, version_id, wanted)
    return "".join(cards.job(job) for _, job in queued)


@shown_to_user
def show(settings: Settings, treated_id: int | None, which: str) -> Result:
    """Return what came of a trial, or how far it is."""
    trial = _trial(settings, treated_id)
    if trial is None:
        return _nothing(UNTRIED)
    if trial.before is None or trial.after is None:
        return _nothing(_how_far(trial))
    try:
        with connect(settings.db_path) as db:
            pair = compare.pair(db, trial.before, trial.after)
    except CarclfError as error:
        return _nothing(cards.note(str(error), "warn"))
    told = compare_fixed.verdict(
        compare.compare(pair.a, pair.b),
        "With its background, the network",
        "without it",
    )
    rows = gr.update(value=compare_classes.rows(pair))
    seen = gr.update(visible=True)
    return Result(told, seen, seen, rows, *turn_page(settings, 0, treated_id, which))


@shown_to_user
def turn_page(
    settings: Settings, step: int, treated_id: int | None, which: str, page: int = 0
) -> tuple[int, list[int], Update, str]:
    """Return page, photographs, tiles and place of the images that flipped."""
    trial = _trial(settings, treated_id)
    before = trial.before.id if trial and trial.before else None
    after = trial.after.id if trial and trial.after else None
    return compare_fixed.turn_page(settings, step, before, after, which, page)


def _nothing(told: str) -> Result:
    """Return words where the result will be."""
    hidden, empty = gr.update(visible=False), gr.update(value=[])
    return Result(told, hidden, hidden, empty, 0, [], empty, "")


def _trial(settings: Settings, treated_id: int | None) -> Trial | None:
    with connect(settings.db_path) as db:
        found = helping.trials(db)
    return next((one for one in found if one.treated.id == treated_id), None)


def _first(paths: list[str], chosen: str | None) -> str | None:
    """Return what is chosen, if it is still there, or the recipe to begin with."""
    for one in (chosen, train_form.FIRST_RECIPE):
        if one in paths:
            return one
    return next(iter(paths), None)


def _name(one: Trial) -> str:
    return f"{one.without.name} · {one.treated.name}"


def _how_far(one: Trial) -> str:
    states = [f"{run.name}: {run.status}" for run in (one.without, one.treated)]
    return cards.note(f"The two are not judged yet. {words.listed(states)}.")
