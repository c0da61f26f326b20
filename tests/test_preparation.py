"""The same preparation for training and prediction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from carclf import background
from carclf.config import Preparation, Treatment
from carclf.preparation import place, prepare, resize
from carclf.records import Area, Box
from tests import drawing

SIDES = some.integers(1, 400)


def halves(height: int, width: int) -> np.ndarray:
    """Return a picture that is black on the left and white on the right."""
    image = np.zeros((height, width, 3), np.uint8)
    image[:, width // 2 :] = 255
    return image


@given(height=SIDES, width=SIDES, wanted=some.integers(32, 300))
@pytest.mark.parametrize("rule", ["squash", "pad", "crop"])
def test_every_image_comes_out_at_the_size_asked_for(rule, height, width, wanted):
    how = Preparation(height=wanted, width=224, resize=rule)

    resized = resize(np.zeros((height, width, 3), np.uint8), how)

    assert resized.shape == (wanted, 224, 3)
    assert resized.dtype == np.uint8
    assert resized.flags.c_contiguous


def test_squashing_shows_all_of_the_image():
    squashed = resize(halves(100, 400), Preparation(height=64, width=64))

    assert (squashed[:, :31] == 0).all()
    assert (squashed[:, 33:] == 255).all()


def test_padding_keeps_the_aspect_and_fills_the_sides_with_the_treatments_colour():
    how = Preparation(
        height=64, width=64, resize="pad", treatment=Treatment(fill="#ff8000")
    )

    padded = resize(halves(100, 200), how)

    assert (padded[:16] == [255, 128, 0]).all()
    assert (padded[48:] == [255, 128, 0]).all()
    assert (padded[16:48, :31] == 0).all()
    assert (padded[16:48, 33:] == 255).all()


def test_cropping_keeps_the_middle():
    image = np.zeros((100, 300, 3), np.uint8)
    image[:, 100:200] = 255

    cropped = resize(image, Preparation(height=64, width=64, resize="crop"))

    assert (cropped[:, 1:-1] == 255).all()


def test_shrinking_averages_rather_than_picks():
    checks = (np.indices((256, 256)).sum(axis=0) % 2 * 255).astype(np.uint8)
    image = np.stack([checks] * 3, axis=-1)

    small = resize(image, Preparation(height=32, width=32))

    assert np.abs(small.astype(int) - 127).max() <= 1


def test_a_photograph_goes_on_whole_where_nothing_is_to_be_removed():
    image, box = drawing.car()
    how = Preparation(height=64, width=64)

    prepared = prepare(image, how, background.create(how.treatment), box)

    assert (prepared.image == resize(image, how)).all()
    assert (prepared.cutout.image == image).all()
    assert prepared.warning is None


def test_a_vehicle_is_cropped_to_its_box_before_resizing():
    image, box = drawing.car("Blue Bus")
    how = Preparation(
        height=64, width=64, treatment=Treatment(remover="box", margin=0.0)
    )

    prepared = prepare(image, how, background.create(how.treatment), box)

    inside = image[box.top : box.bottom, box.left : box.right]
    assert (prepared.image == resize(inside, how)).all()
    assert prepared.warning is None


@pytest.mark.parametrize("box", [None, Box(500, 500, 600, 600)])
def test_a_missing_box_is_warned_about_in_plain_words(box):
    image, _ = drawing.car()
    how = Preparation(height=64, width=64, treatment=Treatment(remover="box"))

    prepared = prepare(image, how, background.create(how.treatment), box)

    assert (prepared.image == resize(image, how)).all()
    assert prepared.warning is not None
    assert "whole image" in prepared.warning or "all of it was used" in prepared.warning


@given(height=some.integers(40, 300), width=some.integers(40, 300), at=some.data())
@pytest.mark.parametrize("rule", ["squash", "pad", "crop"])
def test_a_box_is_where_the_vehicle_is_drawn_after_resizing(rule, height, width, at):
    left, top = (
        at.draw(some.integers(0, width - 20)),
        at.draw(some.integers(0, height - 20)),
    )
    box = Box(
        left,
        top,
        at.draw(some.integers(left + 20, width)),
        at.draw(some.integers(top + 20, height)),
    )
    how = Preparation(
        height=96, width=128, resize=rule, treatment=Treatment(fill="#000000")
    )
    image = np.zeros((height, width, 3), np.uint8)
    image[box.top : box.bottom, box.left : box.right] = 255

    area = place(box, height, width, how)

    rows, columns = np.nonzero(resize(image, how)[..., 0] > 127)
    if area is None:
        assert len(rows) == 0
        return
    drawn = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    wanted = [area.left * 128, area.top * 96, area.right * 128, area.bottom * 96]
    assert drawn == pytest.approx(wanted, abs=1.01)


def test_a_box_that_is_cropped_away_is_nowhere():
    how = Preparation(height=64, width=64, resize="crop")

    assert place(Box(0, 10, 40, 90), 100, 400, how) is None
    assert place(Box(0, 0, 400, 100), 100, 400, how) == Area(0, 0, 1, 1)
    assert place(Box(0, 0, 400, 100), 100, 400, how).share == 1
