"""What the Train tab fills in and starts."""

import asyncio
from dataclasses import replace

import gradio as gr
import pytest

from carclf import config, store
from carclf.datasets import versions
from carclf.store import runs
from carclf.ui.tabs import train, train_control, train_form, train_rate
from carclf.ui.tabs.train_form import Values
from tests import drawing

BESIDE = ("note", "yaml", "findings", "planned", "frozen", "tuned")


def form_of(filled):
    """Return the values of a filled form, out of the updates they came in."""
    return Values(*(one["value"] for one in filled[: len(Values._fields)]))


def beside(filled):
    """Return what a handler answered for what stands beside the fields, by name."""
    return dict(zip(BESIDE, filled[len(Values._fields) :], strict=True))


def changes(answer):
    """Return the fields that an answer changes, each with its update."""
    fields = zip(Values._fields, answer, strict=False)
    return {name: update for name, update in fields if update != gr.skip()}


@pytest.fixture
def filled(lab):
    """The form as the tab opens it: values, and config.yml."""
    opened = train_form.fill(lab.settings, train_form.first(lab.settings))
    return form_of(opened), beside(opened)["yaml"]


@pytest.fixture
def edit(lab, filled):
    """Return a function that changes fields and gives the form's answer."""
    values, text = filled

    def change(**fields):
        return train_form.edit_form(lab.settings, text, *values._replace(**fields))

    return change


def test_the_tab_arrives_with_a_quick_recipe_on_a_version_that_exists(lab):
    # Gradio leaves an event loop of its own open, unless one runs already.
    async def built():
        with gr.Blocks():
            return train_form.build(lab.settings)

    form, _ = asyncio.run(built())

    assert form.recipe.value == "quick-freeze.yml"
    assert form.version.value == "drawn"
    assert config.parse(form.yaml.value).data.version == "drawn"
    assert "12 training and 12 validation images" in form.beside[2].value
    assert len(form.filled) == len(Values._fields) + len(BESIDE)


def test_every_recipe_is_offered_with_its_first_line(lab):
    recipe, *_ = train_form.open_form(lab.settings, None, None)

    assert len(recipe["choices"]) >= 3
    assert all(" · " in words for words, _ in recipe["choices"])


def test_recipes_in_folders_are_offered_after_the_others(lab, tmp_path):
    folder = tmp_path / "assets" / "recipes"
    (folder / "report").mkdir(parents=True)
    (folder / "zebra.yml").write_text("# stripes\nseed: 1\n")
    (folder / "report" / "exp_002.yml").write_text("# the second\nseed: 2\n")
    settings = replace(lab.settings, assets=tmp_path / "assets")

    recipe, *_ = train_form.open_form(settings, None, None)
    filled = train_form.choose_recipe(settings, "report/exp_002.yml")

    assert recipe["choices"] == [
        ("zebra · stripes", "zebra.yml"),
        ("report/exp_002 · the second", "report/exp_002.yml"),
    ]
    assert config.parse(beside(filled)["yaml"]).seed == 2


def test_a_recipe_tells_its_source_and_what_to_expect(lab):
    said = train_form.tell_of(lab.settings, "quick-freeze.yml")

    assert "<p>Source: our own." in said
    assert "#" not in said
    assert train_form.tell_of(lab.settings, None) == ""


def test_a_form_is_left_as_it_was_when_the_tab_is_opened_again(lab):
    opened = train_form.open_form(lab.settings, "since deleted", "imagenet")

    assert not any("value" in update for update in opened)
    assert ("since deleted", "since deleted") in opened[1]["choices"]


