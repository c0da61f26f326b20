"""What a network makes of images like those it learnt from, kept with its bundle."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from carclf import familiarity, images, preparation
from carclf.batches import read_ahead
from carclf.bundle import Bundle
from carclf.config import Preparation
from carclf.errors import UnreadableImageError
from carclf.familiarity import Familiarity
from carclf.ml.listing import TrainImage
from carclf.records import ImageRGB

# Enough to tell by, and few enough that it takes seconds; spread over all classes.
MOST_SEEN = 1000
MOST_CHECKED = 500


def measure(
    bundle: Bundle, train: Sequence[TrainImage], validation: Sequence[TrainImage]
) -> Familiarity | None:
    """Return what later images are compared with; None if there are too few."""
    if len(validation) < familiarity.LEAST_VALIDATION:
        return None
    return familiarity.measure(
        _features(bundle, train, MOST_SEEN), _features(bundle, validation, MOST_CHECKED)
    )


def spread(
    wanted: Sequence[TrainImage], most: int, how: Preparation
) -> Iterator[list[ImageRGB]]:
    """Yield batches of up to `most` images in all, from all over a list, prepared."""

    def read(place: int) -> ImageRGB | None:
        try:
            image = images.read_rgb(wanted[place].path)
        except UnreadableImageError:
            # The training that used these images has listed it as skipped.
            return None
        return preparation.resize(image, how)

    places = np.linspace(0, len(wanted) - 1, min(most, len(wanted))).round().astype(int)
    for batch in read_ahead(map(int, places), read):
        if readable := [image for image in batch if image is not None]:
            yield readable


def _features(
    bundle: Bundle, wanted: Sequence[TrainImage], most: int
) -> NDArray[np.float32]:
    found = [bundle.features(one) for one in spread(wanted, most, bundle.preparation)]
    return np.concatenate(found or [np.zeros((0, 0), np.float32)])
