"""The nouns of carclf, as frozen values that pass between layers."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

# uint8, (height, width, 3), red first.
ImageRGB = NDArray[np.uint8]

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

# What a person did about an image that the cleaning queue showed.
Verdict = Literal["accepted", "fixed", "kept"]

JobKind = Literal[
    "train",
    "evaluate",
    "background",
    "import",
    "probe",
    "find_rate",
    "import_runs",
    "export",
    "predict",
    "neighbours",
    "health",
    "export_version",
    "cross_validate",
    "network",
]
JobStatus = Literal["queued", "running", "done", "failed", "stopped"]
RunStatus = Literal["queued", "running", "done", "failed", "stopped", "imported"]
# In a run's folder: what its training needs to go on where it ended.
RESUME_FILE = "resume.npz"
FINISHED: tuple[JobStatus, ...] = ("done", "failed", "stopped")


@dataclass(frozen=True)
class Box:
    """Edges in pixels; right and bottom are the first column and row outside."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Area:
    """Edges in shares 0-1 of a picture's width and height."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def share(self) -> float:
        """How much of the picture it covers, 0-1."""
        return (self.right - self.left) * (self.bottom - self.top)


@dataclass(frozen=True)
class Cutout:
    """A vehicle apart from its background.

    Attributes:
        image: What goes on to be resized.
        box: Where the vehicle was found in the given image; None if nowhere.
        mask: True on the vehicle, shape (height, width) of the given image.
        window: The part of the given image that was cropped to; beyond its edges
            there is fill. None if it was not cropped.
        score: How sure a detector is, 0-1; None of what is not one.
        vehicles: How many it found, this one among them.
    """

    image: ImageRGB
    box: Box | None = None
    mask: NDArray[np.bool_] | None = None
    window: Box | None = None
    score: float | None = None
    vehicles: int | None = None


@dataclass(frozen=True)
class Removal:
    """What a background remover found in a photograph.

    Attributes:
        box: Where the vehicle was found in the photograph; None if nowhere.
        covered: How much of the photograph its mask, or its box, covers, 0-1.
        touches_border: It reaches the photograph's border, and may go on beyond.
        score: How sure a detector was, 0-1; None of what is not one.
        vehicles: How many it found; None of what does not count them.
    """

    box: Box | None = None
    covered: float = 0.0
    touches_border: bool = False
    score: float | None = None
    vehicles: int | None = None


@dataclass(frozen=True)
class Removed:
    """An image of a treated version: what it was made from, and what was found.

    Attributes:
        photograph_id: The image before its background was taken away.
    """

    image_id: int
    photograph_id: int
    removal: Removal


@dataclass(frozen=True)
class Decision:
    """One event: what a person said of a removal.

    Attributes:
        treatment: A `config.Treatment` as plain data that is to be used for this image
            instead; None if what was made is right.
        undoes: The event that this one takes back; then nothing is decided.
    """

    id: int
    image_id: int
    treatment: dict[str, Any] | None
    source: str
    at: str
    undoes: int | None = None


@dataclass(frozen=True)
class Image:
    """A photograph the store knows, by its content.

    Attributes:
        path: Relative to the home folder.
        parent_id: The image this one was cut out of, if any.
    """

    id: int
    sha256: str
    path: Path
    width: int
    height: int
    size_bytes: int
    parent_id: int | None = None


@dataclass(frozen=True)
class Label:
    """One event: somebody or something said what an image shows.

    Attributes:
        name: The class; None means “not a vehicle of any class”.
        source: `import`, `person`, or `run 3`.
        undoes: The event that this one takes back.
        is_dropped: The image is to be left out, whatever it shows.
        batch: What was done at once to several images, and this one among them.
    """

    id: int
    image_id: int
    name: str | None
    source: str
    at: str
    undoes: int | None = None
    is_dropped: bool = False
    batch: int | None = None


@dataclass(frozen=True)
class Batch:
    """Label events that were one act, and are taken back as one.

    Attributes:
        what: In words for people, such as “Baja Bug”.
        events: How many images were labelled.
        undone: Of those events, how many were taken back.
    """

    id: int
    what: str
    source: str
    at: str
    events: int
    undone: int


@dataclass(frozen=True)
class Look:
    """What looking at an image measured; levels and shares are 0-1.

    Attributes:
        brightness: Of the average pixel.
        shade: Brightness of the darkest hundredth of the pixels.
        contrast: Between the darkest and the brightest hundredth.
        sharpness: Steepness of the sharpest edges, against the contrast.
        colour: How far the most colourful hundredth is from grey.
        orientation: As the camera noted it, 1-8; 1 is upright.
        hashes: Perceptual hashes of its eight turns and mirrorings, 8 bytes each.
        small: Its grey levels at 32 × 32 pixels.
    """

    image_id: int
    brightness: float
    shade: float
    contrast: float
    sharpness: float
    colour: float
    orientation: int
    hashes: bytes
    small: bytes


@dataclass(frozen=True)
class Move:
    """A person said that an image of a version belongs into another split."""

    image_id: int
    frozen: Split
    now: Split


@dataclass(frozen=True)
class BoxEvent:
    """One event: somebody said where the vehicle is in an image.

    Attributes:
        box: None means that it has none.
        source: As of a label.
    """

    id: int
    image_id: int
    box: Box | None
    source: str
    at: str


@dataclass(frozen=True)
class Change:
    """What was said of an image since a version was frozen.

    Attributes:
        frozen: Its label in the version.
        now: Its label; None means “not a vehicle of any class”.
    """

    image_id: int
    frozen: str
    now: str | None
    is_dropped: bool = False


@dataclass(frozen=True)
class Example:
    """An image in a version, with the label it was frozen with.

    Attributes:
        path: Relative to the home folder.
        file_name: As its source called it, for people.
    """

    image_id: int
    path: Path
    label: str
    split: Split
    file_name: str
    sha256: str
    box: Box | None = None


@dataclass(frozen=True)
class Version:
    """A frozen list of examples.

    Attributes:
        hash: SHA-256 over the sorted (image, class, split) lines.
        treatment: A `config.Treatment` as plain data.
        counts: Images by split.
    """

    id: int
    name: str
    hash: str
    parent_id: int | None
    treatment: dict[str, Any]
    source: str
    split_rule: str
    created_at: str
    classes: tuple[str, ...]
    counts: dict[str, int]


@dataclass(frozen=True)
class Skipped:
    """A file that could not be used; “path reason” reads as a sentence."""

    path: str
    reason: str


@dataclass(frozen=True)
class Job:
    """One piece of long work, done by one worker process.

    Attributes:
        settings: Everything the worker needs, copied when the job was queued.
        progress: `done`, `total`, `message`, `seconds_left`, as last reported, and
            whatever else a training tells of the moment.
        result: What a probe, a search for a rate, an import or an export found; else
            empty.
        stop_requested: Set while a stop after the epoch is pending.
        pid_started: Start time of the process `pid`, so a reused pid is known.
    """

    id: int
    kind: JobKind
    title: str
    status: JobStatus
    settings: dict[str, Any]
    progress: dict[str, Any]
    result: dict[str, Any]
    run_id: int | None
    stop_requested: bool
    pid: int | None
    pid_started: float | None
    heartbeat_at: str | None
    exit_code: int | None
    reason: str | None
    log_path: Path | None
    created_at: str
    started_at: str | None
    ended_at: str | None


@dataclass(frozen=True)
class EpochEnded:
    """The metrics at the end of an epoch; epochs count from 1."""

    epoch: int
    metrics: dict[str, float]


@dataclass(frozen=True)
class StepEnded:
    """The loss of one step; steps count from 1 over the whole training.

    Attributes:
        loss: Of this step's batch alone.
    """

    epoch: int
    step: int
    loss: float
    learning_rate: float


@dataclass(frozen=True)
class Note:
    """Something that happened to a run and that a person should know."""

    at: str
    text: str


@dataclass(frozen=True)
class Checkpoint:
    """Weights that were kept; `path` is relative to the home folder."""

    run_id: int
    epoch: int
    path: Path
    size_bytes: int


@dataclass(frozen=True)
class Run:
    """One training: what was asked, on what, from where, and how it went.

    Attributes:
        config: A `config.TrainConfig` as plain data.
        parent_epoch: None while the parent has to end first, for its best is wanted.
        folder: Relative to the home folder.
        status: That of its last job; `imported` when it never had one.
        best_epoch: The epoch whose weights the bundle holds.
        environment: Versions of code and libraries.
    """

    id: int
    name: str
    config: dict[str, Any]
    version_id: int | None
    parent_id: int | None
    parent_epoch: int | None
    seed: int
    folder: Path
    status: RunStatus
    reason: str | None
    device: str | None
    environment: dict[str, Any]
    best_epoch: int | None
    created_at: str
    started_at: str | None
    ended_at: str | None


@dataclass(frozen=True)
class Marks:
    """What people say of a run, to find it again.

    Attributes:
        is_archived: Out of sight unless it is asked for.
    """

    tags: tuple[str, ...] = ()
    note: str = ""
    is_starred: bool = False
    is_archived: bool = False


@dataclass(frozen=True)
class Reached:
    """A value of a metric, and the epoch that had it."""

    value: float
    epoch: int


@dataclass(frozen=True)
class Prediction:
    """What a network says of one image.

    Attributes:
        top: (class, probability) of the likeliest classes, likeliest first.
    """

    top: tuple[tuple[str, float], ...]

    @property
    def label(self) -> str:
        return self.top[0][0]

    @property
    def probability(self) -> float:
        return self.top[0][1]


@dataclass(frozen=True)
class Judged:
    """A prediction beside the label it should have given.

    Attributes:
        loss: Cross-entropy of the true class, in nats.
        true_probability: What the network gave the true class.
        attention_share: How much of what spoke for the answer lay inside the
            vehicle's box, 0-1; None where no box is known, or nothing spoke for it.
        box_share: How much of the network's input that box covers, 0-1.
    """

    image_id: int
    label: str
    prediction: Prediction
    true_probability: float
    loss: float
    attention_share: float | None = None
    box_share: float | None = None

    @property
    def is_correct(self) -> bool:
        return self.prediction.label == self.label


@dataclass(frozen=True)
class Outcome:
    """What became of one image in an evaluation, without the whole prediction."""

    image_id: int
    label: str
    is_correct: bool
    true_probability: float


@dataclass(frozen=True)
class Evaluation:
    """A run's epoch, judged on a version's split.

    Attributes:
        metrics: As `evaluation.report.summary`; an older store has fewer.
        classes: In the network's output order.
    """

    id: int
    run_id: int
    epoch: int
    version_id: int
    split: Split
    image_count: int
    metrics: dict[str, float]
    classes: tuple[str, ...]
    created_at: str
    skipped: tuple[Skipped, ...] = field(default=())
