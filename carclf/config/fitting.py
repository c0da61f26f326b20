"""How the weights are moved, and when that ends: the report's compile and fit."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from carclf.config.section import Section, Share


class Optimizer(Section):
    """Arguments that every Keras optimizer takes."""

    learning_rate: float = Field(1e-3, gt=0, le=10)
    """The highest rate of the schedule."""
    weight_decay: float | None = Field(None, ge=0, le=1)
    """Decoupled, a step; biases and normalisations are left alone."""
    clipnorm: float | None = Field(None, gt=0)
    """Longest gradient of a weight."""
    global_clipnorm: float | None = Field(None, gt=0)
    """Longest gradient of all weights together."""


class Adam(Optimizer):
    beta_1: Share = 0.9
    """Decay of the mean of gradients."""
    beta_2: Share = 0.999
    """Decay of the mean of squared gradients."""
    epsilon: float = Field(1e-7, gt=0)
    """Keeps the division finite."""


class AdamW(Adam):
    weight_decay: float | None = Field(0.004, ge=0, le=1)
    """Decoupled, a step; biases and normalisations are left alone."""

    @field_validator("weight_decay")
    @classmethod
    def _none_is_zero(cls, given: float | None) -> float:
        # A config.yml leaves out what is None, and would be read back as the default.
        return given or 0.0


class RMSprop(Optimizer):
    rho: Share = 0.9
    """Decay of the mean of squared gradients."""
    momentum: Share = 0.0
    """Share of the last step that is taken again."""


class SGD(Optimizer):
    learning_rate: float = Field(1e-2, gt=0, le=10)
    """The highest rate of the schedule."""
    momentum: Share = 0.0
    """Share of the last step that is taken again."""
    nesterov: bool = False
    """Whether to look ahead along the momentum."""


class Lion(Optimizer):
    beta_1: Share = 0.9
    """Decay of the mean that a step follows."""
    beta_2: Share = 0.99
    """Decay of the mean that is kept."""


class OptimizerChoice(Section):
    """Exactly one optimizer, by its Keras name in lower case."""

    adam: Adam | None = None
    """Kingma & Ba 2014."""
    adamw: AdamW | None = None
    """Adam with decoupled weight decay (Loshchilov & Hutter 2017)."""
    nadam: Adam | None = None
    """Adam with Nesterov momentum (Dozat 2015)."""
    adamax: Adam | None = None
    """Adam by the largest gradient (Kingma & Ba 2014)."""
    rmsprop: RMSprop | None = None
    """Hinton 2012."""
    sgd: SGD | None = None
    """Stochastic gradient descent, with or without momentum."""
    lion: Lion | None = None
    """By the sign of the momentum (Chen 2023)."""

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
    """What is minimised, and by which rule."""

    optimizer: OptimizerChoice = OptimizerChoice(adam=Adam())
    """The rule by which weights move; left out, adam."""
    loss: Literal["categorical_crossentropy"] = "categorical_crossentropy"
    """What is minimised."""
    metrics: tuple[Literal["accuracy"], ...] = ("accuracy",)
    """What is measured besides."""
    label_smoothing: Share = 0.0
    """Share of the certainty that is spread over all classes."""


Monitor = Literal["val_accuracy", "val_loss", "accuracy", "loss"]


class EarlyStopping(Section):
    """Ends a training that no longer gets better."""

    monitor: Monitor = "val_loss"
    """What should get better."""
    mode: Literal["auto", "min", "max"] = "auto"
    """Which way better is; auto knows."""
    patience: int = Field(3, ge=0)
    """Epochs without a better one that are borne."""
    min_delta: float = Field(0.0, ge=0)
    """Smaller changes do not count as better."""
    restore_best_weights: bool = True
    """As the report wrote it; the bundle always holds the best epoch."""


class ModelCheckpoint(Section):
    """Which epochs' weights are kept; where is carclf's to say."""

    filepath: str | None = None
    """The report's own path; kept, and not used."""
    monitor: Monitor = "val_loss"
    """What makes an epoch the best."""
    save_best_only: bool = True
    """Keep the best epoch and the last (and `learning.keep_every`), not every one."""


class TensorBoard(Section):
    """Logs for TensorBoard; they always go to the run's own folder."""

    log_dir: str | None = None
    """The report's own path; kept, and not used."""


class Callbacks(Section):
    """What happens at the end of epochs."""

    early_stopping: EarlyStopping | None = None
    """Ends a training that no longer gets better, on the last of growing image sizes;
    left out, every epoch is trained."""
    model_checkpoint: ModelCheckpoint = ModelCheckpoint(monitor="val_accuracy")
    """Which weights are kept; left out altogether, the best by val_accuracy."""
    tensor_board: TensorBoard = TensorBoard()
    """Logs for TensorBoard."""


class FitConfig(Section):
    """How long to train."""

    epochs: int = Field(30, ge=1, le=10_000)
    """Times that every training image is seen."""
    callbacks: Callbacks = Callbacks()
    """What happens at the end of epochs."""
