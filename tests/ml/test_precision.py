"""A network predicts in fewer bits only where that was seen not to change answers."""

import numpy as np
import pytest

from carclf import network
from carclf.config import Preparation
from carclf.ml import precision
from tests.ml.test_seen import reds
from tests.test_bundle import network as write_network

HOW = Preparation(height=32, width=48)


@pytest.fixture
def path(tmp_path):
    write_network(tmp_path / "model.onnx")
    return tmp_path / "model.onnx"


@pytest.fixture
def capable(monkeypatch):
    monkeypatch.setattr(network, "has_bfloat16", lambda: True)


class Flipping:
    """A network that names another class, in bf16, for its first few images."""

    flipped = 0

    def __init__(self, path, precision):
        self.left = self.flipped if precision == "bf16" else 0

    def run(self, images, wanted):
        logits = np.tile(np.float32([1, 0]), (len(images), 1))
        logits[: self.left] = (0, 1)
        self.left = max(0, self.left - len(images))
        return [logits]


@pytest.mark.parametrize(("flipped", "settled"), [(0, "bf16"), (1, "bf16"), (2, "f32")])
def test_one_image_in_a_hundred_may_get_another_answer(
    capable, path, tmp_path, monkeypatch, flipped, settled
):
    monkeypatch.setattr(precision, "Network", Flipping)
    monkeypatch.setattr(Flipping, "flipped", flipped)

    assert precision.settle(path, HOW, reds(tmp_path / "v", 100)) == settled


def test_too_few_images_to_compare_leave_it_in_32_bits(capable, path, tmp_path):
    assert precision.settle(path, HOW, reds(tmp_path / "v", 49)) == "f32"


def test_a_processor_without_bfloat16_leaves_it_in_32_bits(path, tmp_path, monkeypatch):
    monkeypatch.setattr(network, "has_bfloat16", lambda: False)

    assert precision.settle(path, HOW, reds(tmp_path / "v", 60)) == "f32"


def test_a_network_that_is_sure_of_its_answers_may_use_fewer_bits(path, tmp_path):
    wanted = "bf16" if network.has_bfloat16() else "f32"

    assert precision.settle(path, HOW, reds(tmp_path / "v", 60)) == wanted


def test_images_that_cannot_be_read_are_no_proof(capable, path, tmp_path):
    validation = reds(tmp_path / "v", 60)
    for one in validation:
        one.path.write_bytes(b"no image")

    assert precision.settle(path, HOW, validation) == "f32"
