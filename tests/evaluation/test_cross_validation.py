"""Shares by heads that did not see an image, beside scikit-learn's own way."""

import numpy as np
import pytest
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from carclf.errors import DatasetError
from carclf.evaluation import cross_validation

CLASSES = ("Bus", "Coupe", "Van")


@pytest.fixture
def drawn():
    """Thirty vectors of two classes; “Coupe” is a column that none has."""
    random = np.random.default_rng(0)
    labels = ["Bus", "Van"] * 15
    vectors = random.normal(size=(30, 8)).astype(np.float32)
    vectors[1::2, 0] += 2
    return vectors, labels


def test_shares_are_those_of_heads_fitted_on_the_other_images(drawn):
    vectors, labels = drawn

    found = cross_validation.shares(vectors, labels, CLASSES)

    folds = StratifiedKFold(cross_validation.FOLDS, shuffle=True, random_state=0)
    expected = cross_val_predict(
        cross_validation.new_head(),
        *(vectors, labels),
        cv=folds,
        method="predict_proba",
    )
    assert found[:, [0, 2]] == pytest.approx(expected, abs=1e-5)
    assert not found[:, 1].any()


def test_each_fold_is_told_of(drawn):
    told = []

    cross_validation.shares(*drawn, CLASSES, lambda *done: told.append(done))

    assert told == [(done, 5) for done in range(6)]


def test_a_class_with_fewer_images_than_folds_is_left_out():
    labels = ["Bus"] * 5 + ["Van"] * 4

    assert cross_validation.judgeable(labels).tolist() == [True] * 5 + [False] * 4
    with pytest.raises(DatasetError, match="Fewer than two classes have 5"):
        cross_validation.shares(np.zeros((5, 2), np.float32), ["Bus"] * 5, CLASSES)
