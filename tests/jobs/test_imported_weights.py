"""Weights that Keras 2 wrote as the report had them, and a training from them."""

import keras
import numpy as np
import pytest
from keras import layers

from carclf import config, jobs, store
from carclf.experiments import importing
from carclf.ml import networks
from carclf.store import runs
from tests.experiments import logs

pytestmark = [pytest.mark.keras, pytest.mark.slow]

SETTINGS = {
    "data": {"image_size": [32, 32]},
    "model": {"backbone": "tiny", "weights": "imagenet", "classes": 5},
    "learning": {"mode": "freeze"},
}


@pytest.fixture
def backbone():
    """The tiny backbone as a network of its own, with weights like no other."""
    made = networks.backbone_of(
        networks.build(
            config.from_plain(
                SETTINGS | {"model": {"backbone": "tiny", "weights": "none"}}
            ),
            5,
        )
    )
    pooled = layers.GlobalAveragePooling2D()(made.output)
    inner = keras.Model(made.input, pooled, name="tiny")
    for number, weight in enumerate(inner.weights):
        weight.assign(np.full(weight.shape, 0.1 + 0.01 * number))
    inner.trainable = False
    return inner


@pytest.fixture
def old(tmp_path, backbone):
    """An experiment whose file holds the whole network, under its epoch."""
    train, validation = logs.epochs(3)
    logs.start(tmp_path / "old", train=train, validation=validation)
    text = config.to_yaml(config.from_plain(SETTINGS))
    (tmp_path / "old" / "config.yml").write_text(text)
    image = keras.Input((32, 32, 3))
    x = keras.Sequential([layers.RandomFlip("horizontal")])(image)
    x = layers.Dropout(0.3)(backbone(x, training=False))
    whole = keras.Model(image, layers.Dense(5, activation="softmax")(x))
    whole.save(tmp_path / "old" / "model.02-1.5000.h5")
    return tmp_path / "old"


def test_the_weights_of_the_report_are_read(old, backbone):
    read = networks.restore(config.from_plain(SETTINGS), 5, old / "model.02-1.5000.h5")

    given = [weight.numpy() for weight in backbone.weights]
    found = {one.path: one.numpy() for one in networks.backbone_of(read).weights}
    assert sorted(one.sum() for one in given) == pytest.approx(
        sorted(one.sum() for one in found.values())
    )
    for layer in networks.backbone_of(read).layers:
        for one, other in zip(
            layer.get_weights(),
            backbone.get_layer(layer.name).get_weights() if layer.weights else [],
            strict=True,
        ):
            np.testing.assert_array_equal(one, other)


def test_a_training_starts_from_an_imported_run(settings, version, old, until):
    importing.import_runs(settings, old, lambda *_: None)
    wanted = {
        "data": {"version": version.name, "image_size": [32, 32]},
        "model": {"backbone": "tiny", "weights": "run:old@2"},
        "fit": {"epochs": 1},
    }

    run, job = jobs.submit_training(settings, config.from_plain(wanted))
    ended = until(job.id, lambda job: job.ended_at is not None)

    assert ended.status == "done", ended.reason
    with store.connect(settings.db_path) as db:
        assert runs.get(db, run.parent_id or 0).name == "old"
        assert len(runs.history(db, run.id)) == 1
