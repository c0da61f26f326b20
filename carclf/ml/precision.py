"""In how many bits a network may predict: in fewer only if its answers stay."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from carclf import network
from carclf.config import Preparation
from carclf.ml import seen
from carclf.ml.listing import TrainImage
from carclf.network import Network, Precision

# Of the validation images, named alike; below it the network stays in 32 bits.
ENOUGH = 0.99
# Fewer say too little, more would take long.
LEAST_COMPARED, MOST_COMPARED = 50, 300


def settle(path: Path, how: Preparation, validation: Sequence[TrainImage]) -> Precision:
    """Return bf16 if an ONNX network answers in it as it does in 32 bits.

    Args:
        validation: Images to ask it; with too few, or on a processor that gains nothing
            by it, nothing is tried.
    """
    if len(validation) < LEAST_COMPARED or not network.has_bfloat16():
        return "f32"
    whole, fewer = Network(path, "f32"), Network(path, "bf16")
    same = asked = 0
    for batch in seen.spread(validation, MOST_COMPARED, how):
        images = np.stack(batch).astype(np.float32)
        wanted, found = (one.run(images, [0])[0].argmax(1) for one in (whole, fewer))
        same += int((wanted == found).sum())
        asked += len(batch)
    return "bf16" if asked and same / asked >= ENOUGH else "f32"
