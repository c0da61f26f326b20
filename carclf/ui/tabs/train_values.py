"""The form's fields: which part of a TrainConfig each shows, and how it changes it."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from carclf import config
from carclf.config import TrainConfig
from carclf.errors import ConfigError

Plain = dict[str, Any]

# What ticking a box in the form means; Keras's own defaults suit cars less.
FIRST_STRENGTHS: dict[str, Plain] = {
    "random_flip": {"mode": "horizontal"},
    "random_resized_crop": {},
    "random_rotation": {"factor": 0.03},
    "random_zoom": {"height_factor": 0.1},
    "random_translation": {"height_factor": 0.1, "width_factor": 0.1},
    "random_contrast": {"factor": 0.2},
    "random_brightness": {"factor": 0.2},
    "random_color_jitter": {},
    "rand_augment": {},
    "trivial_augment": {},
    "random_erasing": {},
}
_WITH_MOMENTUM: dict[str, Plain] = {
    "sgd": {"momentum": 0.9, "nesterov": True},
    "rmsprop": {},
}


class Values(NamedTuple):
    """What the form shows; anything a person may have left empty is None."""

    version: str | None
    start: str | None
    mode: str | None
    backbone: str | None
    name: str | None
    epochs: float | None
    batch_size: float | None
    learning_rate: float | None
    image_size: str | None
    resize: str | None
    balanced: bool | None
    features: str | None
    views: float | None
    unfreeze_from: str | None
    batch_norm: str | None
    layer_decay: float | None
    optimizer: str | None
    momentum: float | None
    weight_decay: str | None
    schedule: str | None
    warmup: float | None
    label_smoothing: float | None
    dropout_rate: float | None
    accumulation: float | None
    ema: str | None
    mixed_precision: bool | None
    augmentation: list[str] | None
    flip: str | None
    crop: float | None
    rotation: float | None
    zoom: float | None
    shift: float | None
    contrast: float | None
    brightness: float | None
    jitter: float | None
    rand_augment: float | None
    erasing: float | None
    mixup: float | None
    cutmix: float | None
    patience: str | None
    monitor: str | None
    max_gap: str | None
    keep_every: str | None
    test_time_flip: bool | None
    webhook: str | None


class Field(NamedTuple):
    """A part of the settings as the form shows it: both work on plain data.

    Attributes:
        empty: What an empty field means.
        is_hidden_when_empty: It has no meaning then, and is not on the page.
    """

    read: Callable[[Plain], Any]
    write: Callable[[Plain, Any], None]
    empty: Any = None
    is_hidden_when_empty: bool = False


def shown(wanted: TrainConfig) -> Values:
    """Return what the form shows of these settings."""
    plain = _plain(wanted)
    return Values(*(FIELDS[name].read(plain) for name in Values._fields))


def merged(text: str, values: Values) -> TrainConfig:
    """Return the config.yml with the form's values put in.

    What a field shows already stays as config.yml has it, with all that the form does
    not show.

    Raises:
        ConfigError: Either is wrong.
    """
    was = _plain(config.parse(text, origin="config.yml"))
    plain = _plain(config.parse(text, origin="config.yml"))
    for name, field in FIELDS.items():
        value, old = getattr(values, name), field.read(was)
        # What was not on the page cannot have been changed there, and Gradio sends 0.
        if value != old and not (field.is_hidden_when_empty and old is None):
            field.write(plain, value)
    return config.from_plain(plain, origin="The form")


def differing(now: Values, given: Values) -> set[str]:
    """Return the fields that a page must show anew, given what it shows.

    A field that was emptied stays so: its owner is about to write something else.
    """
    return {
        name
        for name, value in now._asdict().items()
        if _differs(value, getattr(given, name), FIELDS[name])
    }


def _differs(now: Any, given: Any, field: Field) -> bool:
    if isinstance(given, list):
        # Boxes are ticked in any order.
        return set(given) != set(now)
    if not field.is_hidden_when_empty:
        is_emptied = given is None and now == field.empty
        if is_emptied or (isinstance(given, str) and _reads_same(given, now)):
            return False
    return bool(now != given)


def _reads_same(given: str, now: Any) -> bool:
    """Say whether a typed text means what is shown, such as “0.10” and “0.1”."""
    try:
        return float(given) == float(now)
    except (TypeError, ValueError):
        return given.strip() == (now or "")


def _plain(wanted: TrainConfig) -> Plain:
    plain = wanted.model_dump(mode="json")
    # Written out, for other weights must not change it unseen.
    plain["learning"]["mode"] = wanted.mode
    return plain


def _at(path: str, empty: Any = None) -> Field:
    """Return the field of one key; `empty` is what an empty field means."""
    *sections, key = path.split(".")

    def section(plain: Plain) -> Plain:
        for name in sections:
            plain = plain[name]
        return plain

    def write(plain: Plain, value: Any) -> None:
        section(plain)[key] = empty if value is None else value

    return Field(lambda plain: section(plain)[key], write, empty)


def _text(path: str, empty: str | None) -> Field:
    """Return the field of a text that may be left out."""
    plain_field = _at(path)

    def write(plain: Plain, value: str | None) -> None:
        plain_field.write(plain, (value or "").strip() or empty)

    return Field(lambda plain: plain_field.read(plain) or "", write)


def _optional(field: Field) -> Field:
    """Return the field of a number that may be left out, as text: empty for none.

    A number's own component would show 0 in place of nothing.
    """

    def read(plain: Plain) -> str:
        value = field.read(plain)
        return "" if value is None else str(value)

    def write(plain: Plain, value: Any) -> None:
        text = str("" if value is None else value).strip()
        try:
            field.write(plain, float(text) if text else None)
        except ValueError as error:
            raise ConfigError(
                f"The form: “{text}” is no number. Give one, or leave its field empty."
            ) from error

    return Field(read, write)


def _read_size(plain: Plain) -> str:
    height, width = plain["data"]["image_size"]
    return f"{height} × {width}"


def _write_size(plain: Plain, value: Any) -> None:
    found = re.fullmatch(r"\s*(\d+)(?:\s*[x×*, ]\s*(\d+))?\s*", str(value or ""))
    if found is None:
        raise ConfigError(
            f"The form: “{value or ''}” is no image size. Give height × width, such as "
            "224 × 299, or one number for a square."
        )
    plain["data"]["image_size"] = [int(found[1]), int(found[2] or found[1])]


def _optimizer(plain: Plain) -> tuple[str, Plain]:
    chosen = plain["compile"]["optimizer"]
    return next((name, one) for name, one in chosen.items() if one is not None)


def _write_optimizer(plain: Plain, name: Any) -> None:
    """Choose another rule, at the same rate and with its own defaults."""
    rate = _optimizer(plain)[1]["learning_rate"]
    new = {"learning_rate": rate, **_WITH_MOMENTUM.get(name, {})}
    plain["compile"]["optimizer"] = {name: new}


def _argument(key: str, *, is_hidden_when_empty: bool = False) -> Field:
    """Return the field of an argument of whichever optimizer is chosen."""

    def write(plain: Plain, value: Any) -> None:
        _optimizer(plain)[1][key] = value

    return Field(
        lambda plain: _optimizer(plain)[1].get(key),
        write,
        is_hidden_when_empty=is_hidden_when_empty,
    )


def _layers(plain: Plain) -> Plain:
    return plain["model"]["data_aug_layer"] or {}


def _read_layers(plain: Plain) -> list[str]:
    return [name for name in FIRST_STRENGTHS if _layers(plain).get(name) is not None]


def _write_layers(plain: Plain, names: Any) -> None:
    was = _layers(plain)
    kept = {
        name: first if was.get(name) is None else was[name]
        for name, first in FIRST_STRENGTHS.items()
        if name in (names or [])
    }
    plain["model"]["data_aug_layer"] = kept or None


def _strength(layer: str, *keys: str) -> Field:
    """Return the field of a layer's main number; all `keys` that are set follow it."""

    def read(plain: Plain) -> Any:
        found = _layers(plain).get(layer)
        return found[keys[0]] if found else None

    def write(plain: Plain, value: Any) -> None:
        found = _layers(plain).get(layer)
        for key in keys:
            if found is not None and found.get(key) is not None:
                found[key] = value

    return Field(read, write, is_hidden_when_empty=True)


