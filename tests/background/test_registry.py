"""Removers by name, and those that need no network."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from carclf import background
from carclf.background.box import crop, within
from carclf.config import Treatment
from carclf.errors import BackgroundError
from carclf.records import Box
from tests import drawing


def test_every_remover_is_listed_with_a_sentence_about_it():
    assert background.names() == (
        "none",
        "box",
        "u2netp",
        "rembg",
        "detectron2-box",
        "detectron2-mask",
    )
    for name in background.names():
        assert background.describe(name).endswith(".")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("u2net", "Did you mean “u2netp”"), ("zzz", "Known: none, box, u2netp")],
)
def test_an_unknown_remover_is_refused_with_the_nearest_known_one(name, hint):
    with pytest.raises(BackgroundError, match=hint):
        background.create(Treatment(remover=name))

    with pytest.raises(BackgroundError, match=f"called “{name}”"):
        background.describe(name)


def test_listing_removers_loads_no_network():
    code = (
        "import sys; from carclf import background; background.names();"
        "background.describe('u2netp'); print('openvino' in sys.modules)"
    )

    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert said.stdout.strip() == "False"


def test_keeping_the_background_changes_nothing():
    image, box = drawing.car()

    cutout = background.create(Treatment()).remove(image, box)

    assert cutout.image is image
    assert cutout.box == box


def numbered(height=100, width=200):
    """Return an image in which every pixel differs from its neighbours."""
    count = height * width * 3
    values = np.arange(count, dtype=np.uint32).reshape(height, width, 3)
    return values.astype(np.uint8)


def test_a_box_is_grown_by_its_margin_and_stays_inside_the_image():
    image = numbered()

    inner = crop(image, Box(50, 20, 150, 60), Treatment(margin=0.1))
    at_edge = crop(image, Box(0, 0, 200, 100), Treatment(margin=0.5))

    assert (inner.image == image[16:64, 40:160]).all()
    assert inner.window == Box(40, 16, 160, 64)
    assert (at_edge.image == image).all()


def test_a_square_shows_the_vehicle_unsquashed_and_fill_beyond_the_photograph():
    image, how = numbered(), Treatment(margin=0, keep_aspect=True, fill="#102030")

    wide = crop(image, Box(20, 10, 180, 60), how).image

    assert wide.shape == (160, 160, 3)
    # The middle of the box, row 35, is that of the square, row 80.
    assert (wide[45:145] == image[0:100, 20:180]).all()
    assert (wide[:45] == (16, 32, 48)).all()
    assert (wide[145:] == (16, 32, 48)).all()


@given(
    edges=some.tuples(*[some.integers(0, 90)] * 2, *[some.integers(1, 90)] * 2),
    margin=some.floats(0, 1),
)
def test_a_square_is_one_wherever_the_box_lies(edges, margin):
    left, top, width, height = edges
    box = within(Box(left, top, left + width, top + height), numbered(100, 120))

    cutout = crop(numbered(100, 120), box, Treatment(margin=margin, keep_aspect=True))

    assert cutout.image.shape[0] == cutout.image.shape[1]


EDGES = some.integers(-300, 300)


@given(edges=some.tuples(EDGES, EDGES, EDGES, EDGES), margin=some.floats(0, 1))
def test_no_box_ever_gives_an_empty_picture(edges, margin):
    image, _ = drawing.car()
    remover = background.create(Treatment(remover="box", margin=margin))

    cutout = remover.remove(image, Box(*edges))

    assert cutout.image.size > 0
    if cutout.box is not None:
        assert within(cutout.box, image) == cutout.box


def test_without_a_box_the_whole_image_is_used():
    image, _ = drawing.car()

    cutout = background.create(Treatment(remover="box")).remove(image)

    assert cutout.box is None
    assert (cutout.image == image).all()
