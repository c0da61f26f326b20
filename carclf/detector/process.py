"""Detectron2 as it is asked from here: started when needed, once more if it dies."""

import atexit
import os
import socket
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carclf.detector import frames
from carclf.errors import BackgroundError
from carclf.records import ImageRGB
from carclf.settings import PROJECT

START_TIMEOUT_S = 180.0
# For each image; the slowest network takes seconds on two cores.
TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Wish:
    """What is to be found.

    Attributes:
        size: Of an image's shorter side when the network sees it, in pixels.
        score: The least that counts, 0-1.
        classes: By their number; of a network with other classes, all are taken.
    """

    size: int
    score: float
    classes: tuple[int, ...]


@dataclass(frozen=True)
class Found:
    """What was found in one image, surest first.

    Attributes:
        boxes: Shape (n, 4): left, top, right, bottom, in pixels.
        masks: Shape (n, height, width); None of a network without masks.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    masks: NDArray[np.bool_] | None


class Detector:
    """A process that runs Detectron2; may be asked from several threads.

    Args:
        python: Of the environment that Detectron2 is installed in.
        log: Where the process's output goes; its end is quoted when it dies.
    """

    def __init__(
        self,
        python: Path,
        weights: Path,
        log: Path,
        *,
        start_timeout_s: float = START_TIMEOUT_S,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._python, self._weights, self._log = python, weights, log
        self._start_timeout_s, self._timeout_s = start_timeout_s, timeout_s
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._facts: dict[str, Any] = {}

    def facts(self) -> dict[str, Any]:
        """Return device, number of classes, masks or not, and the best batch.

        Raises:
            BackgroundError: As `detect`.
        """
        with self._lock:
            self._running()
            return self._facts

    def detect(self, images: Sequence[ImageRGB], wish: Wish) -> list[Found]:
        """Return what is found in each image.

        Raises:
            BackgroundError: The process died twice, hung, or ran out of memory.
        """
        with self._lock:
            try:
                header, body = self._ask(images, wish)
            except TimeoutError as error:
                self._end()
                seconds = round(self._timeout_s * len(images))
                raise BackgroundError(
                    f"Detectron2 gave no answer within {seconds} seconds, so it was "
                    f"ended; it starts anew with the next image. Its log is {self._log}"
                    "."
                ) from error
            except (OSError, EOFError, ValueError):
                # Once more: another program may have taken its memory meanwhile.
                header, body = self._ask_anew(images, wish)
        if "error" in header:
            raise BackgroundError(f"Detectron2 failed on this image: {header['error']}")
        return _found(header["found"], body)

    def close(self) -> None:
        """End the process; the next question starts it again."""
        with self._lock:
            self._end()

    def _ask_anew(self, images: Sequence[ImageRGB], wish: Wish) -> frames.Message:
        self._end()
        try:
            return self._ask(images, wish)
        except (OSError, EOFError, ValueError) as error:
            raise self._died("ended without an answer, twice") from error

    def _ask(self, images: Sequence[ImageRGB], wish: Wish) -> frames.Message:
        channel = self._running()
        channel.settimeout(self._timeout_s * len(images))
        known = self._facts["classes"] == COCO_CLASSES
        header = {
            "shapes": [list(image.shape[:2]) for image in images],
            "size": wish.size,
            "score": wish.score,
            "classes": list(wish.classes) if known else [],
        }
        frames.send(channel, header, images)
        return frames.receive(channel)

    def _running(self) -> socket.socket:
        """Return the channel to the process, started now if there is none."""
        # Idle for long, it ends by itself.
        if self._child is not None and self._child.poll() is not None:
            self._end()
        if self._channel is None:
            self._channel = self._start()
        return self._channel

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        module, number = "carclf.detector.server", str(theirs.fileno())
        command = [str(self._python), "-m", module, number, str(self._weights)]
        self._log.parent.mkdir(parents=True, exist_ok=True)
        # A file, not a pipe: nobody reads along, and a full pipe would stop it.
        with theirs, self._log.open("wb") as log:
            try:
                self._child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=[theirs.fileno()],
                    env=environment(),
                )
            except OSError as error:
                ours.close()
                raise BackgroundError(
                    f"{self._python} cannot be started: {error.strerror}. Set up "
                    "Detectron2 again with “make detectron2”."
                ) from error
        ours.settimeout(self._start_timeout_s)
        self._channel = ours
        try:
            self._facts, _ = frames.receive(ours)
        except (OSError, EOFError, ValueError) as error:
            raise self._died("did not start") from error
        return ours

    def _died(self, how: str) -> BackgroundError:
        self._end()
        return BackgroundError(
            f"Detectron2 {how}: {last_line(self._log)} The whole log is {self._log}."
        )

    def _end(self) -> None:
        if self._channel is not None:
            self._channel.close()
        if self._child is not None:
            self._child.kill()
            self._child.wait()
        self._channel = self._child = None


COCO_CLASSES = 80
_detectors: dict[tuple[Path, Path], Detector] = {}
_detectors_lock = threading.Lock()


def shared(python: Path, weights: Path, log: Path) -> Detector:
    """Return the one detector of this program with these weights."""
    with _detectors_lock:
        found = _detectors.get((python, weights))
        if found is None:
            found = _detectors[python, weights] = Detector(python, weights, log)
            atexit.register(found.close)
        return found


def environment() -> dict[str, str]:
    """Return the environment of a process that runs Detectron2."""
    inherited = {
        name: value for name, value in os.environ.items() if name != "PYTHONHOME"
    }
    return {**inherited, "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"}


def last_line(log: Path) -> str:
    """Return the last line of a log, which says what went wrong, as a sentence."""
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    said = lines[-1].strip() if lines else "it said nothing"
    return said if said.endswith(".") else f"{said}."


def _found(headers: Sequence[dict[str, Any]], body: memoryview) -> list[Found]:
    found, at = [], 0
    for one in headers:
        masks = None
        if one["masks"] is not None:
            shape = tuple(one["masks"])
            size = frames.packed_size(shape)
            packed = np.frombuffer(body[at : at + size], np.uint8)
            masks = frames.unpack(packed, shape)
            at += size
        boxes = np.array(one["boxes"], np.float32).reshape(-1, 4)
        found.append(Found(boxes, np.array(one["scores"], np.float32), masks))
    return found