def test_changing_the_form_changes_config_yml_and_nothing_that_was_typed(edit):
    answer = edit(
        epochs=7,
        batch_size=8,
        learning_rate=0.02,
        dropout_rate=0.5,
        name=" mine ",
        image_size="96 × 128",
        mixup=0.2,
        webhook="https://here.example/hook",
        keep_every="5",
    )

    wanted = config.parse(beside(answer)["yaml"])
    assert (wanted.fit.epochs, wanted.data.batch_size, wanted.name) == (7, 8, "mine")
    assert wanted.compile.optimizer.arguments.learning_rate == 0.02
    assert wanted.model.dropout_rate == 0.5
    assert wanted.data.image_size == (96, 128)
    assert (wanted.learning.mixup, wanted.learning.keep_every) == (0.2, 5)
    assert wanted.notify.webhook == "https://here.example/hook"
    assert changes(answer) == {}


def test_what_the_form_does_not_show_stays_as_config_yml_has_it(lab):
    text = """
        data: {version: drawn}
        model: {data_aug_layer: {random_zoom: {height_factor: 0.3, width_factor: 0.1}}}
        compile: {optimizer: {adam: {beta_1: 0.8, clipnorm: 2}}}
        learning: {schedule: {name: cosine, final_share: 0.1}}
    """
    shown = form_of(train_form.fill(lab.settings, config.parse(text)))

    answer = train_form.edit_form(lab.settings, text, *shown._replace(epochs=3))

    wanted = config.parse(beside(answer)["yaml"])
    zoom = wanted.model.data_aug_layer.random_zoom
    assert (zoom.height_factor, zoom.width_factor) == (0.3, 0.1)
    assert wanted.compile.optimizer.adam.clipnorm == 2
    assert wanted.learning.schedule.final_share == 0.1


def test_another_optimizer_keeps_the_rate_and_brings_its_own_arguments(edit):
    answer = edit(optimizer="sgd")

    sgd = config.parse(beside(answer)["yaml"]).compile.optimizer.sgd
    assert (sgd.learning_rate, sgd.momentum, sgd.nesterov) == (0.002, 0.9, True)
    assert changes(answer) == {"momentum": gr.update(value=0.9, visible=True)}
    assert changes(edit(optimizer="adamw"))["weight_decay"]["value"] == "0.004"


def test_ticking_an_augmentation_shows_its_strength(edit):
    answer = edit(augmentation=["random_flip", "random_erasing", "rand_augment"])

    layers = config.parse(beside(answer)["yaml"]).model.data_aug_layer
    assert layers.random_flip.mode == "horizontal"
    assert layers.random_erasing.factor == 0.25
    assert layers.random_rotation is None
    assert changes(answer) == {
        "rotation": gr.update(value=None, visible=False),
        "zoom": gr.update(value=None, visible=False),
        "rand_augment": gr.update(value=0.3, visible=True),
        "erasing": gr.update(value=0.25, visible=True),
    }


def test_without_an_augmentation_there_is_none(edit):
    answer = edit(augmentation=[])

    assert config.parse(beside(answer)["yaml"]).model.data_aug_layer is None


def test_patience_brings_what_it_watches(edit):
    answer = edit(patience="4")

    early = config.parse(beside(answer)["yaml"]).fit.callbacks.early_stopping
    assert (early.patience, early.monitor) == (4, "val_accuracy")
    assert changes(answer) == {"monitor": gr.update(value="val_accuracy", visible=True)}


@pytest.mark.parametrize(
    ("typed", "size"), [("299", (299, 299)), ("64x96", (64, 96)), ("64, 96", (64, 96))]
)
def test_an_image_size_may_be_typed_in_several_ways(edit, typed, size):
    answer = edit(image_size=typed)

    assert config.parse(beside(answer)["yaml"]).data.image_size == size
    assert changes(answer)["image_size"]["value"] == f"{size[0]} × {size[1]}"


def test_an_image_size_that_is_none_is_refused_in_words(edit):
    assert "“large” is no image size" in beside(edit(image_size="large"))["note"]


def test_an_emptied_field_stays_empty_while_its_owner_types(edit):
    answer = edit(label_smoothing=None, accumulation=None)

    assert changes(answer) == {}
    assert config.parse(beside(answer)["yaml"]).learning.accumulation == 1


