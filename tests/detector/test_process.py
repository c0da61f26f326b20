"""The process that Detectron2 runs in: found, asked, hung, killed, restarted.

The network was trained here for a minute on drawn scenes: one red car to find, beside
a blue one of the same shape.
"""

import os
import signal
import threading

import numpy as np
import psutil
import pytest

from carclf.background.box import overlap
from carclf.detector.process import Detector, Wish
from carclf.errors import BackgroundError
from carclf.records import Box
from tests.detector import scenes
from tests.waiting import PATIENCE_S

pytestmark = [pytest.mark.detectron2, pytest.mark.slow]

WISH = Wish(size=96, score=0.5, classes=(2, 7))


def pid_of(detector: Detector) -> int:
    detector.facts()
    children = psutil.Process().children()
    (found,) = [one for one in children if "carclf.detector.server" in one.cmdline()]
    return found.pid


def test_red_cars_are_found_and_blue_ones_are_not(detector):
    seen = [scenes.scene(1000 + seed) for seed in range(20)]

    found = detector.detect([image for image, _, _ in seen], WISH)

    boxes = [Box(*one.boxes[0].round().astype(int)) for one in found if len(one.boxes)]
    assert len(boxes) >= 19
    truth = [
        box for (_, box, _), one in zip(seen, found, strict=True) if len(one.boxes)
    ]
    overlaps = [overlap(*pair) for pair in zip(boxes, truth, strict=True)]
    assert np.mean(overlaps) > 0.8


def test_masks_come_through_as_they_are_drawn(detector):
    image, _, truth = scenes.scene(2000)

    (found,) = detector.detect([image], WISH)

    mask = found.masks[0]
    assert mask.shape == truth.shape
    assert (mask & truth).sum() / (mask | truth).sum() > 0.75


def test_images_of_different_sizes_are_answered_in_their_order(detector):
    small = scenes.scene(3)[0]
    large = np.ascontiguousarray(np.repeat(np.repeat(small, 2, axis=0), 2, axis=1))
    odd = np.full((1, 7, 3), 120, np.uint8)

    found = detector.detect([large, odd, small], WISH)

    assert [one.masks.shape[1:] for one in found] == [(192, 256), (1, 7), (96, 128)]
    assert found[0].boxes[0] / 2 == pytest.approx(found[2].boxes[0], abs=3)
    assert len(found[1].boxes) == 0


def test_a_process_that_was_killed_is_started_once_more(detector):
    image = scenes.scene(4)[0]
    (before,) = detector.detect([image], WISH)
    first = pid_of(detector)

    os.kill(first, signal.SIGKILL)
    (after,) = detector.detect([image], WISH)

    assert pid_of(detector) != first
    assert (after.boxes == before.boxes).all()


def test_ctrl_c_in_the_terminal_is_not_for_detectron2(detector):
    first = pid_of(detector)

    os.kill(first, signal.SIGINT)

    assert len(detector.detect([scenes.scene(6)[0]], WISH)) == 1
    assert pid_of(detector) == first


def test_a_process_that_hangs_is_ended_and_the_next_image_is_answered(
    python, detector, monkeypatch
):
    image = scenes.scene(5)[0]
    first = pid_of(detector)
    monkeypatch.setattr(detector, "_timeout_s", 0.5)

    os.kill(first, signal.SIGSTOP)
    with pytest.raises(BackgroundError, match=r"no answer within 0 seconds|its log is"):
        detector.detect([image], WISH)

    monkeypatch.undo()
    assert not psutil.pid_exists(first)
    assert len(detector.detect([image], WISH)) == 1


def test_several_threads_are_answered_each_with_its_own(detector):
    seen = [scenes.scene(10 + seed)[0] for seed in range(6)]
    alone = [detector.detect([image], WISH)[0].boxes for image in seen]
    together: dict[int, np.ndarray] = {}

    def ask(place: int) -> None:
        together[place] = detector.detect([seen[place]], WISH)[0].boxes

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all((together[place] == alone[place]).all() for place in range(6))


def test_nothing_is_left_running_when_it_is_closed(detector):
    first = pid_of(detector)

    detector.close()

    assert not psutil.pid_exists(first)


def test_a_process_whose_asker_died_ends_by_itself(detector):
    first = psutil.Process(pid_of(detector))

    detector._channel.close()

    assert psutil.wait_procs([first], timeout=PATIENCE_S)[0]


def test_what_stops_it_from_starting_is_told(python, tmp_path):
    damaged = tmp_path / "damaged.pth"
    damaged.write_bytes(b"no weights")
    detector = Detector(python, damaged, tmp_path / "log")

    with pytest.raises(BackgroundError, match=r"did not start: .*log"):
        detector.facts()
