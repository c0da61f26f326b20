"""Settings of an experiment: checked before a single photograph is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from carclf import config
from carclf.config import TrainConfig, explain
from carclf.errors import ConfigError
from carclf.settings import PROJECT

REPORT_RUNS = [f"exp_{number:03d}" for number in range(2, 14)]


@pytest.mark.parametrize("name", REPORT_RUNS)
def test_every_config_of_the_course_report_loads(shared, name):
    loaded = config.load(shared / "seed_experiments" / name / "config.yml")

    assert loaded.seed == 123
    assert loaded.model.classes in (None, 196)
    is_from_imagenet = loaded.model.weights == "imagenet"
    assert loaded.mode == ("freeze" if is_from_imagenet else "finetune")


def test_the_reports_own_example_is_refused_for_its_misspelling(shared):
    with pytest.raises(ConfigError) as caught:
        config.load(shared / "seed_experiments" / "config_example.yml")

    assert str(caught.value) == (
        "config_example.yml: model.droput_rate is not a setting "
        "(the nearest is dropout_rate)."
    )


def test_a_misspelt_setting_is_refused_with_the_nearest_known_one():
    with pytest.raises(
        ConfigError, match=r"model\.droput_rate .*nearest is dropout_rate"
    ):
        config.parse("model: {droput_rate: 0.2}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("zzz: 1", "zzz is not a setting (known are compile, data, fit"),
        ("fit: {callbacks: {early_stoping: {}}}", "nearest is early_stopping"),
        ("model: {dropout_rate: high}", "model.dropout_rate must be a valid number"),
        ("model: {dropout_rate: 1.0}", "must be less than 1, not 1.0"),
        ("fit: {epochs: 0}", "fit.epochs must be greater than or equal to 1, not 0"),
        ("data: {image_size: 224}", "data.image_size must be a valid tuple"),
        (
            "data: {image_size: [224]}",
            "image_size.1 must be there: a number is missing",
        ),
        ("data: {image_size: [16, 224]}", "must be greater than or equal to 32"),
        ("data: {image_size: [1, 2, 3]}", "data.image_size must have fewer numbers"),
        ("model: 3", "model must be a section, with keys of its own, not 3"),
        ("notify: {webhook: x}", "must be an address that begins with http"),
        ("compile: {optimizer: {adam: {clipnorm: .inf}}}", "must be a finite number"),
        ("seed: -1", "seed must be greater than or equal to 0"),
        ("learning: {mode: thaw}", "learning.mode must be 'freeze' or 'finetune'"),
        ("compile: {optimizer: {adam: {}, sgd: {}}}", "not adam and sgd"),
        ("compile: {optimizer: {}}", "exactly one optimizer, not none"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_right(text, words):
    with pytest.raises(ConfigError) as caught:
        config.parse(text, origin="quick.yml")

    assert str(caught.value).startswith("quick.yml: ")
    assert words in str(caught.value)


def test_all_wrong_settings_are_named_at_once():
    with pytest.raises(ConfigError) as caught:
        config.parse("{seed: x, fit: {epochs: 0}, model: {droput_rate: 1}}")

    assert str(caught.value).count(";") == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "is not valid YAML at line"),
        ("", "holds no settings"),
        ("- 1", "holds no settings"),
        ("just words", "holds no settings"),
        ("a: !!python/object:os.system {}", "is not valid YAML"),
    ],
)
def test_a_text_that_holds_no_settings_is_refused(text, words):
    with pytest.raises(ConfigError, match=words):
        config.parse(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"gone\.yml cannot be read: No such file"):
        config.load(tmp_path / "gone.yml")

    (tmp_path / "photo.yml").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(
        ConfigError, match=r"photo\.yml cannot be read: it is not UTF-8"
    ):
        config.load(tmp_path / "photo.yml")


@given(
    seed=some.integers(0, 2**31 - 1),
    epochs=some.integers(1, 10_000),
    rate=some.floats(1e-9, 10),
    name=some.text(some.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])),
)
def test_settings_written_are_read_back_the_same(seed, epochs, rate, name):
    written = TrainConfig.model_validate(
        {
            "name": name[:80],
            "seed": seed,
            "fit": {"epochs": epochs},
            "compile": {"optimizer": {"sgd": {"learning_rate": rate}}},
            "model": {"data_aug_layer": {"random_flip": {}, "random_zoom": {}}},
        }
    )

    assert config.parse(config.to_yaml(written)) == written


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\x85", "\u2028"])
def test_a_name_of_two_lines_is_refused(ending):
    with pytest.raises(ConfigError, match="name: holds a line break"):
        config.from_plain({"name": f"first{ending}try"})


@pytest.mark.parametrize(
    ("weights", "parent"),
    [
        ("run:3", ("3", None)),
        ("run:first try", ("first try", None)),
        ("run:first@try@12", ("first@try", 12)),
        ("run:3@7", ("3", 7)),
        ("imagenet", None),
        ("/models/run:3.h5", None),
    ],
)
def test_a_run_is_started_from_by_id_or_name_and_epoch(weights, parent):
    assert config.parse(f"model: {{weights: '{weights}'}}").model.parent == parent


def test_settings_do_not_change_once_made():
    with pytest.raises(ValidationError, match="frozen"):
        TrainConfig().seed = 1  # type: ignore[misc]


def test_the_optimizer_is_found_by_its_name():
    chosen = config.parse(
        "compile: {optimizer: {sgd: {momentum: 0.5}}}"
    ).compile.optimizer

    assert chosen.name == "sgd"
    assert chosen.arguments.learning_rate == 0.01


def test_every_key_is_explained_with_what_it_takes_and_means():
    rows = explain.keys(TrainConfig)

    unexplained = [row.name for row in rows if not row.meaning.endswith(".")]
    assert unexplained == []
    assert len({row.name for row in rows}) == len(rows) > 100
    assert all(row.type for row in rows)


def test_a_key_is_explained_from_its_model():
    rows = {row.name: row for row in explain.keys(TrainConfig)}

    size = rows["data.batch_size"]
    assert (size.type, size.default, size.range) == (
        "whole number",
        "32",
        "≥ 1, ≤ 4096",
    )
    assert rows["data.resize"].type == "one of squash, pad, crop"
    assert rows["data.image_size"].type == "list of 2: whole number"
    assert rows["data.image_size"].range == "≥ 32, ≤ 1024"
    assert rows["learning.ema"].range == "> 0, < 1"
    assert rows["learning.ema"].default == "left out"


def test_a_section_is_explained_alone():
    names = [row.name for row in explain.keys(TrainConfig, "learning.schedule")]

    assert names[0] == "learning.schedule"
    assert "learning.schedule.warmup_epochs" in names
    assert all(name.startswith("learning.schedule") for name in names)


def test_a_misspelt_key_to_explain_gets_the_nearest_one():
    with pytest.raises(
        ConfigError, match=r"no key mixupp .*nearest is learning\.mixup"
    ):
        explain.keys(TrainConfig, "mixupp")


def test_the_page_of_settings_is_what_the_models_say_today():
    written = (PROJECT / "docs" / "config.md").read_text(encoding="utf-8")

    assert written == explain.page(TrainConfig), (
        "Write it anew: carclf config explain --markdown > docs/config.md"
    )
