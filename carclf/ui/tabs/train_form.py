"""What to train: a form and a config.yml that are two views of one TrainConfig."""

from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from carclf import config
from carclf.config import TrainConfig
from carclf.errors import ConfigError
from carclf.records import Run
from carclf.settings import Settings
from carclf.store import connect, runs, versions
from carclf.ui import cards, choices
from carclf.ui.errors import shown_to_user
from carclf.ui.navigation import THEN, wire
from carclf.ui.version_picker import in_words

FIRST_RECIPE = "quick-freeze.yml"
MODES = [("Freeze the backbone", "freeze"), ("Fine-tune", "finetune")]
# A head learns at a thousandth; whole backbones forget ImageNet at that rate.
GENTLEST_CUT, FASTEST_FINE_TUNING = 0.1, 1e-4
FROZEN_CEILING = (
    "A frozen backbone is quick and stops early: near 0.67 accuracy on Stanford Cars. "
    "Fine-tune from it afterwards to go further."
)

Update = dict[str, Any]
# Words for people, and the value.
Choices = list[tuple[str, str]]


class Values(NamedTuple):
    """The form's part of a TrainConfig; anything a person may have left empty."""

    version: str | None
    start: str | None
    mode: str | None
    backbone: str | None
    epochs: float | None
    batch_size: float | None
    learning_rate: float | None
    dropout_rate: float | None
    name: str | None


class Form(NamedTuple):
    """The components, the first nine in the order of `Values`."""

    version: gr.Dropdown
    start: gr.Dropdown
    mode: gr.Radio
    backbone: gr.Dropdown
    epochs: gr.Number
    batch_size: gr.Number
    learning_rate: gr.Number
    dropout_rate: gr.Number
    name: gr.Textbox
    note: gr.HTML
    yaml: gr.Code
    recipe: gr.Dropdown

    @property
    def fields(self) -> list[Any]:
        return list(self[:9])

    @property
    def filled(self) -> list[Any]:
        """What `fill` has values for."""
        return [*self.fields, self.note, self.yaml]


def build(settings: Settings) -> tuple[Form, gr.Button]:
    """Lay out the form with its button, which is the caller's to wire.

    It arrives filled: an answer to the page's load would overwrite what was typed.
    """
    wanted = first(settings)
    known, starts = _known(settings, wanted.data.version, wanted.model.weights)
    recipe = gr.Dropdown(
        choices.recipes(settings),
        value=FIRST_RECIPE if (settings.recipes / FIRST_RECIPE).is_file() else None,
        label="Recipe",
        interactive=True,
    )
    with gr.Row():
        version = gr.Dropdown(
            known,
            value=wanted.data.version,
            label="Dataset version",
            interactive=True,
            min_width=180,
        )
        start = gr.Dropdown(
            starts,
            value=wanted.model.weights,
            label="Start from",
            interactive=True,
            min_width=180,
        )
    mode = gr.Radio(MODES, value=wanted.mode, label="Mode")
    note = gr.HTML(advice(wanted))
    with gr.Row():
        backbone = gr.Dropdown(
            [*choices.BACKBONES],
            value=wanted.model.backbone,
            label="Backbone",
            allow_custom_value=True,
            interactive=True,
            min_width=180,
        )
        name = gr.Textbox(
            wanted.name,
            label="Run name",
            placeholder="empty: run 1, …",
            max_length=80,
            min_width=150,
        )
    epochs, batch_size, rate, dropout = _build_numbers(wanted)
    button = gr.Button("Start training", variant="primary", size="lg")
    with gr.Accordion("All settings (config.yml)", open=False):
        yaml = gr.Code(
            config.to_yaml(wanted),
            label="config.yml",
            language="yaml",
            lines=16,
            max_lines=32,
        )
    fields = (version, start, mode, backbone, epochs, batch_size, rate, dropout, name)
    form = Form(*fields, note, yaml, recipe)
    _wire(settings, form)
    return form, button


def _build_numbers(
    wanted: TrainConfig,
) -> tuple[gr.Number, gr.Number, gr.Number, gr.Number]:
    """Lay out epochs, batch size, learning rate and dropout, two and two."""
    with gr.Row():
        with gr.Column(min_width=170), gr.Row():
            epochs = gr.Number(
                wanted.fit.epochs, label="Epochs", precision=0, minimum=1, min_width=70
            )
            batch_size = gr.Number(
                wanted.data.batch_size,
                label="Batch size",
                precision=0,
                minimum=1,
                min_width=70,
            )
        with gr.Column(min_width=170), gr.Row():
            rate = gr.Number(
                wanted.compile.optimizer.arguments.learning_rate,
                label="Learning rate",
                step=1e-4,
                min_width=70,
            )
            dropout = gr.Number(
                wanted.model.dropout_rate,
                label="Dropout",
                step=0.05,
                minimum=0,
                min_width=70,
            )
    return epochs, batch_size, rate, dropout


