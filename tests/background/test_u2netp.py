"""Cutting vehicles out with U²-Net."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from carclf import background, images
from carclf.background import u2netp
from carclf.background.box import overlap
from carclf.background.cutting import box_around
from carclf.background.u2netp import CutOutSalient, vehicle_alpha
from carclf.config import Treatment
from carclf.errors import BackgroundError
from carclf.records import Box
from carclf.settings import PROJECT

SAMPLE = PROJECT / "assets" / "sample"


@pytest.fixture(scope="module")
def remover() -> CutOutSalient:
    return CutOutSalient(Treatment(remover="u2netp"))


def sample_cars(every: int) -> list[tuple[Path, Box]]:
    """Return every so-manieth render of the sample with its exact box."""
    with (SAMPLE / "labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::every]
    return [
        (
            SAMPLE / "images" / row["class"] / row["img_name"],
            Box(*(int(row[edge]) for edge in ("x1", "y1", "x2", "y2"))),
        )
        for row in rows
    ]


def test_cars_are_found_where_they_are(remover):
    overlaps = []
    for path, box in sample_cars(every=47):
        found = remover.remove(images.read_rgb(path)).box

        assert found is not None, path.name
        overlaps.append(overlap(found, box))
    assert min(overlaps) > 0.6
    assert np.mean(overlaps) > 0.9


def test_a_small_photograph_is_looked_at_as_sharply_as_it_can_be(remover):
    overlaps = []
    for path, box in sample_cars(every=47):
        small = cv2.resize(
            images.read_rgb(path), None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA
        )
        found = remover.remove(small).box

        edges = (box.left, box.top, box.right, box.bottom)
        there = Box(*(round(0.4 * edge) for edge in edges))
        overlaps.append(overlap(found, there) if found else 0.0)
    assert np.mean(overlaps) > 0.85


def test_a_cut_out_keeps_the_car_and_fills_the_rest(remover):
    path, box = sample_cars(every=100)[1]
    image = images.read_rgb(path)

    cutout = remover.remove(image)

    middle = ((box.top + box.bottom) // 2, (box.left + box.right) // 2)
    assert cutout.image.shape == image.shape
    assert cutout.mask.shape == image.shape[:2]
    assert np.abs(cutout.image[middle].astype(int) - image[middle]).max() <= 1
    assert (cutout.image[0, 0] == 255).all()
    assert cutout.mask[middle]
    assert not cutout.mask[0, 0]


def test_the_fill_is_the_colour_asked_for(remover):
    image = images.read_rgb(sample_cars(every=468)[0][0])
    blue = background.create(Treatment(remover="u2netp", fill="#0000ff"))

    assert blue.remove(image).image[0, 0].tolist() == [0, 0, 255]


def test_a_crop_shows_the_photograph_around_the_car():
    path, _ = sample_cars(every=468)[0]
    image = images.read_rgb(path)
    treatment = Treatment(remover="u2netp", output="crop", margin=0.0)

    cutout = background.create(treatment).remove(image)

    box = cutout.box
    assert (cutout.image == image[box.top : box.bottom, box.left : box.right]).all()


def test_a_blur_keeps_the_car_and_lets_nothing_of_it_into_the_background(remover):
    image = images.read_rgb(sample_cars(every=100)[1][0])
    sharp = remover.remove(image)
    blurred = background.create(Treatment(remover="u2netp", output="blur"))

    found = blurred.remove(image)

    inside = cv2.erode(sharp.mask.astype(np.uint8), np.ones((15, 15))) == 1
    assert np.abs(found.image[inside].astype(int) - image[inside]).max() <= 2
    outside = cv2.dilate(sharp.mask.astype(np.uint8), np.ones((15, 15))) == 0
    edges = [
        np.abs(np.diff(one[outside].astype(int))).mean() for one in (image, found.image)
    ]
    assert edges[1] < edges[0]
    assert (found.mask == sharp.mask).all()


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_picture_stays_whole(remover, level):
    image = np.full((120, 160, 3), level, np.uint8)

    cutout = remover.remove(image)

    assert cutout.box is None
    assert cutout.mask is None
    assert (cutout.image == image).all()


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 900, 3), (900, 2, 3)])
def test_pictures_of_any_shape_are_taken(remover, shape):
    image = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)

    assert remover.remove(image).image.size > 0


def test_of_several_objects_the_largest_is_kept():
    saliency = np.zeros((100, 100), np.float32)
    saliency[10:20, 10:20] = 1
    saliency[40:90, 40:90] = 0.9

    alpha = vehicle_alpha(saliency)

    assert alpha[60, 60] == 1
    assert alpha[15, 15] == 0
    assert box_around(alpha >= 0.5) == Box(40, 40, 90, 90)


def test_an_object_below_a_hundredth_of_the_picture_is_none():
    saliency = np.zeros((100, 100), np.float32)
    saliency[:9, :11] = 1

    assert vehicle_alpha(saliency) is None

    saliency[:10, :10] = 1
    assert vehicle_alpha(saliency) is not None


def test_nothing_has_no_box():
    assert box_around(np.zeros((5, 5), bool)) is None


def test_another_network_under_the_same_name_is_not_loaded(tmp_path):
    other = tmp_path / "u2netp.onnx"
    other.write_bytes(u2netp.MODEL.read_bytes() + b" ")

    with pytest.raises(BackgroundError, match="hash differs"):
        CutOutSalient(Treatment(), other)

    with pytest.raises(BackgroundError, match="cannot be read: No such file"):
        CutOutSalient(Treatment(), tmp_path / "gone.onnx")
