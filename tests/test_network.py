"""An ONNX network answers as its file says, whoever asks, in either precision."""

import numpy as np
import pytest

from carclf.errors import BundleError
from carclf.network import PRECISIONS, Network
from tests.test_bundle import OFFSET
from tests.test_bundle import network as write_network


@pytest.fixture
def path(tmp_path):
    write_network(tmp_path / "model.onnx")
    return tmp_path / "model.onnx"


def images(count):
    return np.random.default_rng(count).uniform(0, 255, (count, 32, 48, 3))


@pytest.mark.parametrize("precision", PRECISIONS)
def test_answers_are_those_of_the_file(path, precision):
    given = images(3).astype(np.float32)

    (logits,) = Network(path, precision).run(given, [0])

    wanted = given.mean(axis=(1, 2))[:, ::-1] * (10 / 255) + OFFSET
    assert logits == pytest.approx(
        wanted, abs=1e-4 if precision == "f32" else 1e-2 * np.ptp(wanted)
    )


def test_an_answer_outlives_the_next_question(path):
    opened = Network(path)
    first = opened.run(images(2).astype(np.float32), [0, 2])
    before = [one.copy() for one in first]

    opened.run(images(5).astype(np.float32), [0, 2])

    assert all((one == was).all() for one, was in zip(first, before, strict=True))


def test_a_file_that_is_no_network_is_named(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"no network")

    with pytest.raises(BundleError, match=r"model\.onnx cannot be read"):
        Network(tmp_path / "model.onnx")
