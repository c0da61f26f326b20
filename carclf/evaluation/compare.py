"""What changed between two runs on the same images, and whether by chance."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from carclf.errors import CarclfError
from carclf.records import Evaluation, Outcome
from carclf.store import Database, evaluations, versions

_RESAMPLES = 10_000


class Answer(Protocol):
    """What became of one image: an `Outcome`, or a `Judged`."""

    @property
    def image_id(self) -> int: ...

    @property
    def label(self) -> str: ...

    @property
    def is_correct(self) -> bool: ...

    @property
    def true_probability(self) -> float: ...


@dataclass(frozen=True)
class Comparison:
    """Run A against run B, image by image.

    Attributes:
        fixed: Images that A got wrong and B right; `broke` the other way round. Those
            whose label gained or lost most come first.
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


@dataclass(frozen=True)
class ClassChange:
    """One class in two runs; `before` and `after` are shares of its images."""

    label: str
    images: int
    before: float
    after: float
    fixed: int
    broke: int

    @property
    def difference(self) -> float:
        return self.after - self.before


@dataclass(frozen=True)
class Pair:
    """Two evaluations over the photographs that both saw.

    Attributes:
        a: What became of each, `image_id` being the photograph; `b` likewise.
        images_a: The image that stood for each photograph; `images_b` likewise.
    """

    a: list[Outcome]
    b: list[Outcome]
    images_a: dict[int, int]
    images_b: dict[int, int]


def pair(db: Database, a: Evaluation, b: Evaluation) -> Pair:
    """Return two evaluations side by side, photograph by photograph.

    Versions that treat the same photographs differently can be paired: each run is
    then judged on them as it learnt to see them.

    Raises:
        CarclfError: They were judged on different photographs, or on other labels.
    """
    refuse_different_splits(db, a, b)
    a_found, b_found = (evaluations.outcomes(db, one.id) for one in (a, b))
    if a.version_id == b.version_id:
        same = {one.image_id: one.image_id for one in [*a_found, *b_found]}
        return Pair(a_found, b_found, same, same)
    a_known, b_known = (
        versions.photographs(db, one.version_id, one.split) for one in (a, b)
    )
    return Pair(
        _by_photograph(a_found, a_known),
        _by_photograph(b_found, b_known),
        {photograph: image for image, (photograph, _) in a_known.items()},
        {photograph: image for image, (photograph, _) in b_known.items()},
    )


def are_of_the_same_images(db: Database, a: Evaluation, b: Evaluation) -> bool:
    """Whether two evaluations saw the same photographs with the same labels."""
    if a.split != b.split:
        return False
    if a.version_id == b.version_id:
        return True
    a_known, b_known = (
        versions.photographs(db, one.version_id, one.split) for one in (a, b)
    )
    return sorted(a_known.values()) == sorted(b_known.values())


def refuse_different_splits(db: Database, a: Evaluation, b: Evaluation) -> None:
    """Stop a comparison of evaluations that were not made on the same images.

    Raises:
        CarclfError: The splits hold other photographs, or other labels of them.
    """
    if not are_of_the_same_images(db, a, b):
        a_name, b_name = (versions.get(db, one.version_id).name for one in (a, b))
        raise CarclfError(
            f"These two runs were judged on different images ({a.split} of “{a_name}” "
            f"and {b.split} of “{b_name}”), so their accuracies cannot be set against "
            "each other. Evaluate both on the same version and split first."
        )


def compare(a: Sequence[Answer], b: Sequence[Answer]) -> Comparison:
    """Set the predictions of two runs side by side, over the images both saw.

    Raises:
        CarclfError: They have no image in common.

    Source: McNemar, Psychometrika 12 (1947), in its exact binomial form; the
        interval is the percentile bootstrap over images.
    """
    before = {one.image_id: one for one in a}
    after = {one.image_id: one for one in b}
    common = sorted(before.keys() & after.keys())
    if not common:
        raise CarclfError("These two evaluations have no image in common.")

    def gained(i: int) -> float:
        return after[i].true_probability - before[i].true_probability

    right_a = {i for i in common if before[i].is_correct}
    right_b = {i for i in common if after[i].is_correct}
    fixed = tuple(sorted(right_b - right_a, key=lambda i: (-gained(i), i)))
    broke = tuple(sorted(right_a - right_b, key=lambda i: (gained(i), i)))
    low, high = _interval(len(common), len(fixed), len(broke))
    return Comparison(
        image_count=len(common),
        both_right=len(right_a & right_b),
        both_wrong=len(common) - len(right_a | right_b),
        fixed=fixed,
        broke=broke,
        accuracy_a=len(right_a) / len(common),
        accuracy_b=len(right_b) / len(common),
        difference=(len(right_b) - len(right_a)) / len(common),
        low=low,
        high=high,
        p_value=_mcnemar(len(fixed), len(broke)),
    )


def by_class(a: Sequence[Answer], b: Sequence[Answer]) -> list[ClassChange]:
    """Return each class over the images both saw, the greatest loss first."""
    before = {one.image_id: one for one in a}
    both = [(before[one.image_id], one) for one in b if one.image_id in before]
    images = Counter(new.label for _, new in both)
    right_a = Counter(old.label for old, _ in both if old.is_correct)
    right_b = Counter(new.label for _, new in both if new.is_correct)
    kept = Counter(new.label for old, new in both if old.is_correct and new.is_correct)
    found = [
        ClassChange(
            label,
            count,
            right_a[label] / count,
            right_b[label] / count,
            fixed=right_b[label] - kept[label],
            broke=right_a[label] - kept[label],
        )
        for label, count in images.items()
    ]
    return sorted(found, key=lambda one: (one.difference, one.label))


def adjusted(p_values: Sequence[float]) -> list[float]:
    """Return p-values that hold for all of these comparisons together.

    Source: Holm, Scandinavian Journal of Statistics 6 (1979).
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    found, least = [1.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[place]))
        found[place] = least
    return found


def _by_photograph(
    found: Sequence[Outcome], known: dict[int, tuple[int, str]]
) -> list[Outcome]:
    return [replace(one, image_id=known[one.image_id][0]) for one in found]


def _mcnemar(fixed: int, broke: int) -> float:
    """Return the two-sided exact p-value: changes fall either way like a fair coin."""
    # scipy.stats has this as binomtest, but takes a second to import; this a quarter.
    from scipy.special import bdtr  # noqa: PLC0415

    return min(1.0, 2 * float(bdtr(min(fixed, broke), fixed + broke, 0.5)))


def _interval(images: int, fixed: int, broke: int) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of (fixed - broke) / images."""
    # Resampling images is a multinomial draw of the three kinds of outcome.
    kinds = np.array([fixed, broke, images - fixed - broke]) / images
    drawn = np.random.default_rng(0).multinomial(images, kinds, size=_RESAMPLES)
    low, high = np.percentile((drawn[:, 0] - drawn[:, 1]) / images, [2.5, 97.5])
    return float(low), float(high)
