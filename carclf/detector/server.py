"""The process that runs Detectron2: it answers messages until nobody listens.

    python -m carclf.detector.server CHANNEL WEIGHTS [DEVICE]

CHANNEL is the number of an open socket. What is printed goes to a log, never there.
"""

import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from carclf.detector import frames
from carclf.detector.network import Found, Network

# A GPU's memory is not held for somebody who has gone elsewhere.
IDLE_S = float(os.environ.get("CARCLF_DETECTRON2_IDLE_S", "600"))


def main(channel: socket.socket, weights: Path, device: str) -> None:
    network = Network(weights, device)
    ready = {
        "device": network.device,
        "torch": torch.__version__,
        "classes": network.class_count,
        "has_masks": network.has_masks,
        "batch": network.batch,
    }
    frames.send(channel, ready)
    channel.settimeout(IDLE_S)
    while True:
        try:
            asked, body = frames.receive(channel)
        except (EOFError, TimeoutError):
            return
        _answer(channel, network, asked, body)


def _answer(
    channel: socket.socket, network: Network, asked: dict[str, Any], body: memoryview
) -> None:
    try:
        found = network.detect(
            _images(asked["shapes"], body),
            asked["size"],
            asked["score"],
            asked["classes"],
        )
    # One image may be too much for a GPU's memory; the next ones may not.
    except RuntimeError as error:
        frames.send(channel, {"error": str(error).partition("\n")[0]})
        return
    frames.send(channel, {"found": [_header(one) for one in found]}, _parts(found))


def _images(shapes: list[list[int]], body: memoryview) -> list[NDArray[np.uint8]]:
    images, at = [], 0
    for height, width in shapes:
        size = height * width * 3
        pixels = np.frombuffer(body[at : at + size], np.uint8)
        images.append(pixels.reshape(height, width, 3))
        at += size
    return images


def _header(found: Found) -> dict[str, Any]:
    return {
        "boxes": found.boxes.tolist(),
        "scores": found.scores.tolist(),
        "classes": found.classes.tolist(),
        "masks": None if found.masks is None else list(found.masks.shape),
    }


def _parts(found: list[Found]) -> list[NDArray[Any]]:
    return [frames.pack(one.masks) for one in found if one.masks is not None]


if __name__ == "__main__":
    # Ctrl-C in the terminal is for the program that asks, whose end is this one's.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main(
        socket.socket(fileno=int(sys.argv[1])),
        Path(sys.argv[2]),
        sys.argv[3] if len(sys.argv) > 3 else "",
    )
