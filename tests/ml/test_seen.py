"""What a network has seen is kept with its bundle, from all over the images."""

import numpy as np
import pytest

from carclf import familiarity, images
from carclf.bundle import Bundle
from carclf.ml import seen
from carclf.ml.listing import TrainImage
from tests.test_bundle import network, write_facts


@pytest.fixture
def bundle(tmp_path):
    network(tmp_path / "model.onnx")
    write_facts(tmp_path)
    return Bundle.load(tmp_path)


def reds(folder, count):
    random = np.random.default_rng(count)
    found = []
    for number in range(count):
        path = folder / f"{number}.png"
        colour = random.integers((200, 0, 0), (255, 60, 60))
        images.write(path, np.full((40, 60, 3), colour, np.uint8))
        found.append(TrainImage(path, "00", "red"))
    return found


def test_other_colours_than_those_it_saw_are_unknown_to_it(bundle, tmp_path):
    known = seen.measure(bundle, reds(tmp_path / "t", 40), reds(tmp_path / "v", 30))

    red, blue = (
        known.strangeness(bundle.features([np.full((32, 48, 3), colour, np.uint8)]))[0]
        for colour in ((225, 30, 30), (0, 0, 250))
    )
    assert not familiarity.is_unknown(red)
    assert familiarity.is_unknown(blue)


def test_of_many_images_some_from_all_over_are_looked_at(bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(seen, "MOST_SEEN", 11)
    train = reds(tmp_path / "t", 41)
    # The others are never opened.
    for place, one in enumerate(train):
        if place % 4:
            one.path.unlink()

    known = seen.measure(bundle, train, reds(tmp_path / "v", 20))

    assert len(known.seen) == 11


def test_a_file_that_cannot_be_read_is_left_out(bundle, tmp_path):
    train = reds(tmp_path / "t", 10)
    train[3].path.write_bytes(b"no image")

    known = seen.measure(bundle, train, reds(tmp_path / "v", 20))

    assert len(known.seen) == 9


def test_too_few_validation_images_are_not_even_read(bundle, tmp_path):
    gone = [TrainImage(tmp_path / "gone.png", "00", "red")] * 18

    assert seen.measure(bundle, gone, gone) is None
