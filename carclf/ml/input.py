"""Images as a training reads them: decoded once, then fed in batches."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import grain
import numpy as np
from numpy.typing import NDArray

from carclf import images, preparation
from carclf.config import Preparation
from carclf.errors import Stopped, TrainingError, UnreadableImageError
from carclf.ml import folders, mixing
from carclf.ml.listing import TrainImage
from carclf.ml.rows import Rows
from carclf.records import ImageRGB, Skipped

# done, total, message, seconds left (None while unknown).
Report = Callable[[int, int, str, float | None], None]
PIXELS = "pixels.npy"


@dataclass(frozen=True)
class Decoded:
    """The readable images of a split.

    Attributes:
        pixels: All of them on disk, uint8 (n, height, width, 3).
        rows: Where in `pixels` each readable image is, shape (m,).
        targets: The position of its class, shape (m,).
        digest: SHA-256 over those of the readable files, in their order.
    """

    pixels: Rows
    rows: NDArray[np.int64]
    targets: NDArray[np.int64]
    digest: str
    skipped: tuple[Skipped, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> ImageRGB:
        return self.pixels[int(self.rows[index])]


class Pace:
    """Reports how far a count has come, at most twice a second."""

    def __init__(self, report: Report, total: int, message: str) -> None:
        self._report, self._total, self._message = report, total, message
        self._started = time.monotonic()
        self._last = 0.0

    def at(self, done: int) -> None:
        now = time.monotonic()
        if now - self._last < 0.5 and done < self._total:
            return
        self._last = now
        each = (now - self._started) / max(done, 1)
        left = each * (self._total - done) if done else None
        self._report(done, self._total, self._message, left)


def decode(
    wanted: Sequence[TrainImage],
    classes: Sequence[str],
    how: Preparation,
    cache: Path,
    report: Report,
    stop_requested: Callable[[], bool],
) -> Decoded:
    """Return the images at the network's size, decoded now or in an earlier run.

    Images of a treated version are cut out already, so only the size is prepared.
    A file that cannot be read is skipped.

    Raises:
        Stopped: `stop_requested` said so.
        TrainingError: The disk is full.
    """
    folder = cache / "images" / _key(wanted, how)
    if not folder.exists() or _read_skipped(folder):
        with folders.whole(folder) as part:
            skipped = _fill(part, wanted, how, report, stop_requested)
            plain = {str(row): asdict(one) for row, one in skipped.items()}
            (part / "skipped.json").write_text(json.dumps(plain), encoding="utf-8")
    skipped = _read_skipped(folder)
    rows = np.setdiff1d(np.arange(len(wanted)), np.fromiter(skipped, np.int64))
    positions = {label: position for position, label in enumerate(classes)}
    targets = np.empty(len(rows), np.int64)
    digest = hashlib.sha256()
    for position, row in enumerate(rows):
        one = wanted[row]
        targets[position] = positions[one.label]
        digest.update(one.sha256.encode())
    return Decoded(
        pixels=Rows(folder / PIXELS),
        rows=rows,
        targets=targets,
        digest=digest.hexdigest(),
        skipped=tuple(skipped.values()),
    )


def samples(
    wanted: Sequence[TrainImage], how: Preparation, count: int = 8
) -> NDArray[np.uint8]:
    """Return up to `count` images at the network's size, (n, height, width, 3).

    Raises:
        TrainingError: None can be read.
    """
    found: list[ImageRGB] = []
    for one in wanted:
        try:
            found.append(preparation.resize(images.read_rgb(one.path), how))
        except UnreadableImageError:
            # The training that used these images has listed it as skipped.
            continue
        if len(found) == count:
            break
    if not found:
        raise TrainingError(
            "None of the run's validation images can be read, so its network cannot "
            "be checked. See whether data/images/ is complete."
        )
    return np.stack(found)


def require_enough(decoded: Decoded, split: str, classes: Sequence[str]) -> None:
    """Refuse a split that nothing can be learnt from, or measured on."""
    skipped = f" ({len(decoded.skipped)} could not be read)" * bool(decoded.skipped)
    if len(decoded) == 0:
        raise TrainingError(
            f"The {split} split has no images{skipped}. Choose a version that has "
            "some, or freeze one with a validation split."
        )
    if split == "train" and len(np.unique(decoded.targets)) < 2:
        label = classes[decoded.targets[0]]
        raise TrainingError(
            f"Only “{label}” has images to train on{skipped}. A classifier needs two "
            "classes or more: label some images otherwise and freeze a new version."
        )


class _Pairs:
    """Images and one-hot targets, for Grain to pick from."""

    def __init__(self, decoded: Decoded, classes: int) -> None:
        self._decoded = decoded
        self._one_hot = np.eye(classes, dtype=np.float32)

    def __len__(self) -> int:
        return len(self._decoded)

    def __getitem__(self, index: Any) -> tuple[ImageRGB, NDArray[np.float32]]:
        position = int(index)
        return self._decoded[position], self._one_hot[self._decoded.targets[position]]


def pairs(decoded: Decoded, classes: int) -> Any:
    """Return a Grain dataset of (image uint8, one-hot target)."""
    return grain.MapDataset.source(_Pairs(decoded, classes))


def shuffled_pairs(
    decoded: Decoded, classes: int, seed: int, *, balanced: bool = False
) -> Any:
    """Return the same, in a new order every epoch; `balanced` as `mixing.positions`."""
    places = mixing.positions(decoded.targets, seed, balanced=balanced)
    return places.map(pairs(decoded, classes).__getitem__)


def endless(
    dataset: Any,
    batch_size: int,
    changes: Iterable[Callable[[Any], Any]] = (),
    first_epoch: int = 0,
) -> tuple[Any, int]:
    """Return batches without end, and how many of them show every element once.

    Keras warns, and goes on with fewer, when batches do end.

    Args:
        changes: Each from a Grain dataset of batches to another, as `mixing.mixer`
            returns one.
        first_epoch: How many epochs to leave out, as if they had been shown already.
    """
    batches = dataset.batch(batch_size)
    for change in changes:
        batches = change(batches)
    # Grain's default reads 500 elements ahead, and an element here is a batch.
    reading = grain.ReadOptions(num_threads=2, prefetch_buffer_size=4)
    left = batches.repeat()[first_epoch * len(batches) :]
    return left.to_iter_dataset(reading), len(batches)


def _fill(
    part: Path,
    wanted: Sequence[TrainImage],
    how: Preparation,
    report: Report,
    stop_requested: Callable[[], bool],
) -> dict[int, Skipped]:
    """Decode into the new folder; return what was skipped, by its row."""
    shape = (len(wanted), how.height, how.width, 3)
    pixels = Rows.create(part / PIXELS, np.uint8, shape)
    skipped: dict[int, Skipped] = {}

    def put(row: int) -> None:
        path = wanted[row].path
        try:
            image = images.read_rgb(path)
        except UnreadableImageError as error:
            skipped[row] = Skipped(path.name, images.trouble(path, error))
            return
        pixels.write(row, preparation.resize(image, how)[None])

    pace = Pace(report, len(wanted), "Reading images")
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for start in range(0, len(wanted), 64):
            if stop_requested():
                raise Stopped
            rows = range(start, min(start + 64, len(wanted)))
            list(threads.map(put, rows))
            pace.at(rows.stop)
    return dict(sorted(skipped.items()))


def _read_skipped(folder: Path) -> dict[int, Skipped]:
    plain = json.loads((folder / "skipped.json").read_text(encoding="utf-8"))
    return {int(row): Skipped(**one) for row, one in plain.items()}


def _key(wanted: Sequence[TrainImage], how: Preparation) -> str:
    digest = hashlib.sha256(how.model_dump_json().encode())
    for one in wanted:
        digest.update(one.sha256.encode())
    return digest.hexdigest()[:32]
