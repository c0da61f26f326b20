"""Strangeness is what an independent calculation gives, and flags what it says."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from carclf import familiarity
from carclf.errors import BundleError


def features(random, count, middle=(5.0, 1.0, 1.0, 1.0)):
    return random.normal(middle, 0.5, (count, len(middle))).astype(np.float32)


@pytest.fixture
def random():
    return np.random.default_rng(7)


def test_the_share_of_known_images_that_is_flagged_is_the_one_that_is_stated(random):
    known = familiarity.measure(features(random, 400), features(random, 500))

    strangeness = known.strangeness(features(random, 4000))

    flagged = [familiarity.is_unknown(one) for one in strangeness]
    assert np.mean(flagged) == pytest.approx(familiarity.FLAGGED_SHARE, abs=0.02)


def test_what_lies_elsewhere_is_unknown(random):
    known = familiarity.measure(features(random, 200), features(random, 100))

    strangeness = known.strangeness(features(random, 50, (1.0, 1.0, 5.0, 1.0)))

    assert all(familiarity.is_unknown(one) for one in strangeness)


def test_strangeness_counts_validation_images_that_lie_nearer(random):
    validation, asked = features(random, 40), features(random, 25)
    known = familiarity.measure(features(random, 60), validation)

    found = known.strangeness(asked)

    neighbours = NearestNeighbors(
        n_neighbors=familiarity.NEIGHBOURS, metric="cosine", algorithm="brute"
    ).fit(known.seen)
    usual, far = (neighbours.kneighbors(one)[0][:, -1] for one in (validation, asked))
    nearer = (usual < far[:, None]).sum(axis=1)
    np.testing.assert_allclose(found, nearer / 41)


@pytest.mark.parametrize(("seen", "validation"), [(4, 100), (100, 18), (100, 0)])
def test_of_too_few_images_nothing_is_said(random, seen, validation):
    found = familiarity.measure(features(random, seen), features(random, validation))

    assert found is None


def test_what_is_kept_with_a_bundle_says_the_same_later(random, tmp_path):
    known = familiarity.measure(features(random, 50), features(random, 40))
    asked = features(random, 10)

    known.save(tmp_path)

    later = familiarity.load(tmp_path).strangeness(asked)
    np.testing.assert_array_equal(later, known.strangeness(asked))


def test_a_bundle_of_before_says_nothing(tmp_path):
    assert familiarity.load(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive"])
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / familiarity.FILE).write_bytes(content)

    with pytest.raises(BundleError, match=r"familiarity\.npz is damaged"):
        familiarity.load(tmp_path)
