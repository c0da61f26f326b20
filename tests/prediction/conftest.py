"""Bundles that tell red, green and blue apart, and pictures of those colours."""

from pathlib import Path

import numpy as np
import pytest

from carclf import familiarity, images
from carclf.bundle import Bundle
from carclf.prediction.ensemble import Ensemble
from tests.test_bundle import network, write_facts


def bundle(folder: Path, **facts: object) -> Bundle:
    folder.mkdir(parents=True)
    network(folder / "model.onnx")
    write_facts(folder, **facts)
    return Bundle.load(folder)


def paint(path: Path, colour: tuple[int, int, int]) -> Path:
    images.write(path, np.full((64, 96, 3), colour, np.uint8))
    return path


def acquaint(bundle: Bundle) -> None:
    """Let a bundle know reds, and nothing else."""
    random = np.random.default_rng(3)
    reds = np.zeros((60, 32, 48, 3), np.uint8)
    reds[:] = random.integers((200, 0, 0), (255, 60, 60), (60, 1, 1, 3))
    features = bundle.features(list(reds))
    known = familiarity.measure(features[:40], features[40:])
    assert known is not None
    known.save(bundle.folder)


@pytest.fixture
def colours(tmp_path: Path) -> Ensemble:
    return Ensemble.of([("colours", bundle(tmp_path / "colours"))])


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Five pictures, the third of them damaged."""
    folder = tmp_path / "pictures"
    for number, colour in enumerate([(250, 0, 0), (0, 250, 0), (0, 0, 250)] * 2):
        if number != 2:
            paint(folder / f"{number}.png", colour)
    (folder / "2.png").write_bytes(b"\x89PNG no more")
    return folder
