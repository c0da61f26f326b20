"""Which labels to look at first: likely errors, then close calls, then high losses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from carclf.records import Prediction

Reason = Literal["likely wrong label", "close call", "high loss"]
REASONS: tuple[Reason, ...] = ("likely wrong label", "close call", "high loss")
# Of the two likeliest classes' shares: below it, the network cannot tell them apart.
CLOSE = 0.1
_TOP = 5


@dataclass(frozen=True)
class Doubt:
    """A label to look at.

    Attributes:
        label: The one in doubt.
        share: What the network gave it, 0-1.
    """

    image_id: int
    label: str
    reason: Reason
    prediction: Prediction
    share: float


def rank(
    image_ids: Sequence[int],
    labels: Sequence[str],
    classes: Sequence[str],
    shares: NDArray[np.float32],
) -> list[Doubt]:
    """Return all images, the likeliest label error first.

    Likely errors are those off the diagonal of the confident joint, the lowest share of
    the label first; close calls follow by the margin between the two likeliest classes,
    and the rest by loss.

    Args:
        classes: The columns of `shares`; a label that is none of them has a share of 0.
        shares: Of images that the network did not learn from, shape (n, classes).

    Source: Northcutt, Jiang & Chuang 2021, Confident Learning: Estimating Uncertainty
    in Dataset Labels, as cleanlab computes it.
    """
    column = {name: place for place, name in enumerate(classes)}
    given = np.array([column.get(label, -1) for label in labels], int)
    known = given >= 0
    rows = np.arange(len(given))
    own = np.where(known, shares[rows, given], 0.0)
    highest = np.sort(shares, axis=1)[:, ::-1]
    margin = highest[:, 0] - (highest[:, 1] if len(classes) > 1 else 0.0)
    wrong = np.zeros(len(given), bool)
    wrong[known] = likely_errors(given[known], shares[known])
    close = ~wrong & (margin < CLOSE)
    kind = np.select([wrong, close], [0, 1], 2)
    # Within a kind: the share of the label, the margin, or the loss turned round, which
    # falls as the share of the label rises.
    within = np.where(kind == 1, margin, own)
    order = np.lexsort((rows, within, kind))
    return [
        Doubt(
            int(image_ids[at]),
            labels[at],
            REASONS[kind[at]],
            _top(shares[at], classes),
            float(own[at]),
        )
        for at in order
    ]


def likely_errors(
    given: NDArray[np.int64], shares: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Return which labels are likely wrong, by confident learning.

    Args:
        given: The labels, as columns of `shares`.
    """
    # Slow to import, so not by commands that ask for none of this.
    from cleanlab.filter import find_label_issues  # noqa: PLC0415

    # cleanlab learns nothing from a class alone, and refuses to be asked.
    if len(np.unique(given)) < 2:
        return np.zeros(len(given), bool)
    sums = shares.sum(axis=1, keepdims=True)
    found: NDArray[np.bool_] = find_label_issues(
        given,
        shares / np.where(sums > 0, sums, 1),
        filter_by="confident_learning",
        n_jobs=1,
    )
    return found


def _top(shares: NDArray[np.float32], classes: Sequence[str]) -> Prediction:
    likeliest = np.argsort(-shares, kind="stable")[:_TOP]
    return Prediction(tuple((classes[one], float(shares[one])) for one in likeliest))
