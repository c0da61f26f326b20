"""The settings of an experiment: frozen, checked, and stored with the run.

The sections `data`, `model`, `compile` and `fit` keep the form and the meaning of
the course report's config.yml, with Keras's own defaults; `learning` and `notify`
are carclf's own.
"""

import difflib
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, Field, ValidationError, field_validator

from carclf.config.fitting import (
    CompileConfig,
    EarlyStopping,
    FitConfig,
    ModelCheckpoint,
)
from carclf.config.images import DataConfig, Preparation, Resize, Treatment
from carclf.config.learning import LearningConfig, Mode, NotifyConfig, Schedule
from carclf.config.network import Augmentation, ModelConfig
from carclf.config.section import Section
from carclf.errors import ConfigError

__all__ = [
    "Augmentation",
    "EarlyStopping",
    "ModelCheckpoint",
    "ModelConfig",
    "Preparation",
    "Resize",
    "Schedule",
    "TrainConfig",
    "Treatment",
    "from_plain",
    "load",
    "mode_of",
    "parse",
    "to_yaml",
]

# What pydantic says of these is about Python.
_SAID = {
    "model_type": "must be a section, with keys of its own",
    "missing": "must be there: a number is missing",
    "too_long": "must have fewer numbers",
}
_WRITTEN = {
    "webhook": "an address that begins with http:// or https://",
    "fill": "a colour, such as #ffffff",
}


class TrainConfig(Section):
    """Everything that decides how a training goes."""

    name: str = Field("", max_length=80)
    """What the run is called; empty: “run N”."""
    seed: int = Field(123, ge=0, lt=2**31)
    """Of every random choice."""
    data: DataConfig = DataConfig()
    """Which images, and how they are fed."""
    model: ModelConfig = ModelConfig()
    """The network."""
    compile: CompileConfig = CompileConfig()
    """What is minimised, and by which rule."""
    fit: FitConfig = FitConfig()
    """How long to train."""
    learning: LearningConfig = LearningConfig()
    """How the weights are learnt."""
    notify: NotifyConfig = NotifyConfig()
    """Who hears of the end."""

    @field_validator("name")
    @classmethod
    def _one_line(cls, name: str) -> str:
        # YAML would fold an odd line break into a space, and the name with it.
        if name.splitlines() not in ([], [name]):
            raise ValueError("holds a line break; write it on one line")
        return name

    @property
    def mode(self) -> Mode:
        return mode_of(self.learning.mode, self.model.weights)


def mode_of(told: Mode | None, weights: str | None) -> Mode:
    """Return the mode that is meant where it is left to the weights."""
    if told is not None:
        return told
    return "freeze" if weights in ("imagenet", "none", None) else "finetune"


def load(path: Path) -> TrainConfig:
    """Read a config.yml.

    Raises:
        ConfigError: It is missing, is not YAML, or a setting is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigError(f"{path} cannot be read: {reason}.") from error
    return parse(text, origin=path.name)


def parse(text: str, origin: str = "The settings") -> TrainConfig:
    """Return the settings that a YAML text describes; `origin` names it in errors."""
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{origin} is not valid YAML{where}.") from error
    if not isinstance(values, dict):
        raise ConfigError(
            f"{origin} holds no settings. Start from a file in assets/recipes/."
        )
    return from_plain(values, origin)


def from_plain(values: dict[str, Any], origin: str = "The settings") -> TrainConfig:
    """Return checked settings; every wrong one is named at once."""
    try:
        return TrainConfig.model_validate(values)
    except ValidationError as error:
        lines = "; ".join(_in_words(problem) for problem in error.errors())
        raise ConfigError(f"{origin}: {lines}.") from error


def to_yaml(config: TrainConfig) -> str:
    """Return the settings as a config.yml that `parse` reads back to the same."""
    plain = config.model_dump(mode="json", exclude_none=True)
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)


def _in_words(problem: Any) -> str:
    keys = [str(key) for key in problem["loc"]]
    name = ".".join(keys)
    if problem["type"] == "extra_forbidden":
        known = _known_keys(keys[:-1])
        near = difflib.get_close_matches(keys[-1], known, n=1, cutoff=0.5)
        hint = f"the nearest is {near[0]}" if near else f"known are {', '.join(known)}"
        return f"{name} is not a setting ({hint})"
    if problem["type"] == "string_pattern_mismatch" and keys[-1] in _WRITTEN:
        return f"{name} must be {_WRITTEN[keys[-1]]}, not {problem['input']!r}"
    if problem["type"] == "value_error":
        return f"{name}: {problem['ctx']['error']}"
    said = _SAID.get(problem["type"])
    if said is None:
        said = problem["msg"].removeprefix("Input ").removeprefix("String ")
        said = said.replace("should", "must")
    return f"{name} {said}, not {problem['input']!r}"


def _known_keys(path: list[str]) -> list[str]:
    """Return the keys of the section at `path`."""
    section: type[BaseModel] = TrainConfig
    for key in path:
        annotation = section.model_fields[key].annotation
        options = [annotation, *getattr(annotation, "__args__", ())]
        section = next(
            one
            for one in options
            if isinstance(one, type) and issubclass(one, BaseModel)
        )
    return sorted(section.model_fields)
