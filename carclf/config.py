"""The settings of an experiment: frozen, checked, and stored with the run.

The sections `data`, `model`, `compile` and `fit` keep the form and the meaning of
the course report's config.yml; `learning` is carclf's own.
"""

import difflib
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from carclf.errors import ConfigError

Share = Annotated[float, Field(ge=0, lt=1)]
Resize = Literal["squash", "pad", "crop"]
Mode = Literal["freeze", "finetune"]
_RUN_WEIGHTS = re.compile(r"run:(?P<run>.+?)(@(?P<epoch>\d+))?")


class Section(BaseModel):
    """A part of the settings: no unknown key, no change afterwards."""

    # The report's `model_checkpoint` would clash with pydantic's own prefix.
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class Treatment(Section):
    """What is done about the background before an image is resized.

    Attributes:
        output: The vehicle alone on `fill`, or the photograph cropped to its box.
        fill: The colour behind a cut-out, and beside a padded one, #rrggbb.
        margin: Added around a box on every side, as a share of that side.
    """

    remover: str = "none"
    output: Literal["cutout", "crop"] = "cutout"
    fill: str = Field("#ffffff", pattern="^#[0-9a-fA-F]{6}$")
    margin: float = Field(0.05, ge=0, le=1)


class Preparation(Section):
    """How a file becomes the input of a network; stored in its bundle."""

    height: int = Field(224, ge=32, le=1024)
    width: int = Field(224, ge=32, le=1024)
    resize: Resize = "squash"
    treatment: Treatment = Treatment()


class DataConfig(Section):
    """Which images, and how they are fed.

    Attributes:
        version: The name of a dataset version.
        directory: Where the report kept its images; kept, and not read.
        validation_split: Stands in the version, where the split is frozen.
    """

    version: str = "sample"
    directory: str | None = None
    labels: Literal["inferred"] = "inferred"
    label_mode: Literal["categorical"] = "categorical"
    validation_split: Share = 0.2
    image_size: tuple[int, int] = (224, 224)
    batch_size: int = Field(32, ge=1, le=4096)
    resize: Resize = "squash"


class RandomFlip(Section):
    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = "horizontal"


class RandomRotation(Section):
    factor: float = Field(0.2, ge=0, le=1)


class RandomZoom(Section):
    height_factor: float = Field(0.2, ge=0, le=1)
    width_factor: float | None = Field(None, ge=0, le=1)


class RandomTranslation(Section):
    height_factor: float = Field(0.1, ge=0, le=1)
    width_factor: float = Field(0.1, ge=0, le=1)


class RandomContrast(Section):
    factor: float = Field(0.2, ge=0, le=1)


class RandomBrightness(Section):
    factor: float = Field(0.2, ge=0, le=1)


class Augmentation(Section):
    """Keras layers by their names, applied in this order while training."""

    random_flip: RandomFlip | None = None
    random_rotation: RandomRotation | None = None
    random_zoom: RandomZoom | None = None
    random_translation: RandomTranslation | None = None
    random_contrast: RandomContrast | None = None
    random_brightness: RandomBrightness | None = None


class ModelConfig(Section):
    """The network.

    Attributes:
        backbone: A name that `ml.networks` lists.
        weights: `imagenet`, `none`, a weights file, `run:NAME` for a run's best
            epoch or `run:NAME@EPOCH` for another that was kept.
        classes: If given, the version must have just as many.
    """

    backbone: str = "EfficientNetLite0"
    weights: str = "imagenet"
    input_shape: tuple[int, int, int] | None = None
    classes: int | None = Field(None, ge=2)
    dropout_rate: Share = 0.3
    data_aug_layer: Augmentation | None = None

    @property
    def parent(self) -> tuple[str, int | None] | None:
        """The run (id or name) and the epoch (None: the best) of the weights."""
        match = _RUN_WEIGHTS.fullmatch(self.weights)
        if match is None:
            return None
        epoch = match["epoch"]
        return match["run"], int(epoch) if epoch else None


class Optimizer(Section):
    """Arguments of a Keras optimizer."""

    learning_rate: float = Field(1e-3, gt=0, le=10)
    weight_decay: float | None = Field(None, ge=0, le=1)
    clipnorm: float | None = Field(None, gt=0)


