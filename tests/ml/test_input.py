"""Images are decoded once, and a bad file ends no training."""

import errno
import os

import numpy as np
import pytest

from carclf import images, preparation
from carclf.config import Preparation
from carclf.errors import Stopped, TrainingError
from carclf.ml import input as inputs
from tests import drawing

HOW = Preparation(height=32, width=48)
CLASSES = ("Blue Bus", "Red Van")


def drawn(folder, count=6):
    return [
        inputs.TrainImage(
            drawing.draw(folder / f"{seed}.png", CLASSES[seed % 2], seed),
            f"{seed:064d}",
            CLASSES[seed % 2],
        )
        for seed in range(count)
    ]


def decode(wanted, cache, *, report=lambda *_: None, stop_requested=lambda: False):
    return inputs.decode(wanted, CLASSES, HOW, cache, report, stop_requested)


def test_an_image_is_decoded_at_the_networks_size(tmp_path):
    wanted = drawn(tmp_path)

    decoded = decode(wanted, tmp_path / "cache")

    expected = preparation.resize(images.read_rgb(wanted[3].path), HOW)
    assert np.array_equal(decoded[3], expected)
    assert list(decoded.targets) == [0, 1, 0, 1, 0, 1]


def test_images_decoded_by_an_earlier_run_are_not_read_again(tmp_path):
    wanted = drawn(tmp_path)
    before = decode(wanted, tmp_path / "cache")
    for one in wanted:
        one.path.unlink()

    again = decode(wanted, tmp_path / "cache")

    assert np.array_equal(again.pixels.read(0, 6), before.pixels.read(0, 6))
    assert again.skipped == ()


def test_a_file_that_cannot_be_read_is_skipped_and_the_rest_keep_their_labels(tmp_path):
    wanted = drawn(tmp_path)
    wanted[2].path.write_bytes(b"no image")

    decoded = decode(wanted, tmp_path / "cache")

    assert [one.path for one in decoded.skipped] == ["2.png"]
    assert list(decoded.targets) == [0, 1, 1, 0, 1]
    assert len(decoded) == 5


def test_a_skipped_file_is_tried_again_by_the_next_run(tmp_path):
    wanted = drawn(tmp_path)
    content = wanted[2].path.read_bytes()
    wanted[2].path.unlink()
    decode(wanted, tmp_path / "cache")
    wanted[2].path.write_bytes(content)

    decoded = decode(wanted, tmp_path / "cache")

    assert decoded.skipped == ()


def test_stopping_while_images_are_read_leaves_nothing_behind(tmp_path):
    with pytest.raises(Stopped):
        decode(drawn(tmp_path), tmp_path / "cache", stop_requested=lambda: True)

    assert list((tmp_path / "cache" / "images").iterdir()) == []


def test_a_full_disk_is_told_in_words_and_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)

    with pytest.raises(TrainingError, match=r"is full\. Free some space"):
        decode(drawn(tmp_path), tmp_path / "cache")

    assert list((tmp_path / "cache" / "images").iterdir()) == []


def test_progress_is_told_with_a_total(tmp_path):
    said = []

    decode(drawn(tmp_path), tmp_path / "cache", report=lambda *one: said.append(one))

    assert said[-1][:3] == (6, 6, "Reading images")


@pytest.mark.parametrize("split", ["train", "validation"])
def test_an_empty_split_is_refused(tmp_path, split):
    nothing = decode([], tmp_path / "cache")

    with pytest.raises(TrainingError, match=f"The {split} split has no images"):
        inputs.require_enough(nothing, split, CLASSES)


def test_training_on_one_class_is_refused(tmp_path):
    wanted = drawn(tmp_path)
    for one in wanted[1::2]:
        one.path.write_bytes(b"")

    decoded = decode(wanted, tmp_path / "cache")

    with pytest.raises(TrainingError, match=r"Only “Blue Bus” .*3 could not be read"):
        inputs.require_enough(decoded, "train", CLASSES)


def test_every_epoch_shows_each_image_once_in_a_new_order(tmp_path):
    decoded = decode(drawn(tmp_path, 10), tmp_path / "cache")
    shuffled = inputs.shuffled_pairs(decoded, 2, seed=3)

    batches, steps = inputs.endless(shuffled, 4)
    feed = iter(batches)
    epochs = [
        np.concatenate([next(feed)[0].sum(axis=(1, 2, 3)) for _ in range(steps)])
        for _ in range(3)
    ]

    every = sorted(decoded[index].sum() for index in range(10))
    assert [sorted(epoch) for epoch in epochs] == [every] * 3
    assert not np.array_equal(epochs[0], epochs[1])