def _wire(settings: Settings, form: Form) -> None:
    wire(form.recipe.input, partial(choose_recipe, settings), form.recipe, form.filled)
    # `input` comes from a person alone, so the two views do not answer each other.
    wire(
        # Pasted text is whole only when the field is left.
        [one.input for one in form.fields if one is not form.start] + [form.name.blur],
        edit_form,
        [form.yaml, *form.fields],
        [form.note, form.yaml],
        trigger_mode="always_last",
    )
    wire(
        form.start.input,
        partial(choose_start, settings),
        [form.start, form.yaml, *form.fields],
        form.filled,
    )
    wire(
        form.yaml.input,
        partial(edit_yaml, settings),
        form.yaml,
        [*form.fields, form.note],
        trigger_mode="always_last",
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
def choose_start(
    settings: Settings, start: str, text: str, *fields: Any
) -> tuple[Any, ...]:
    """Return the form with what must agree with the weights taken from their run."""
    chosen = merged(text, Values(*fields)._replace(start=start))
    if chosen.model.parent is None:
        return fill(settings, chosen)
    with connect(settings.db_path) as db:
        parent = runs.find(db, chosen.model.parent[0])
    return fill(settings, continued(parent, chosen.model.parent[1]))


def fill_after(
    opened: Any, settings: Settings, version: gr.Dropdown, form: Form
) -> None:
    """Put the version chosen in another tab into the form, once that led here."""
    handler = partial(choose_version, settings)
    inputs = [version, form.yaml, *form.fields]
    opened.then(handler, inputs, form.filled, **THEN)


@shown_to_user
def choose_version(
    settings: Settings, version_id: int, text: str, *fields: Any
) -> tuple[Any, ...]:
    """Return the form as it was, on another version."""
    with connect(settings.db_path) as db:
        version = versions.get(db, version_id)
    return fill(settings, merged(text, Values(*fields)._replace(version=version.name)))


@shown_to_user
def edit_form(text: str, *fields: Any) -> tuple[str, str | Update]:
    """Return a note and the config.yml that agrees with the form.

    A wrong field, or a config.yml that is wrong already, leaves the text as it is.
    """
    try:
        changed = merged(text, Values(*fields))
    except ConfigError as error:
        return cards.note(str(error), "bad"), gr.skip()
    return advice(changed), config.to_yaml(changed)


@shown_to_user
def edit_yaml(settings: Settings, text: str) -> tuple[Any, ...]:
    """Return the form that agrees with config.yml; left alone while that is wrong."""
    try:
        changed = config.parse(text, origin="config.yml")
    except ConfigError as error:
        return *(gr.skip() for _ in Values._fields), cards.note(str(error), "bad")
    return fill(settings, changed)[:-1]


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


def merged(text: str, values: Values) -> TrainConfig:
    """Return the config.yml with the form's values put in.

    Raises:
        ConfigError: Either is wrong.
    """
    plain = config.parse(text, origin="config.yml").model_dump(mode="json")
    plain["name"] = (values.name or "").strip()
    plain["data"] |= {"version": values.version, "batch_size": values.batch_size}
    plain["model"] |= {
        "weights": values.start,
        "backbone": values.backbone,
        "dropout_rate": values.dropout_rate,
    }
    chosen = next(
        one for one in plain["compile"]["optimizer"].values() if one is not None
    )
    chosen["learning_rate"] = values.learning_rate
    plain["fit"]["epochs"] = values.epochs
    plain["learning"]["mode"] = values.mode
    return config.from_plain(plain, origin="The form")


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


def fill(settings: Settings, wanted: TrainConfig) -> tuple[Any, ...]:
    """Return updates for `Form.filled` that show these settings."""
    known, starts = _known(settings, wanted.data.version, wanted.model.weights)
    return (
        gr.update(choices=known, value=wanted.data.version),
        gr.update(choices=starts, value=wanted.model.weights),
        wanted.mode,
        wanted.model.backbone,
        wanted.fit.epochs,
        wanted.data.batch_size,
        wanted.compile.optimizer.arguments.learning_rate,
        wanted.model.dropout_rate,
        wanted.name,
        advice(wanted),
        config.to_yaml(wanted),
    )


def advice(wanted: TrainConfig) -> str:
    """Return what a person should know before starting this."""
    return cards.note(FROZEN_CEILING if wanted.mode == "freeze" else "")


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
