"""Which images a batch shows, and what they become together.

Every draw follows from the seed and the position in the training alone, so a training
that is taken up again sees what it would have seen.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import cv2
import grain
import numpy as np
from numpy.typing import NDArray

from carclf.config import TrainConfig
from carclf.errors import ConfigError

# Images uint8 (n, height, width, 3) or features float32 (n, channels); targets.
Batch = tuple[NDArray[Any], NDArray[np.float32]]


def positions(targets: NDArray[np.int64], seed: int, *, balanced: bool) -> Any:
    """Return a Grain dataset of where the images of an epoch are, in a new order each.

    Args:
        targets: The class of each image, by its position.
        balanced: Show every class equally often.
    """
    if balanced:
        return _Balanced(targets, seed)
    return grain.MapDataset.range(len(targets)).seed(seed).shuffle()


def mixer(config: TrainConfig) -> Callable[[Any], Any] | None:
    """Return what turns a Grain dataset of batches into one of mixed batches.

    None if the settings want no mixing.

    Raises:
        ConfigError: CutMix is asked for, and features are what is mixed.
    """
    learning = config.learning
    ways: list[Callable[[Batch, np.random.Generator], Batch]] = []
    if learning.mixup > 0:
        ways.append(lambda batch, random: mixup(batch, learning.mixup, random))
    if learning.cutmix > 0:
        if config.mode == "freeze" and learning.features == "cached":
            raise ConfigError(
                f"learning.cutmix is {learning.cutmix:g}, and cached features have no "
                "pixels to cut. Set learning.features to streaming, or use "
                "learning.mixup, which mixes features too."
            )
        ways.append(lambda batch, random: cutmix(batch, learning.cutmix, random))
    if not ways:
        return None

    def mix(batch: Batch, random: np.random.Generator) -> Batch:
        return ways[random.integers(len(ways))](batch, random)

    return lambda batches: batches.random_map(mix, seed=config.seed)


def mixup(batch: Batch, alpha: float, random: np.random.Generator) -> Batch:
    """Return each image blended with another of its batch, and so the targets.

    Source: Zhang et al. 2017, mixup: Beyond Empirical Risk Minimization; one share for
    the whole batch, as in its authors' code.
    """
    values, targets = batch
    share = float(random.beta(alpha, alpha))
    partners = random.permutation(len(values))
    first, second = (one.reshape(len(one), -1) for one in (values, values[partners]))
    blended = cv2.addWeighted(first, share, second, 1 - share, 0.0)
    soft = share * targets + (1 - share) * targets[partners]
    return blended.reshape(values.shape), soft.astype(np.float32)


def cutmix(batch: Batch, alpha: float, random: np.random.Generator) -> Batch:
    """Return each image with a rectangle of another, and targets by the areas.

    Source: Yun et al. 2019, CutMix; one rectangle for the whole batch, as in its
    authors' code.
    """
    images, targets = batch
    height, width = images.shape[1:3]
    side = np.sqrt(1 - random.beta(alpha, alpha))
    top, bottom = _span(height, side, random)
    left, right = _span(width, side, random)
    partners = random.permutation(len(images))
    pasted = images.copy()
    pasted[:, top:bottom, left:right] = images[partners, top:bottom, left:right]
    share = 1 - (bottom - top) * (right - left) / (height * width)
    soft = share * targets + (1 - share) * targets[partners]
    return pasted, soft.astype(np.float32)


def balanced_order(
    targets: NDArray[np.int64], seed: int, epoch: int
) -> NDArray[np.int64]:
    """Return the positions that an epoch shows, every class equally often, ±1.

    There are as many as images. A class goes through all of its images before one
    comes again, across epochs.
    """
    by_class = np.argsort(targets, kind="stable")
    classes, starts = np.unique(targets[by_class], return_index=True)
    count, shown = len(classes), []
    for place, members in enumerate(np.split(by_class, starts[1:])):
        # Rounded down these add up to the number of images, in every epoch.
        start = (epoch * len(targets) + place) // count
        stop = ((epoch + 1) * len(targets) + place) // count
        shown.append(_turns(members, (seed, int(classes[place])), start, stop))
    order = np.concatenate(shown)
    np.random.default_rng((seed, epoch)).shuffle(order)
    return order


class _Balanced(grain.MapDataset):
    """Positions in balanced order, for Grain to pick from."""

    def __init__(self, targets: NDArray[np.int64], seed: int) -> None:
        super().__init__()
        self._count = len(targets)
        # Grain reads ahead, from the next epoch too.
        self._order = lru_cache(maxsize=2)(
            lambda epoch: balanced_order(targets, seed, epoch)
        )

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self.slice(index)
        epoch, place = divmod(int(index), self._count)
        return int(self._order(epoch)[place])


def _span(length: int, side: float, random: np.random.Generator) -> tuple[int, int]:
    """Return begin and end of a cut around a random middle, within the image."""
    half, middle = side * length / 2, random.uniform(0, length)
    return max(0, round(middle - half)), min(length, round(middle + half))


def _turns(
    members: NDArray[np.int64], seed: Sequence[int], start: int, stop: int
) -> NDArray[np.int64]:
    """Return what stands from `start` to `stop` when shuffled members follow on."""
    size = len(members)
    first, last = start // size, -(-stop // size)
    turns = [
        np.random.default_rng((*seed, turn)).permutation(members)
        for turn in range(first, max(last, first + 1))
    ]
    return np.concatenate(turns)[start - first * size : stop - first * size]