def _smallest_part() -> Field:
    layer = "random_resized_crop"

    def read(plain: Plain) -> Any:
        found = _layers(plain).get(layer)
        return found["scale"][0] if found else None

    def write(plain: Plain, value: Any) -> None:
        found = _layers(plain).get(layer)
        if found is not None:
            found["scale"] = [value, found["scale"][1]]

    return Field(read, write, is_hidden_when_empty=True)


def _stopping(key: str) -> Field:
    def read(plain: Plain) -> Any:
        found = plain["fit"]["callbacks"]["early_stopping"]
        return found[key] if found else None

    def write(plain: Plain, value: Any) -> None:
        callbacks = plain["fit"]["callbacks"]
        if key == "patience" and value is None:
            callbacks["early_stopping"] = None
        elif callbacks["early_stopping"] is not None:
            callbacks["early_stopping"][key] = value
        elif key == "patience":
            callbacks["early_stopping"] = {"monitor": "val_accuracy", key: value}

    return Field(read, write, is_hidden_when_empty=key != "patience")


FIELDS: dict[str, Field] = {
    "version": _at("data.version"),
    "start": _at("model.weights"),
    "mode": _at("learning.mode"),
    "backbone": _at("model.backbone"),
    "name": _text("name", ""),
    "epochs": _at("fit.epochs"),
    "batch_size": _at("data.batch_size"),
    "image_size": Field(_read_size, _write_size),
    "resize": _at("data.resize"),
    "balanced": _at("learning.balanced"),
    "features": _at("learning.features"),
    "views": _at("learning.views"),
    "unfreeze_from": _text("learning.unfreeze_from", None),
    "batch_norm": _at("learning.batch_norm"),
    "layer_decay": _at("learning.layer_decay", 1.0),
    # Chosen before its arguments are written.
    "optimizer": Field(lambda plain: _optimizer(plain)[0], _write_optimizer),
    "learning_rate": _argument("learning_rate"),
    "momentum": _argument("momentum", is_hidden_when_empty=True),
    "weight_decay": _optional(_argument("weight_decay")),
    "schedule": _at("learning.schedule.name"),
    "warmup": _at("learning.schedule.warmup_epochs", 0.0),
    "label_smoothing": _at("compile.label_smoothing", 0.0),
    "dropout_rate": _at("model.dropout_rate", 0.0),
    "accumulation": _at("learning.accumulation", 1),
    "ema": _optional(_at("learning.ema")),
    "mixed_precision": _at("learning.mixed_precision"),
    "augmentation": Field(_read_layers, _write_layers),
    "flip": _strength("random_flip", "mode"),
    "crop": _smallest_part(),
    "rotation": _strength("random_rotation", "factor"),
    "zoom": _strength("random_zoom", "height_factor", "width_factor"),
    "shift": _strength("random_translation", "height_factor", "width_factor"),
    "contrast": _strength("random_contrast", "factor"),
    "brightness": _strength("random_brightness", "factor"),
    "jitter": _strength(
        "random_color_jitter",
        "brightness_factor",
        "contrast_factor",
        "saturation_factor",
    ),
    "rand_augment": _strength("rand_augment", "factor"),
    "erasing": _strength("random_erasing", "factor"),
    "mixup": _at("learning.mixup", 0.0),
    "cutmix": _at("learning.cutmix", 0.0),
    "patience": _optional(_stopping("patience")),
    "monitor": _stopping("monitor"),
    "max_gap": _optional(_at("learning.max_gap")),
    "keep_every": _optional(_at("learning.keep_every")),
    "test_time_flip": _at("learning.test_time_flip"),
    "webhook": _text("notify.webhook", None),
}