def test_a_number_that_may_be_left_out_is_empty_then(lab, edit, filled):
    values, _ = filled
    assert (values.ema, values.patience, values.weight_decay) == ("", "", "")

    answer = edit(ema="0.9990", max_gap=" 0.2 ", weight_decay="")

    learning = config.parse(beside(answer)["yaml"]).learning
    assert (learning.ema, learning.max_gap) == (0.999, 0.2)
    assert changes(answer) == {}


def test_a_text_that_is_no_number_is_refused_in_words(edit):
    assert "“often” is no number" in beside(edit(keep_every="often"))["note"]


def test_what_is_not_on_the_page_changes_nothing(edit):
    """A number that is hidden comes from the browser as 0."""
    answer = edit(crop=0, erasing=0, momentum=0, augmentation=["random_erasing"])

    layers = config.parse(beside(answer)["yaml"]).model.data_aug_layer
    assert layers.random_erasing.factor == 0.25
    assert layers.random_resized_crop is None


def test_the_mode_brings_its_own_fields(edit):
    frozen, tuned = beside(edit(mode="freeze")), beside(edit(mode="finetune"))

    assert [frozen[one]["visible"] for one in ("frozen", "tuned")] == [True, False]
    assert [tuned[one]["visible"] for one in ("frozen", "tuned")] == [False, True]


def test_layers_are_offered_once_a_run_has_recorded_them(lab):
    run = lab.run("tuned", epochs=1)
    recorded = lab.settings.resolve(run.folder) / "network.json"
    recorded.write_text('{"backbone_layers": ["stem", "block6a"]}')

    filled = train_form.fill(lab.settings, train_form.first(lab.settings))

    layers = filled[Values._fields.index("unfreeze_from")]
    assert layers["choices"] == ["", "stem", "block6a"]


def test_the_planned_learning_rate_follows_the_form(edit):
    constant = beside(edit(epochs=10))["planned"]
    cosine = beside(edit(epochs=10, schedule="cosine", warmup=2))["planned"]

    assert set(constant["data"][0]["y"]) == {0.002}
    rates = cosine["data"][0]["y"]
    assert rates[0] == 0
    assert max(rates) == pytest.approx(0.002)
    assert rates[-1] < 1e-4
    assert "over 10 epochs" in cosine["layout"]["meta"]


def test_a_long_training_is_planned_with_a_few_hundred_points(lab):
    wanted = config.from_plain({"fit": {"epochs": 10_000}})

    drawn = train_rate.planned(wanted, 100_000)

    assert 300 < len(drawn["data"][0]["y"]) < 900


def test_changing_config_yml_changes_the_form_where_they_differ(lab, filled):
    values, text = filled
    longer = text.replace("epochs: 40", "epochs: 12")
    tuned = longer.replace("mode: freeze", "mode: finetune")

    answer = train_form.edit_yaml(lab.settings, tuned, *values)

    assert changes(answer)["epochs"]["value"] == 12
    assert changes(answer)["mode"]["value"] == "finetune"
    assert "patience" not in changes(answer)
    assert beside(answer)["note"] == ""
    assert beside(answer)["yaml"] == gr.skip()


def test_a_misspelt_setting_is_named_with_the_nearest_one_and_the_form_stays(
    lab, filled
):
    text = "model: {droput_rate: 0.2}"

    answer = train_form.edit_yaml(lab.settings, text, *filled[0])

    assert (
        "model.droput_rate is not a setting (the nearest is dropout_rate)"
        in beside(answer)["note"]
    )
    assert changes(answer) == {}


def test_a_config_yml_that_is_no_yaml_is_never_written_over(lab, filled):
    values, _ = filled
    broken = "data: {version: drawn\n# an hour of typing"

    typed = train_form.edit_yaml(lab.settings, broken, *values)
    edited = train_form.edit_form(lab.settings, broken, *values._replace(epochs=2))

    for answer in (typed, edited):
        assert "config.yml is not valid YAML" in beside(answer)["note"]
        assert beside(answer)["yaml"] == gr.skip()


