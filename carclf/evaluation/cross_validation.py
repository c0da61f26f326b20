"""Shares of images that a network learnt from, by heads that did not see them."""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from carclf.errors import DatasetError

FOLDS = 5
# Strong: a head has as many inputs as a class has images a hundred times over.
_INVERSE_DECAY = 0.01
_MOST_STEPS = 500


def judgeable(labels: Sequence[str]) -> NDArray[np.bool_]:
    """Return which images are of a class with one for every fold."""
    counts = Counter(labels)
    return np.array([counts[label] >= FOLDS for label in labels], bool)


def shares(
    vectors: NDArray[np.float32],
    labels: Sequence[str],
    classes: Sequence[str],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> NDArray[np.float32]:
    """Return a share for every class and image, each by a head fitted on other images.

    The backbone has seen all of them, so its features tell the label they had a little
    too well: what is found doubtful is so in spite of it.

    Args:
        vectors: What the head decides by, shape (n, channels).
        labels: All `judgeable`.
        classes: The columns; one that no image has is 0.

    Raises:
        DatasetError: There are not two classes to tell apart.
    """
    if len(set(labels)) < 2:
        raise DatasetError(
            f"Fewer than two classes have {FOLDS} training images or more, so nothing "
            "can be cross-validated. Add photographs."
        )
    column = {name: place for place, name in enumerate(classes)}
    given = np.array([column[label] for label in labels])
    found = np.zeros((len(given), len(classes)), np.float32)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for done, (fitted, left_out) in enumerate(folds.split(vectors, given)):
        on_progress(done, FOLDS)
        head = new_head().fit(vectors[fitted], given[fitted])
        found[np.ix_(left_out, head.classes_)] = head.predict_proba(vectors[left_out])
    on_progress(FOLDS, FOLDS)
    return found


def new_head() -> Pipeline:
    return make_pipeline(
        StandardScaler(),
        LogisticRegression(C=_INVERSE_DECAY, max_iter=_MOST_STEPS),
    )
