"""Trainings."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

RunStatus = Literal["queued", "running", "done", "failed", "stopped", "imported"]
# In a run's folder: what its training needs to go on where it ended.
RESUME_FILE = "resume.npz"


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
