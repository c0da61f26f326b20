"""Features are kept whole, found again, and told from those of another network."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from carclf.errors import StoreError
from carclf.evaluation import features


@pytest.fixture
def vectors():
    return np.random.default_rng(3).normal(size=(5, 8)).astype(np.float32)


def test_what_is_written_comes_back_with_half_the_digits(tmp_path, vectors):
    path = tmp_path / "deep" / "7.npz"

    features.write(path, [4, 2, 9, 1, 7], vectors)
    found = features.read(path)

    assert found.image_ids.tolist() == [4, 2, 9, 1, 7]
    np.testing.assert_allclose(found.vectors, vectors, rtol=1e-3)
    np.testing.assert_array_equal(found.of(9), found.vectors[2])
    assert found.of(3) is None


def test_what_was_never_written_or_is_damaged_is_none(tmp_path, vectors):
    path = tmp_path / "1.npz"
    assert features.read(path) is None

    features.write(path, range(5), vectors)
    path.write_bytes(path.read_bytes()[:200])

    assert features.read(path) is None


def test_numbers_too_large_for_half_the_digits_stay_numbers(tmp_path):
    features.write(tmp_path / "1.npz", [1], np.array([[1e9, -1e9]], np.float32))

    found = features.read(tmp_path / "1.npz").vectors

    assert np.isfinite(found).all()


def test_a_full_disk_leaves_no_half_of_it(tmp_path, vectors, full_disk):
    with full_disk(), pytest.raises(StoreError, match="is full"):
        features.write(tmp_path / "1.npz", range(5), vectors)

    assert list(tmp_path.glob("*.npz")) == []


def test_training_features_are_those_of_one_network_and_one_version(
    settings, tmp_path, version
):
    first, second = tmp_path / "a.onnx", tmp_path / "b.onnx"
    first.write_bytes(b"one network")
    second.write_bytes(b"another")

    def path(model: Path, of):
        return features.of_training(settings, model, of)

    assert path(first, version) == path(first, version)
    assert path(first, version) != path(second, version)
    assert path(first, version) != path(first, replace(version, hash="f" * 64))
