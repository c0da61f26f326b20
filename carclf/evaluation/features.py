"""What the head of a network decides by, kept in files: of an evaluation's images
beside its run, of the images it learnt from in the cache.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carclf import images
from carclf.bundle import Bundle
from carclf.evaluation import batches
from carclf.records import Evaluation, Example, Run, Version
from carclf.settings import Settings


@dataclass(frozen=True)
class Features:
    """A vector for each of some images.

    Attributes:
        image_ids: Shape (n,).
        vectors: Shape (n, channels).
    """

    image_ids: NDArray[np.int64]
    vectors: NDArray[np.float32]

    def of(self, image_id: int) -> NDArray[np.float32] | None:
        """Return the vector of an image; None if it has none here."""
        found = np.flatnonzero(self.image_ids == image_id)
        return self.vectors[found[0]] if len(found) else None


def of_evaluation(settings: Settings, run: Run, evaluation_id: int) -> Path:
    """Return where the features of an evaluation lie; they go with their run."""
    return settings.resolve(run.folder) / "evaluations" / f"{evaluation_id}.npz"


def of_training(settings: Settings, model: Path, version: Version) -> Path:
    """Return where the features of a version's training images lie in the cache.

    Args:
        model: The network's file; another network has features of its own.
    """
    facts = model.stat()
    network = _digest(model, facts.st_mtime_ns, facts.st_size)
    name = f"{network[:20]}-{version.hash[:20]}.npz"
    return settings.cache / "training-features" / name


def learnt_from(run: Run, evaluation: Evaluation) -> int:
    """Return the version whose training images the run learnt from.

    Of an imported run it is not known, and that of the evaluation stands in.
    """
    return evaluation.version_id if run.version_id is None else run.version_id


def compute(
    settings: Settings,
    bundle: Bundle,
    examples: Sequence[Example],
    on_progress: Callable[[int, int], None],
) -> Features:
    """Return the features of the images that can be read."""
    image_ids: list[int] = []
    vectors = []
    done = 0
    for batch in batches.read(settings, bundle, examples):
        if batch.ready:
            image_ids += [one.example.image_id for one in batch.ready]
            vectors.append(bundle.features([one.image for one in batch.ready]))
        done += len(batch.ready) + len(batch.skipped)
        on_progress(done, len(examples))
    found = np.concatenate(vectors or [np.zeros((0, 0), np.float32)])
    return Features(np.asarray(image_ids, np.int64), found)


def write(
    path: Path,
    image_ids: Sequence[int] | NDArray[np.int64],
    vectors: NDArray[np.float32],
) -> None:
    """Write features, whole or not at all, with half the digits: it suffices.

    Raises:
        StoreError: The disk is full.
    """
    largest = np.finfo(np.float16).max
    file = io.BytesIO()
    np.savez(
        file,
        image_ids=np.asarray(image_ids, np.int64),
        vectors=np.clip(vectors, -largest, largest).astype(np.float16),
    )
    images.write_bytes(path, file.getvalue())


def read(path: Path) -> Features | None:
    """Return what was written; None if it never was, or is damaged."""
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


# An evaluation's and its training images', so that each click does not read them.
@lru_cache(maxsize=2)
def _read(path: Path, _changed: int) -> Features:
    # Opened here: of a damaged file, np.load would leave its own open.
    with path.open("rb") as opened, np.load(opened) as file:
        return Features(file["image_ids"], file["vectors"].astype(np.float32))


@lru_cache(maxsize=8)
def _digest(path: Path, _changed: int, _size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
