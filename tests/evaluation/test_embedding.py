"""Features become places: those of scikit-learn, and near where images are alike."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score

from carclf.evaluation import embedding


@pytest.fixture
def groups():
    """Three groups of twenty in twelve dimensions, and which group each is of."""
    random = np.random.default_rng(5)
    middles = random.normal(size=(3, 12)) * 6
    of = np.repeat([0, 1, 2], 20)
    return (middles[of] + random.normal(size=(60, 12))).astype(np.float32), of


def test_the_overview_is_the_principal_components_of_scikit_learn(groups):
    vectors, _ = groups

    found = embedding.overview(vectors)

    wanted = PCA(2, svd_solver="full").fit_transform(vectors)
    assert np.abs(found) == pytest.approx(np.abs(wanted), abs=1e-3)


def test_neighbourhoods_keep_groups_together(groups):
    vectors, of = groups

    found = embedding.neighbourhoods(vectors)

    assert found.shape == (60, 2)
    assert silhouette_score(found, of) > 0.5
    np.testing.assert_array_equal(found, embedding.neighbourhoods(vectors))


@pytest.mark.parametrize("count", [1, 2, 4, 6])
def test_few_images_have_a_place_each(count):
    vectors = np.random.default_rng(0).normal(size=(count, 8)).astype(np.float32)

    for arrange in (embedding.overview, embedding.neighbourhoods):
        found = arrange(vectors)
        assert found.shape == (count, 2)
        assert np.isfinite(found).all()


def test_images_that_are_all_alike_have_a_place_too():
    found = embedding.overview(np.ones((6, 8), np.float32))

    assert found == pytest.approx(np.zeros((6, 2)), abs=1e-6)
