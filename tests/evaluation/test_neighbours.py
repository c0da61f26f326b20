"""The nearest images are those of scikit-learn."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from carclf.evaluation import neighbours
from carclf.evaluation.features import Features


@pytest.fixture
def known():
    vectors = np.random.default_rng(1).normal(size=(50, 12)).astype(np.float32)
    return Features(np.arange(100, 150), vectors)


def test_neighbours_and_distances_are_those_of_scikit_learn(known):
    asked = np.random.default_rng(2).normal(size=12).astype(np.float32)

    found = neighbours.nearest(asked, known, 6)

    reference = NearestNeighbors(n_neighbors=6, metric="cosine").fit(known.vectors)
    distances, places = reference.kneighbors([asked])
    assert [one.image_id for one in found] == (places[0] + 100).tolist()
    assert [one.distance for one in found] == pytest.approx(distances[0], abs=1e-5)


def test_an_image_is_not_its_own_neighbour(known):
    found = neighbours.nearest(known.vectors[3], known, 5, but=103)

    assert 103 not in [one.image_id for one in found]
    assert len(found) == 5


def test_fewer_images_than_asked_for_are_all_there_is(known):
    few = Features(known.image_ids[:2], known.vectors[:2])

    assert len(neighbours.nearest(known.vectors[0], few, 6)) == 2


def test_features_of_zeros_are_near_nothing():
    zeros = Features(np.array([1]), np.zeros((1, 4), np.float32))

    assert neighbours.nearest(np.ones(4, np.float32), zeros, 1)[0].distance == 1
