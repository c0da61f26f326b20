"""Perceptual hashes, and which of many are near each other."""

import functools
from dataclasses import replace

import cv2
import imagehash
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from carclf import images
from carclf.datasets.health import fingerprint, lookalikes, quarters
from carclf.datasets.health.measures import LOOKED_AT, measure
from carclf.images import Glance
from tests import drawing

COUNT = 3000


def grey(seed: int) -> np.ndarray:
    return (
        cv2.cvtColor(drawing.scene(seed), cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    )


def turned(picture: np.ndarray, turn: int) -> np.ndarray:
    found = np.rot90(picture, turn // 2)
    return np.ascontiguousarray(found[:, ::-1] if turn % 2 else found)


@functools.cache
def look(seed: int, image_id: int, turn: int = 0):
    return measure(image_id, Glance(turned(drawing.scene(seed), turn), 1))


@pytest.mark.parametrize("turn", range(fingerprint.TURNS))
@pytest.mark.parametrize("seed", range(5))
def test_every_turn_has_the_hash_that_imagehash_gives(seed, turn):
    small = cv2.resize(grey(seed), (32, 32), interpolation=cv2.INTER_AREA)
    levels = np.rint(small * 255).astype(np.uint8)

    [found] = fingerprint.as_numbers([fingerprint.hashes(small)])

    expected = imagehash.phash(Image.fromarray(turned(levels, turn)))
    assert f"{int(found[turn]):016x}" == str(expected)


def test_a_picture_is_like_its_turns_and_unlike_others():
    one = look(1, 1)
    for turn in range(fingerprint.TURNS):
        other = look(1, 2, turn)
        assert fingerprint.likeness(other.small, one.small, turn) > 0.99

    likeness = [
        fingerprint.likeness(one.small, look(seed, seed).small, 0)
        for seed in range(2, 30)
    ]
    assert max(likeness) < lookalikes.ALIKE


def test_no_near_pair_is_missed_and_none_is_made_up():
    random = np.random.default_rng(0)
    numbers = random.integers(0, 2**63, (COUNT, 1), dtype=np.uint64)
    # Every third is its neighbour with up to nine bits turned.
    for place in range(0, COUNT - 1, 3):
        bits = random.choice(64, random.integers(0, 10), replace=False)
        mask = np.uint64(sum(1 << int(bit) for bit in bits))
        numbers[place + 1] = numbers[place] ^ mask

    found = {(one, other) for one, other, _ in lookalikes.near(numbers)}

    far = np.bitwise_count(numbers[:, 0, np.newaxis] ^ numbers[:, 0])
    expected = np.argwhere(np.triu(far <= lookalikes.FARTHEST, 1))
    assert found == {(int(one), int(other)) for one, other in expected}
    assert len(found) > COUNT / 5


def test_pairs_are_the_same_however_few_are_compared_at_a_time(monkeypatch):
    random = np.random.default_rng(1)
    numbers = random.integers(0, 4, (200, 8), dtype=np.uint64)
    whole = list(lookalikes.near(numbers))

    monkeypatch.setattr(quarters, "_AT_ONCE", 7)

    assert list(lookalikes.near(numbers)) == whole


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_groups_hold_the_same_pictures_however_they_are_mixed(scenes):
    seen = [look(scene, place, place % 8) for place, scene in enumerate(scenes)]

    found = {frozenset(group) for group in lookalikes.groups(seen)}

    by_scene = [
        frozenset(at for at, one in enumerate(scenes) if one == scene)
        for scene in set(scenes)
    ]
    assert found == {one for one in by_scene if len(one) > 1}


def test_a_thousand_times_the_same_picture_is_one_group():
    one = look(1, 0)
    many = [replace(one, image_id=number) for number in range(1000)]

    assert [len(group) for group in lookalikes.groups(many)] == [1000]


def test_many_pictures_of_one_scene_are_one_group_without_comparing_each(monkeypatch):
    monkeypatch.setattr(quarters, "_LONGEST", 4)
    random = np.random.default_rng(2)
    one = look(1, 0)
    upright = fingerprint.as_numbers([one.hashes])[0]
    scene = [
        replace(one, image_id=at, hashes=near_to(upright, random))
        for at in range(COUNT)
    ]
    numbers = fingerprint.as_numbers([each.hashes for each in scene])

    compared = sum(1 for _ in lookalikes.near(numbers[:, :1]))

    assert [len(group) for group in lookalikes.groups(scene)] == [COUNT]
    assert compared < COUNT * COUNT / 2 / 10


def near_to(numbers, random):
    """Return hashes with two bits of the first one changed."""
    bits = random.choice(64, 2, replace=False)
    mask = np.uint64(sum(1 << int(bit) for bit in bits))
    changed = np.concatenate([numbers[:1] ^ mask, numbers[1:]])
    return changed.astype(">u8").tobytes()


def test_copies_of_photographs_are_found_in_another_size(shared):
    """Crops of Stanford Cars, and the same at 224 pixels and less."""
    files = sorted((shared / "data" / "cars_small12").rglob("*.jpg"))[:60]
    large = {one.name: one for one in (shared / "data" / "cars_crops").rglob("*.jpg")}
    pairs = [(one, large[one.name]) for one in files if one.name in large]
    seen = [
        measure(2 * place + side, images.glance(path, LOOKED_AT))
        for place, pair in enumerate(pairs)
        for side, path in enumerate(pair)
    ]

    groups = {frozenset(group) for group in lookalikes.groups(seen)}

    expected = {frozenset((2 * one, 2 * one + 1)) for one in range(len(pairs))}
    assert len(pairs) > 50
    assert groups == expected
