"""Whether a network that says 90 % is right nine times in ten."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carclf.records import Judged

BINS = 15
_DRAWS = 200


@dataclass(frozen=True)
class Bin:
    """The images whose answer had a probability in (low, high].

    Attributes:
        confidence: The mean of those probabilities, 0-1.
        accuracy: The share of those answers that were right.
    """

    low: float
    high: float
    images: int
    confidence: float
    accuracy: float

    @property
    def gap(self) -> float:
        """How much more was said than held; below 0 the other way round."""
        return self.confidence - self.accuracy


@dataclass(frozen=True)
class Calibration:
    """How far a network's probabilities are from how often it is right.

    Attributes:
        bins: Those that hold images, from the lowest probability up.
        error: Expected calibration error: the mean size of the gap over images.
        gap: The mean gap over images, over-confidence above 0.
        by_chance: What the error would stay below, 19 times in 20, on as many images
            if every probability were just right.
    """

    bins: tuple[Bin, ...]
    error: float
    gap: float
    by_chance: float


def calibration(judged: Sequence[Judged], bins: int = BINS) -> Calibration:
    """Return how far the probabilities of the answers can be believed.

    Source: Guo et al. 2017, On Calibration of Modern Neural Networks: bins of equal
    width, each weighted by its images.
    """
    said = np.array([one.prediction.probability for one in judged], np.float64)
    held = np.array([one.is_correct for one in judged], np.float64)
    edges = np.linspace(0, 1, bins + 1)
    # The last edge of a bin belongs to it, so 1 is in the last one.
    places = np.clip(np.searchsorted(edges, said, side="left") - 1, 0, bins - 1)
    images = np.bincount(places, minlength=bins)
    gaps = _gap_sums(places, said - held, bins)
    return Calibration(
        bins=tuple(
            Bin(
                float(edges[place]),
                float(edges[place + 1]),
                int(images[place]),
                float(said[places == place].mean()),
                float(held[places == place].mean()),
            )
            for place in np.flatnonzero(images)
        ),
        error=float(np.abs(gaps).sum() / len(said)),
        gap=float(gaps.sum() / len(said)),
        by_chance=_by_chance(places, said, bins),
    )


def _gap_sums(
    places: NDArray[np.intp], gaps: NDArray[np.float64], bins: int
) -> NDArray[np.float64]:
    return np.bincount(places, gaps, minlength=bins).astype(np.float64)


def _by_chance(places: NDArray[np.intp], said: NDArray[np.float64], bins: int) -> float:
    """Return the largest error but for 5 % when answers hold as often as was said."""
    generator = np.random.default_rng(0)
    errors = []
    for _ in range(_DRAWS):
        held = generator.random(len(said)) < said
        errors.append(np.abs(_gap_sums(places, said - held, bins)).sum() / len(said))
    return float(np.quantile(errors, 0.95))
