"""What changed between two runs on the same images, and whether by chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr

from carclf.errors import CarclfError
from carclf.records import Evaluation, Judged

_RESAMPLES = 10_000


@dataclass(frozen=True)
class Comparison:
    """Run A against run B, image by image.

    Attributes:
        fixed: Images that A got wrong and B right; `broke` the other way round.
        difference: B's accuracy less A's, -1 to 1, with a 95 % interval.
        p_value: Exact McNemar test that the difference is chance alone.
    """

    image_count: int
    both_right: int
    both_wrong: int
    fixed: tuple[int, ...]
    broke: tuple[int, ...]
    accuracy_a: float
    accuracy_b: float
    difference: float
    low: float
    high: float
    p_value: float

    @property
    def is_more_than_chance(self) -> bool:
        return self.p_value < 0.05


def refuse_different_splits(a: Evaluation, b: Evaluation) -> None:
    """Stop a comparison of evaluations that were not made on the same images.

    Raises:
        CarclfError: Version or split differ.
    """
    if (a.version_id, a.split) != (b.version_id, b.split):
        raise CarclfError(
            "These two runs were judged on different images (version or split "
            "differ), so their accuracies cannot be set against each other. "
            "Evaluate both on the same version and split first."
        )


def compare(a: Sequence[Judged], b: Sequence[Judged]) -> Comparison:
    """Set the predictions of two runs side by side, over the images both saw.

    Raises:
        CarclfError: They have no image in common.

    Source: McNemar, Psychometrika 12 (1947), in its exact binomial form; the
        interval is the percentile bootstrap over images.
    """
    before = {one.image_id: one.is_correct for one in a}
    after = {one.image_id: one.is_correct for one in b}
    common = sorted(before.keys() & after.keys())
    if not common:
        raise CarclfError("These two evaluations have no image in common.")
    fixed = tuple(i for i in common if after[i] and not before[i])
    broke = tuple(i for i in common if before[i] and not after[i])
    right_a = sum(before[i] for i in common)
    right_b = sum(after[i] for i in common)
    low, high = _interval(len(common), len(fixed), len(broke))
    return Comparison(
        image_count=len(common),
        both_right=right_a - len(broke),
        both_wrong=len(common) - right_a - len(fixed),
        fixed=fixed,
        broke=broke,
        accuracy_a=right_a / len(common),
        accuracy_b=right_b / len(common),
        difference=(right_b - right_a) / len(common),
        low=low,
        high=high,
        p_value=_mcnemar(len(fixed), len(broke)),
    )


def _mcnemar(fixed: int, broke: int) -> float:
    """Return the two-sided exact p-value: changes fall either way like a fair coin."""
    # scipy.stats has this as binomtest, but takes a second to import.
    return min(1.0, 2 * float(bdtr(min(fixed, broke), fixed + broke, 0.5)))


def _interval(images: int, fixed: int, broke: int) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of (fixed - broke) / images."""
    # Resampling images is a multinomial draw of the three kinds of outcome.
    kinds = np.array([fixed, broke, images - fixed - broke]) / images
    drawn = np.random.default_rng(0).multinomial(images, kinds, size=_RESAMPLES)
    low, high = np.percentile((drawn[:, 0] - drawn[:, 1]) / images, [2.5, 97.5])
    return float(low), float(high)
