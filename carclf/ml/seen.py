"""What a network makes of images like those it learnt from, kept with its bundle."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from carclf import familiarity, images, preparation
from carclf.batches import read_ahead
from carclf.bundle import Bundle
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


def _features(
    bundle: Bundle, wanted: Sequence[TrainImage], most: int
) -> NDArray[np.float32]:
    """Return the features of up to `most` images, from all over the list."""

    def read(place: int) -> ImageRGB | None:
        try:
            image = images.read_rgb(wanted[place].path)
        except UnreadableImageError:
            # The training that used these images has listed it as skipped.
            return None
        return preparation.resize(image, bundle.preparation)

    places = np.linspace(0, len(wanted) - 1, min(most, len(wanted))).round().astype(int)
    found = [np.zeros((0, 0), np.float32)]
    for batch in read_ahead(map(int, places), read):
        if readable := [image for image in batch if image is not None]:
            found.append(bundle.features(readable))
    return np.concatenate(found[1:] or found)
