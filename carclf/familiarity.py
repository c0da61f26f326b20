"""Whether an image looks like anything that a network was trained on.

A network answers with one of its classes whatever it is shown. What it makes of an
image before its head decides, the pooled features, tells more: those of a face lie
farther from those of vehicles than vehicles lie from each other.

Source: Sun et al. 2022, Out-of-Distribution Detection with Deep Nearest Neighbors.
The threshold is a conformal one: Bates et al. 2023, Testing for outliers with
conformal p-values. docs/unknown.md has what was measured.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carclf.errors import BundleError

FILE = "familiarity.npz"
# Of the validation images of known classes, this share would be flagged.
FLAGGED_SHARE = 0.05
# With fewer, not even the strangest is one in twenty.
LEAST_VALIDATION = 19
NEIGHBOURS = 5


@dataclass(frozen=True)
class Familiarity:
    """What a network has seen, and how far from it known images lie.

    Attributes:
        seen: Features of training images, shape (n, channels).
        usual: Distances of validation images, in rising order, shape (m,).
    """

    seen: NDArray[np.float32]
    usual: NDArray[np.float32]

    def strangeness(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the share of validation images that look less strange, 0-1.

        Args:
            features: Of the images to be told of, shape (n, channels).
        """
        nearer = np.searchsorted(self.usual, self.distances(features), side="left")
        return np.asarray(nearer / (len(self.usual) + 1), np.float32)

    def save(self, folder: Path) -> None:
        seen = self.seen.astype(np.float16)
        np.savez(folder / FILE, seen=seen, usual=self.usual)

    def distances(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        return _distances(self.seen, features)


def measure(
    seen: NDArray[np.float32], validation: NDArray[np.float32]
) -> Familiarity | None:
    """Return what there is to compare with; None if there are too few images.

    Args:
        seen: Features of training images, shape (n, channels).
        validation: Features of other images of the same classes.
    """
    if len(validation) < LEAST_VALIDATION or len(seen) < NEIGHBOURS:
        return None
    # Halves of a float, as they are kept: three digits, and half of the room.
    kept = _of_length_one(seen).astype(np.float16).astype(np.float32)
    return Familiarity(kept, np.sort(_distances(kept, validation)))


def load(folder: Path) -> Familiarity | None:
    """Return what a bundle knows of it; None for one that was made without.

    Raises:
        BundleError: The file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return Familiarity(kept["seen"].astype(np.float32), kept["usual"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BundleError(
            f"{path} is damaged. Remove it to predict without it, or train again."
        ) from error


def is_unknown(strangeness: float) -> bool:
    return strangeness >= 1 - FLAGGED_SHARE


def _distances(
    seen: NDArray[np.float32], features: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return 1 less the cosine to the fifth nearest training image, shape (n,)."""
    likeness = _of_length_one(features) @ _of_length_one(seen).T
    nearest = np.partition(likeness, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS]
    return np.asarray(1 - nearest, np.float32)


def _of_length_one(features: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(lengths, 1e-12), np.float32)