class Momentum(Optimizer):
    learning_rate: float = Field(1e-2, gt=0, le=10)
    momentum: Share = 0.9
    nesterov: bool = False


class OptimizerChoice(Section):
    """Exactly one optimizer, by its Keras name in lower case."""

    adam: Optimizer | None = None
    adamw: Optimizer | None = None
    rmsprop: Optimizer | None = None
    sgd: Momentum | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        chosen = [name for name, value in self if value is not None]
        if len(chosen) != 1:
            raise ValueError(
                f"name exactly one optimizer, not {' and '.join(chosen) or 'none'}"
            )
        return self

    @property
    def name(self) -> str:
        return next(name for name, value in self if value is not None)

    @property
    def arguments(self) -> Optimizer:
        arguments: Optimizer = getattr(self, self.name)
        return arguments


class CompileConfig(Section):
    optimizer: OptimizerChoice = OptimizerChoice(adam=Optimizer())
    loss: Literal["categorical_crossentropy"] = "categorical_crossentropy"
    metrics: tuple[Literal["accuracy"], ...] = ("accuracy",)
    label_smoothing: Share = 0.0


Monitor = Literal["val_accuracy", "val_loss", "accuracy", "loss"]


class EarlyStopping(Section):
    monitor: Monitor = "val_accuracy"
    mode: Literal["auto", "min", "max"] = "auto"
    patience: int = Field(3, ge=1)
    min_delta: float = Field(0.0, ge=0)
    restore_best_weights: bool = True


class ModelCheckpoint(Section):
    """Which epochs' weights are kept; where is carclf's to say.

    Attributes:
        filepath: The report's own path; kept, and not used.
        save_best_only: Keep the best epoch and the last, not every one.
    """

    filepath: str | None = None
    monitor: Monitor = "val_accuracy"
    save_best_only: bool = True


class TensorBoard(Section):
    """Logs always go to the run's own folder; `log_dir` is kept, and not used."""

    log_dir: str | None = None


class Callbacks(Section):
    early_stopping: EarlyStopping | None = None
    model_checkpoint: ModelCheckpoint = ModelCheckpoint()
    tensor_board: TensorBoard = TensorBoard()


class FitConfig(Section):
    epochs: int = Field(30, ge=1, le=10_000)
    callbacks: Callbacks = Callbacks()


class LearningConfig(Section):
    """How the weights are learnt; carclf's own section.

    Attributes:
        mode: `freeze` trains the head alone, `finetune` the backbone too. Left
            out: freeze from ImageNet, fine-tune from a run, as the report did.
        features: `cached` computes the frozen backbone once, `streaming` anew
            each epoch with fresh augmentation. Only for `freeze`.
        views: Augmented copies of each image behind cached features.
        unfreeze_from: The first layer of the backbone to fine-tune; none: all.
        batch_norm: `inference` keeps ImageNet's statistics, `update` moves them.
        mixed_precision: Compute in 16 bits; pays on a GPU.
    """

    mode: Mode | None = None
    features: Literal["cached", "streaming"] = "cached"
    views: int = Field(4, ge=1, le=64)
    unfreeze_from: str | None = None
    batch_norm: Literal["inference", "update"] = "inference"
    mixed_precision: bool = False


class TrainConfig(Section):
    """Everything that decides how a training goes.

    Attributes:
        name: What the run is called; empty: “run N”.
    """

    name: str = Field("", max_length=80)
    seed: int = Field(123, ge=0, lt=2**31)
    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    compile: CompileConfig = CompileConfig()
    fit: FitConfig = FitConfig()
    learning: LearningConfig = LearningConfig()

    @field_validator("name")
    @classmethod
    def _one_line(cls, name: str) -> str:
        # YAML would fold an odd line break into a space, and the name with it.
        if name.splitlines() not in ([], [name]):
            raise ValueError("holds a line break; write it on one line")
        return name

    @property
    def mode(self) -> Mode:
        if self.learning.mode is not None:
            return self.learning.mode
        return "freeze" if self.model.weights in ("imagenet", "none") else "finetune"


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
    if problem["type"] == "value_error":
        return f"{name}: {problem['ctx']['error']}"
    said = problem["msg"].removeprefix("Input ").replace("should be", "must be")
    given = problem["input"]
    return f"{name} {said}, not {given!r}"


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
