"""What networks say."""

from dataclasses import dataclass, field

from carclf.records.versions import Skipped, Split


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