def test_a_wrong_field_is_said_and_config_yml_stays(edit):
    answer = beside(edit(epochs=None))

    assert "fit.epochs must be a valid integer, not None" in answer["note"]
    assert answer["yaml"] == gr.skip()


def test_freezing_tells_of_its_ceiling_and_fine_tuning_does_not(edit):
    assert "near 0.67" in beside(edit(mode="freeze"))["findings"]
    assert "near 0.67" not in beside(edit(mode="finetune"))["findings"]


def test_findings_follow_the_form_and_are_escaped(edit):
    found = beside(edit(version="<i>gone</i>"))["findings"]

    assert "no dataset version called “&lt;i&gt;gone" in found
    assert 'class="note bad"' in found


def test_kept_epochs_can_be_started_from_the_best_first(lab):
    lab.run("first", epochs=5)

    *_, opened = train_form.open_form(lab.settings, None, None)

    starts = opened["choices"]
    assert starts[:2] == [
        ("ImageNet weights", "imagenet"),
        ("Nothing: random weights", "none"),
    ]
    assert starts[2:] == [
        ("first · epoch 4 (best)", "run:first@4"),
        ("first · epoch 5", "run:first@5"),
    ]


def test_a_run_with_a_number_for_a_name_is_started_from_by_its_id(lab):
    run = lab.run("2024", epochs=1)

    *_, opened = train_form.open_form(lab.settings, None, None)

    assert opened["choices"][-1][1] == f"run:{run.id}@1"


def test_training_on_a_version_puts_it_into_the_form_and_leaves_the_rest(lab, filled):
    values, text = filled
    typed = values._replace(epochs=7, name="mine")
    source = drawing.draw_classes(lab.settings.home / "others")
    other = versions.import_folder(lab.settings, source, "others")

    taken = train_form.choose_version(lab.settings, other.id, text, *typed)

    assert [*changes(taken)] == ["version"]
    assert changes(taken)["version"]["value"] == "others"
    assert config.parse(beside(taken)["yaml"]).data.version == "others"


def test_starting_from_a_run_brings_its_backbone_and_image_size(lab, filled):
    values, text = filled
    parent = lab.run(
        "parent",
        changes={
            "data": {"version": "drawn", "image_size": [96, 128]},
            "model": {"backbone": "ResNet50"},
        },
    )

    taken = train_form.choose_start(lab.settings, "run:parent@4", text, *values)

    wanted = config.parse(beside(taken)["yaml"])
    assert parent.config["model"]["backbone"] == "ResNet50"
    assert changes(taken)["backbone"]["value"] == "ResNet50"
    assert changes(taken)["image_size"]["value"] == "96 × 128"
    assert wanted.data.image_size == (96, 128)
    assert wanted.mode == "finetune"


def test_fine_tuning_fills_the_form_with_the_best_epoch_and_a_lower_rate(lab):
    run = lab.run("parent", epochs=5)

    recipe, *given = train_control.branch(lab.settings, run.id, None)

    values = form_of(given)
    assert recipe is None
    assert (values.start, values.mode, values.name) == ("run:parent@4", "finetune", "")
    assert values.learning_rate == pytest.approx(1e-4)


def test_starting_queues_what_the_form_says_and_shows_it(lab, filled):
    values, text = filled

    shown = train.start_training(
        lab.settings, text, *values._replace(epochs=3, name="mine")
    )

    with store.connect(lab.settings.db_path) as db:
        run = runs.find(db, "mine")
    assert shown["value"] == run.id
    assert (run.status, run.config["fit"]["epochs"]) == ("queued", 3)


def test_starting_on_a_version_that_is_gone_is_refused_in_words(lab, filled):
    values, text = filled

    with pytest.raises(gr.Error, match="no dataset version called “gone”"):
        train.start_training(lab.settings, text, *values._replace(version="gone"))
