"""What to train: a form and a config.yml that are two views of one TrainConfig."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import config, preflight
from carclf.config import TrainConfig
from carclf.errors import CarclfError, ConfigError
from carclf.records import Run
from carclf.settings import Settings
from carclf.store import connect, runs, versions
from carclf.ui import cards, chart, choices
from carclf.ui.changes import memory
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import THEN, wire
from carclf.ui.tabs import (
    train_preflight,
    train_rate,
    train_sections,
    train_trials,
    train_values,
)
from carclf.ui.tabs.train_sections import Choices
from carclf.ui.tabs.train_trials import Trials
from carclf.ui.tabs.train_values import Values, merged
from carclf.ui.version_picker import in_words

__all__ = ["Form", "Values", "build", "continued", "fill", "merged"]

FIRST_RECIPE = "quick-freeze.yml"
# A head learns at a thousandth; whole backbones forget ImageNet at that rate.
GENTLEST_CUT, FASTEST_FINE_TUNING = 0.1, 1e-4

Update = dict[str, Any]


class Form(NamedTuple):
    """The components.

    Attributes:
        fields: In the order of `Values`.
        beside: What else `fill` answers with, in its order.
    """

    fields: list[Any]
    beside: list[Any]
    recipe: gr.Dropdown
    about: gr.HTML
    yaml: gr.Code
    trials: Trials

    @property
    def version(self) -> Any:
        return self.fields[0]

    @property
    def start(self) -> Any:
        return self.fields[1]

    @property
    def inputs(self) -> list[Any]:
        """What `merged` takes."""
        return [self.yaml, *self.fields]

    @property
    def filled(self) -> list[Any]:
        """What `fill` has values for."""
        return [*self.fields, *self.beside]


def build(settings: Settings) -> tuple[Form, gr.Button]:
    """Lay out the form with its button, which is the caller's to wire.

    It arrives filled: an answer to the page's load would overwrite what was typed.
    """
    wanted = first(settings)
    now = train_values.shown(wanted)
    known, starts = _known(settings, now.version, now.start)
    recipe, about = _build_recipe(settings)
    fields = train_sections.build_first(now, known, starts)
    note = gr.HTML()
    with gr.Row():
        button = gr.Button(
            "Start training", variant="primary", size="lg", scale=2, min_width=150
        )
        try_batch = gr.Button("Try one batch", size="lg", scale=1, min_width=130)
    findings = gr.HTML(_findings(settings, wanted))
    batch, use_batch, preview = train_trials.build_batch()
    with gr.Accordion("Images", open=False):
        fields |= train_sections.build_images(now)
    with gr.Accordion("Backbone", open=False):
        layers = _layers(settings, wanted)
        frozen_fields, frozen = train_sections.build_features(now)
        tuned_fields, tuned = train_sections.build_backbone(now, layers)
        fields |= {**frozen_fields, **tuned_fields}
    with gr.Accordion("Learning", open=False):
        fields |= train_sections.build_learning(now)
        planned = chart.create("", 160)
        planned.value = _planned(settings, wanted)
        find, rate, curve, steepest, tenth = train_trials.build_rate()
        fields |= train_sections.build_finer(now)
    with gr.Accordion("Augmentation", open=False):
        fields |= train_sections.build_augmentation(now)
    with gr.Accordion("Stopping and keeping", open=False):
        fields |= train_sections.build_stopping(now)
    with gr.Accordion("All settings (config.yml)", open=False):
        yaml = gr.Code(
            config.to_yaml(wanted),
            label="config.yml",
            language="yaml",
            lines=16,
            max_lines=32,
        )
    timer = gr.Timer(train_trials.REFRESH_S, active=False)
    trials = Trials(
        try_batch,
        batch,
        use_batch,
        preview,
        find,
        rate,
        curve,
        steepest,
        tenth,
        timer,
        memory(),
    )
    form = Form(
        [fields[name] for name in Values._fields],
        [note, yaml, findings, planned, frozen, tuned],
        recipe,
        about,
        yaml,
        trials,
    )
    _wire(settings, form)
    return form, button


def _build_recipe(settings: Settings) -> tuple[gr.Dropdown, gr.HTML]:
    is_there = (settings.recipes / FIRST_RECIPE).is_file()
    recipe = gr.Dropdown(
        choices.recipes(settings),
        value=FIRST_RECIPE if is_there else None,
        label="Recipe",
        interactive=True,
        elem_id="train-recipe",
    )
    return recipe, gr.HTML(tell_of(settings, FIRST_RECIPE if is_there else None))


def _wire(settings: Settings, form: Form) -> None:
    wire(form.recipe.input, partial(choose_recipe, settings), form.recipe, form.filled)
    # Filled from elsewhere, the form follows no recipe any more.
    wire(form.recipe.change, partial(tell_of, settings), form.recipe, form.about)
    # `input` comes from a person alone, so the two views do not answer each other.
    # Pasted text is whole only when its field is left.
    typed = [one.blur for one in form.fields if isinstance(one, gr.Textbox)]
    wire(
        [one.input for one in form.fields if one is not form.start] + typed,
        partial(edit_form, settings),
        form.inputs,
        form.filled,
    )
    wire(
        form.start.input,
        partial(choose_start, settings),
        [form.start, *form.inputs],
        form.filled,
    )
    wire(
        form.yaml.input,
        partial(edit_yaml, settings),
        form.inputs,
        form.filled,
    )
    train_trials.wire_all(
        settings, form.trials, form.inputs, form.filled, partial(adjust, settings)
    )


@shown_to_user
def open_form(
    settings: Settings, version: str | None, start: str | None
) -> tuple[Update, Update, Update]:
    """Return what there is now to choose from; what was chosen stays."""
    known, starts = _known(settings, version, start)
    return (
        gr.update(choices=choices.recipes(settings)),
        gr.update(choices=known),
        gr.update(choices=starts),
    )


@shown_to_user
def choose_recipe(settings: Settings, recipe: str) -> tuple[Any, ...]:
    """Return the form and config.yml that a recipe fills in."""
    return fill(settings, config.load(settings.recipes / recipe))


@shown_to_user
def tell_of(settings: Settings, recipe: str | None) -> str:
    """Return what a recipe says of itself: its source, what to expect, how long."""
    path = settings.recipes / (recipe or "")
    if recipe is None or not path.is_file():
        return ""
    _, paragraphs = choices.about(path)
    return cards.more("Where it comes from, and what to expect", paragraphs)


@shown_to_user
def choose_start(
    settings: Settings, start: str, text: str, *fields: Any
) -> tuple[Any, ...]:
    """Return the form with what must agree with the weights taken from their run."""
    given = Values(*fields)._replace(start=start)
    chosen = merged(text, given)
    if chosen.model.parent is None:
        return adjust(settings, chosen, given)
    with connect(settings.db_path) as db:
        parent = runs.find(db, chosen.model.parent[0])
    return adjust(settings, continued(parent, chosen.model.parent[1]), given)


def fill_after(
    opened: Any, settings: Settings, version: gr.Dropdown, form: Form
) -> None:
    """Put the version chosen in another tab into the form, once that led here."""
    handler = partial(choose_version, settings)
    opened.then(handler, [version, *form.inputs], form.filled, **THEN)


@shown_to_user
def choose_version(
    settings: Settings, version_id: int, text: str, *fields: Any
) -> tuple[Any, ...]:
    """Return the form as it was, on another version."""
    with connect(settings.db_path) as db:
        version = versions.get(db, version_id)
    given = Values(*fields)
    chosen = merged(text, given._replace(version=version.name))
    return adjust(settings, chosen, given)


@shown_to_user
def edit_form(settings: Settings, text: str, *fields: Any) -> tuple[Any, ...]:
    """Return the config.yml that agrees with the form, and fields that follow others.

    A wrong field, or a config.yml that is wrong already, leaves the text as it is.
    """
    given = Values(*fields)
    try:
        changed = merged(text, given)
    except ConfigError as error:
        return _refused(error)
    return adjust(settings, changed, given)


@shown_to_user
def edit_yaml(settings: Settings, text: str, *fields: Any) -> tuple[Any, ...]:
    """Return the form that agrees with config.yml; left alone while that is wrong."""
    try:
        changed = config.parse(text, origin="config.yml")
    except ConfigError as error:
        return _refused(error)
    found = adjust(settings, changed, Values(*fields))
    note, _, *rest = found[len(Values._fields) :]
    # What is being typed is not written anew.
    return *found[: len(Values._fields)], note, gr.skip(), *rest


def fill(settings: Settings, wanted: TrainConfig) -> tuple[Any, ...]:
    """Return updates for `Form.filled` that show these settings."""
    every = _updates(settings, wanted, {*Values._fields})
    return *every, *_beside(settings, wanted)


def adjust(settings: Settings, wanted: TrainConfig, given: Values) -> tuple[Any, ...]:
    """Return updates for `Form.filled` where the page shows something else.

    The other fields are left alone: their owner may be typing there meanwhile.
    """
    stale = train_values.differing(train_values.shown(wanted), given)
    return *_updates(settings, wanted, stale), *_beside(settings, wanted)


def first(settings: Settings) -> TrainConfig:
    """Return what the form starts with: the first recipe, on a version that exists."""
    path = settings.recipes / FIRST_RECIPE
    wanted = config.load(path) if path.is_file() else TrainConfig()
    with connect(settings.db_path) as db:
        names = [version.name for version in versions.every(db)]
    if not names or wanted.data.version in names:
        return wanted
    data = wanted.data.model_copy(update={"version": names[0]})
    return wanted.model_copy(update={"data": data})


def continued(parent: Run, epoch: int | None) -> TrainConfig:
    """Return settings that fine-tune from an epoch of a run, its best if None.

    Backbone, image size, data and augmentation stay those of the parent.
    """
    was = TrainConfig.model_validate(parent.config)
    rate = was.compile.optimizer.arguments.learning_rate * GENTLEST_CUT
    plain = was.model_dump(mode="json")
    plain["name"] = ""
    plain["model"]["weights"] = choices.weights_of(parent, epoch or parent.best_epoch)
    plain["learning"]["mode"] = "finetune"
    plain["compile"]["optimizer"][was.compile.optimizer.name]["learning_rate"] = min(
        rate, FASTEST_FINE_TUNING
    )
    return config.from_plain(plain, origin=f"The settings of {parent.name}")


def _updates(settings: Settings, wanted: TrainConfig, stale: set[str]) -> list[Update]:
    """Return an update of every field; those that are not stale are left alone."""
    now = train_values.shown(wanted)
    known, starts = _known(settings, now.version, now.start)
    to_choose: dict[str, Any] = {
        "version": known,
        "start": starts,
        "unfreeze_from": ["", *_layers(settings, wanted)],
    }
    return [
        _update(name, value, to_choose.get(name)) if name in stale else gr.skip()
        for name, value in now._asdict().items()
    ]


def _update(name: str, value: Any, to_choose: list[Any] | None) -> Update:
    more: Update = {} if to_choose is None else {"choices": to_choose}
    if train_values.FIELDS[name].is_hidden_when_empty:
        more["visible"] = value is not None
    updated: Update = gr.update(value=value, **more)
    return updated


def _beside(settings: Settings, wanted: TrainConfig) -> tuple[Any, ...]:
    """Return what follows from the settings, in the order of `Form.beside`."""
    return (
        "",
        config.to_yaml(wanted),
        _findings(settings, wanted),
        _planned(settings, wanted),
        gr.update(visible=wanted.mode == "freeze"),
        gr.update(visible=wanted.mode == "finetune"),
    )


def _refused(error: ConfigError) -> tuple[Any, ...]:
    """Return an answer that says what is wrong and leaves the rest as it is."""
    skipped = [gr.skip() for _ in Values._fields]
    return *skipped, cards.note(str(error), "bad"), *(gr.skip() for _ in range(5))


def _findings(settings: Settings, wanted: TrainConfig) -> str:
    return train_preflight.findings(preflight.check(settings, wanted))


def _planned(settings: Settings, wanted: TrainConfig) -> Any:
    with connect(settings.db_path) as db:
        try:
            images = versions.by_name(db, wanted.data.version).counts["train"]
        except CarclfError:
            # Said among the findings; the shape of the curve is the same.
            images = wanted.data.batch_size
    return train_rate.planned(wanted, images)


def _layers(settings: Settings, wanted: TrainConfig) -> list[str]:
    with connect(settings.db_path) as db:
        return preflight.known_layers(db, settings, wanted.model.backbone)


def _known(
    settings: Settings, version: str | None, start: str | None
) -> tuple[Choices, Choices]:
    """Return the versions and the weights, with the chosen ones whatever they are."""
    with connect(settings.db_path) as db:
        known = [(in_words(one), one.name) for one in versions.every(db)]
        starts = choices.starts(db)
    return _with(known, version), _with(starts, start)


def _with(known: Choices, chosen: str | None) -> Choices:
    if chosen is None or chosen in [one for _, one in known]:
        return known
    return [*known, (chosen, chosen)]
