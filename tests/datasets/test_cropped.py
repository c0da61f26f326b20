"""Pictures cut out of others, which the hash of a whole picture does not find."""

import cv2
import numpy as np
import pytest

from carclf import images
from carclf.datasets.health import cropped, fingerprint, lookalikes
from carclf.datasets.health.measures import LOOKED_AT, measure
from carclf.images import Glance
from tests import drawing

# What is kept of width and height.
CUTS = [(0.95, 0.95), (0.9, 0.9), (0.85, 0.9), (1, 0.8), (0.8, 1), (0.82, 0.82)]


def look(picture, image_id):
    return measure(image_id, Glance(np.ascontiguousarray(picture), 1))


def cut(picture, kept, random):
    """Return a part of a picture from anywhere in it."""
    height, width = picture.shape[:2]
    wide, high = round(width * kept[0]), round(height * kept[1])
    left = random.integers(0, width - wide, endpoint=True)
    top = random.integers(0, height - high, endpoint=True)
    return picture[top : top + high, left : left + wide]


def grouped(seen):
    return {frozenset(group) for group in lookalikes.groups(seen)}


@pytest.mark.parametrize("kept", CUTS)
def test_what_was_cut_out_of_a_picture_is_grouped_with_it(kept):
    random = np.random.default_rng(0)
    scenes = [drawing.scene(seed) for seed in range(40)]
    wholes = [look(scene, at) for at, scene in enumerate(scenes)]
    parts = [
        look(cut(scene, kept, random), 100 + at) for at, scene in enumerate(scenes)
    ]

    found = grouped(wholes + parts)

    expected = {frozenset((at, 100 + at)) for at in range(40)}
    assert found <= expected
    assert len(found) >= 36


def test_a_mirrored_part_is_found_too():
    random = np.random.default_rng(1)
    scene = drawing.scene(3)
    part = cut(scene, (0.9, 0.9), random)[:, ::-1]

    assert grouped([look(scene, 1), look(part, 2), look(drawing.scene(4), 3)]) == {
        frozenset((1, 2))
    }


def test_pictures_that_share_nothing_are_no_parts_of_each_other():
    assert grouped([look(drawing.scene(seed), seed) for seed in range(300)]) == set()


def test_the_hash_of_a_window_is_that_of_the_part_cut_out_there():
    levels = fingerprint.levels(look(drawing.scene(5), 1).small).astype(np.float32)
    window = cropped.Window(cropped.Span(0.125, 0.75), cropped.Span(0.0, 0.875))
    part = cv2.resize(levels[:28, 4:28], (32, 32), interpolation=cv2.INTER_LINEAR)

    [found] = cropped.window_hashes(levels[np.newaxis], window)

    [expected, *_] = fingerprint.as_numbers([fingerprint.hashes(part / 255)])[0]
    assert np.bitwise_count(found ^ expected) <= 2


def test_a_picture_is_compared_with_a_few_of_the_many_that_are_near(monkeypatch):
    monkeypatch.setattr(cropped, "_MOST", 5)
    random = np.random.default_rng(2)
    scene = drawing.scene(6).astype(np.int16)
    noisy = [
        np.clip(scene + random.integers(-90, 90, scene.shape), 0, 255).astype(np.uint8)
        for _ in range(60)
    ]
    seen = [look(picture, at) for at, picture in enumerate(noisy)]
    levels = np.stack([fingerprint.levels(one.small) for one in seen])
    hashes = fingerprint.as_numbers([one.hashes for one in seen])[:, 0]
    turn = cropped._Turn(levels, levels, hashes, np.arange(60))

    for _ in range(20):
        turn.look_up(hashes, np.arange(60), np.zeros(60, np.int64))

    # What is begun at once is ended; then no picture is compared any more.
    assert turn._compared.max() <= 5 + 60


def test_photographs_are_found_again_in_what_was_cut_out_of_them(shared):
    """Crops of Stanford Cars, each cut once more, and saved as people save them."""
    random = np.random.default_rng(3)
    files = sorted((shared / "data" / "cars_crops").rglob("*.jpg"))[::35]
    seen = [
        measure(at, images.glance(file, LOOKED_AT)) for at, file in enumerate(files)
    ]
    for at, file in enumerate(files):
        part = cut(images.read_rgb(file), random.uniform(0.8, 0.95, 2), random)
        _, saved = cv2.imencode(".jpg", part[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
        seen.append(look(cv2.imdecode(saved, cv2.IMREAD_COLOR)[..., ::-1], 1000 + at))

    found = grouped(seen)

    expected = {frozenset((at, 1000 + at)) for at in range(len(files))}
    assert len(found & expected) > 0.9 * len(files)
    assert not any(len({one % 1000 for one in group}) > 1 for group in found)
