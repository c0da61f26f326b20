"""How far two ways to compute a network agree on the same images."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from carclf.errors import ExportError
from carclf.ml.export import TOLERANCE


@dataclass(frozen=True)
class Agreement:
    """Attributes.

    difference: The largest of a logit, as a share of the largest logit (or of 1).
    same_answer_rate: How often both name the same class, 0-1; where two classes are as
        likely within the tolerance, either is the same answer.
    """

    difference: float
    same_answer_rate: float
    image_count: int


def of(known: NDArray[np.float32], answers: NDArray[np.float32]) -> Agreement:
    """Compare logits (n, classes) with those that are known to be right."""
    scale = max(1.0, float(np.abs(known).max()))
    named = answers.argmax(axis=1)
    missed = known.max(axis=1) - known[np.arange(len(known)), named]
    return Agreement(
        float(np.abs(answers - known).max()) / scale,
        float((missed <= TOLERANCE * scale).mean()),
        len(known),
    )


def require(found: Agreement, title: str) -> None:
    """Refuse a file that answers otherwise than Keras does.

    Raises:
        ExportError: It differs by more than rounding explains.
    """
    # A NaN is no difference that is small enough, so the question is put this way.
    if found.difference <= TOLERANCE and found.same_answer_rate == 1:
        return
    raise ExportError(
        f"{title} answers otherwise than Keras on {found.image_count} real images: its "
        f"logits differ by {found.difference:.2g} of the largest, where "
        f"{TOLERANCE:g} is rounding. Nothing was exported. Leave {title} out, and "
        "please report this with the backbone's name."
    )
