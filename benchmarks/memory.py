"""How much memory a training takes, with few images and with many.

    python benchmarks/memory.py FOLDER COUNT streaming|cached

trains a tiny network on COUNT of the photographs in FOLDER, and prints its peak.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from page import Finding, megabytes, percent

from carclf.settings import Settings

FEW, MANY = 10_000, 100_000
CLASSES = ("Blue Bus", "Red Van")
MODES = {
    "streaming": {"mode": "finetune"},
    "cached": {"mode": "freeze", "features": "cached", "views": 2},
}


def measure(settings: Settings) -> Finding:
    """Train on ten thousand and on a hundred thousand images, in fresh processes."""
    folder = settings.home / "tiny"
    draw(folder, MANY)
    rows = []
    for mode, words in (
        ("streaming", "images read in every epoch"),
        ("cached", "cached features"),
    ):
        few, many = (peak(settings, folder, count, mode) for count in (FEW, MANY))
        growth = percent(many / few - 1)
        rows.append((words, megabytes(few), megabytes(many), growth))
    return Finding(
        "Memory",
        f"Peak resident memory of one epoch of a tiny network at 32 × 32, from listing "
        f"the files to the bundle, with {FEW:,} and with {MANY:,} images, a tenth of "
        "which validate; a process each.",
        ("training on", f"{FEW:,} images", f"{MANY:,} images", "more"),
        tuple(rows),
    )


def draw(folder: Path, count: int) -> None:
    """Draw small photographs, 1000 a folder, each unlike all others."""
    random = np.random.default_rng(1)
    for number in range(count):
        path = photograph(folder, number)
        if number % 1000 == 0:
            path.parent.mkdir(parents=True, exist_ok=True)
        blocks = random.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        cv2.imwrite(str(path), cv2.resize(blocks, (32, 32)))


def photograph(folder: Path, number: int) -> Path:
    return folder / f"{number // 1000:03d}" / f"{number:06d}.jpg"


def peak(settings: Settings, folder: Path, count: int, mode: str) -> int:
    """Train in a process of its own; return the most bytes that it held at once."""
    done = subprocess.run(
        [sys.executable, __file__, folder, str(count), mode],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "CARCLF_HOME": str(settings.home)},
    )
    found: int = json.loads(done.stdout.strip().splitlines()[-1])["peak_bytes"]
    return found


def train(folder: Path, count: int, mode: str) -> None:
    """Train as a worker does, on a version of so many images."""
    # Keras is for this process alone: the one that measures must stay small.
    from carclf.config import Preparation, from_plain  # noqa: PLC0415
    from carclf.ml import train as training  # noqa: PLC0415
    from carclf.ml.listing import Listing, TrainImage  # noqa: PLC0415

    def listed(numbers: Sequence[int]) -> Listing:
        return Listing(
            TrainImage(photograph(folder, one), f"{one:064x}", CLASSES[one % 2])
            for one in numbers
        )

    config = from_plain(
        {
            "data": {"image_size": [32, 32], "batch_size": 128},
            "model": {
                "backbone": "tiny",
                "weights": "none",
                "data_aug_layer": {"random_flip": {}},
            },
            "fit": {"epochs": 1},
            "learning": MODES[mode],
        }
    )
    home = folder.parent / f"{mode}-{count}"
    plan = training.Plan(
        config=config,
        preparation=Preparation(height=32, width=32),
        classes=CLASSES,
        train=listed(range(count // 10, count)),
        validation=listed(range(count // 10)),
        folder=home / "run",
        cache=home / "cache",
        run_facts={},
    )
    training.train(plan, Quiet())


class Quiet:
    """Takes note of nothing."""

    def progress(self, *_said: object, **_facts: float) -> None: ...

    def steps(self, events: object, /) -> None: ...

    def epoch(self, event: object, /) -> None: ...

    def rewind(self, epoch: int, /) -> None: ...

    def keep(self, epoch: int, path: Path, /) -> None: ...

    def drop(self, epoch: int, /) -> bool:
        return True

    def note(self, text: str, /) -> None: ...

    def stop_requested(self) -> bool:
        return False


def peak_bytes() -> int:
    """Return the most memory that this process has held at once."""
    about = Path("/proc/self/status")
    if about.exists():
        # getrusage counts what the parent held before it became this program.
        lines = about.read_text().splitlines()
        held = next(line for line in lines if line.startswith("VmHWM:"))
        return 1024 * int(held.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    train(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
    print(json.dumps({"peak_bytes": peak_bytes()}))
