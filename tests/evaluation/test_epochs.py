"""Where the bundle of an epoch lies that is not a run's best."""

import os

from carclf.config import TrainConfig
from carclf.evaluation import epochs
from carclf.store import runs


def test_weights_that_were_trained_anew_are_not_taken_for_those_before(
    settings, db, tmp_path
):
    config = TrainConfig().model_dump(mode="json")
    run = runs.create(db, "resumed", config, version_id=None)
    weights = tmp_path / "epoch-002.weights.h5"
    weights.write_bytes(b"before")
    before = epochs.cached(settings, run, 2, weights)

    weights.write_bytes(b"anew")
    os.utime(weights, ns=(1, 1))

    assert epochs.cached(settings, run, 2, weights) != before
    assert before.is_relative_to(settings.cache)
