"""The bundled sample, learnt by the first recipe that a newcomer starts."""

import pytest

from carclf import config as configuration
from carclf import store
from carclf.bundle import Bundle
from carclf.config import Preparation
from carclf.datasets import sample
from carclf.images import read_rgb
from carclf.ml import train
from carclf.store import versions
from tests.ml.conftest import Watcher

pytestmark = [pytest.mark.keras, pytest.mark.slow]


@pytest.fixture
def plan(settings):
    version = sample.ensure(settings)

    def images(split):
        with store.connect(settings.db_path) as db:
            found = versions.examples(db, version.id, split=split)
        return [
            train.TrainImage(settings.resolve(one.path), one.sha256, one.label)
            for one in found
        ]

    return train.Plan(
        config=configuration.load(settings.recipes / "quick-freeze.yml"),
        preparation=Preparation(),
        classes=version.classes,
        train=images("train"),
        validation=images("validation"),
        folder=settings.experiments / "run-001",
        cache=settings.cache,
        run_facts={},
    )


def test_the_first_recipe_reaches_four_in_five_on_the_sample(plan):
    outcome = Watcher().run(plan)

    assert outcome.best_metrics["val_accuracy"] >= 0.8
    assert outcome.skipped == ()
    bundle = Bundle.load(plan.folder / "bundle")
    looks = [bundle.look(read_rgb(one.path)) for one in plan.validation]
    right = [
        look.prediction.label == one.label
        for look, one in zip(looks, plan.validation, strict=True)
    ]
    assert sum(right) / len(right) == pytest.approx(
        outcome.best_metrics["val_accuracy"]
    )
