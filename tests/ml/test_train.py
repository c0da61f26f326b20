"""A training from files to a bundle, with everything that can come between."""

import json
import re
from dataclasses import replace

import keras
import numpy as np
import pytest

from carclf import config as configuration
from carclf.bundle import Bundle
from carclf.errors import TrainingError
from carclf.images import read_rgb
from carclf.ml import machine, networks, train
from tests.ml.conftest import CLASSES, Watcher

pytestmark = pytest.mark.keras

METRICS = {
    "loss",
    "accuracy",
    "val_loss",
    "val_accuracy",
    "learning_rate",
    "images_per_second",
    "waiting_share",
    "memory_bytes",
    "seconds",
}
FROZEN = {"mode": "freeze", "batch_norm": "inference"}


def logits(network, images):
    pixels = np.float32(np.stack(images))
    return keras.ops.convert_to_numpy(network(pixels, training=False))


def parent_of(trained, classes=CLASSES):
    weights = trained.watcher.kept[trained.outcome.best_epoch]
    return train.Parent(weights, trained.plan.config, classes)


def test_every_epoch_tells_all_of_its_metrics_in_order(trained):
    assert [event.epoch for event in trained.watcher.epochs] == [1, 2, 3, 4, 5, 6]
    assert all(set(event.metrics) == METRICS for event in trained.watcher.epochs)


def test_the_network_learns_to_tell_drawn_cars_apart(trained):
    first, *_, last = trained.watcher.epochs

    assert last.metrics["loss"] < first.metrics["loss"]
    assert trained.outcome.best_metrics["val_accuracy"] >= 0.8


def test_the_bundle_predicts_with_the_best_epoch(trained):
    outcome, plan = trained.outcome, trained.plan
    bundle = Bundle.load(plan.folder / "bundle")

    judged = [
        bundle.look(read_rgb(one.path)).prediction.label == one.label
        for one in plan.validation
    ]

    assert np.mean(judged) == pytest.approx(outcome.best_metrics["val_accuracy"])
    assert bundle.classes == CLASSES
    assert bundle.facts["epoch"] == outcome.best_epoch
    assert bundle.facts["run_name"] == "drawn cars"
    assert bundle.facts["weights"]["origin"] == "random"


@pytest.mark.parametrize("flip", [False, True])
def test_the_bundle_flips_images_if_the_settings_say_so(plan, flip):
    asked = plan(learning={"test_time_flip": flip}, fit={"epochs": 1})

    Watcher().run(asked)

    assert Bundle.load(asked.folder / "bundle").test_time_flip == flip


def test_the_best_epoch_and_the_last_stay_on_disk(trained):
    kept = trained.watcher.kept

    assert set(kept) == {trained.outcome.best_epoch, trained.outcome.last_epoch}
    assert sorted(kept.values()) == sorted(
        (trained.plan.folder / "checkpoints").iterdir()
    )


def test_the_folder_says_what_was_trained(trained):
    folder = trained.plan.folder

    network = json.loads((folder / "network.json").read_text())

    assert configuration.load(folder / "config.yml") == trained.plan.config
    assert network["backbone"] == "tiny"
    assert network["trainable_parameters"] < network["parameters"]
    assert {one.name for one in (folder / "tensorboard").iterdir()} == {
        "train",
        "validation",
    }


def test_progress_names_the_work_and_never_goes_back(trained):
    reports = trained.watcher.reports
    epochs = [one for one in reports if one[2].startswith("Epoch")]

    assert {"Reading images", "Building the network", "Exporting the best epoch"} <= {
        message for _, _, message, _ in reports
    }
    assert epochs == sorted(epochs, key=lambda one: one[0])
    assert epochs[-1] == (18, 18, "Epoch 6 of 6", pytest.approx(0))


@pytest.mark.parametrize("way", ["cached", "streaming"])
def test_freezing_trains_the_head_either_way(plan, way):
    frozen = plan(
        learning={**FROZEN, "features": way, "views": 2},
        model={"data_aug_layer": {"random_flip": {}}},
        fit={"epochs": 2, "callbacks": {"model_checkpoint": {"save_best_only": False}}},
    )
    watcher = Watcher()

    watcher.run(frozen)

    first, last = (
        networks.restore(frozen.config, 3, watcher.kept[epoch]) for epoch in (1, 2)
    )
    parts = [networks.backbone_of(one).get_weights() for one in (first, last)]
    assert all(np.array_equal(*pair) for pair in zip(*parts, strict=True))
    heads = [one.get_layer(networks.HEAD).get_weights()[0] for one in (first, last)]
    assert not np.array_equal(*heads)


def test_a_stop_after_an_epoch_keeps_it_and_exports(plan):
    asked = plan(fit={"epochs": 50})

    outcome = Watcher(stop_after=2).run(asked)

    assert outcome.stopped
    assert outcome.last_epoch == 2
    assert Bundle.load(asked.folder / "bundle").facts["epoch"] == outcome.best_epoch


def test_a_stop_before_the_first_epoch_ends_without_a_bundle(plan):
    asked = plan()

    outcome = Watcher(stop_after=0).run(asked)

    assert outcome.stopped
    assert outcome.best_epoch is None
    assert not (asked.folder / "bundle").exists()


def test_a_run_that_reached_its_last_epoch_was_not_stopped(plan):
    assert not Watcher(stop_after=1).run(plan(fit={"epochs": 1})).stopped


def test_no_better_epoch_for_a_while_ends_the_training(plan):
    waiting = {"early_stopping": {"patience": 2, "min_delta": 0.99}}

    outcome = Watcher().run(plan(fit={"epochs": 50, "callbacks": waiting}))

    assert outcome.last_epoch == 3
    assert not outcome.stopped


def test_a_training_that_diverges_ends_with_advice(plan, tmp_path, trained):
    network = networks.restore(trained.plan.config, 3, parent_of(trained).weights)
    network.set_weights([np.full_like(one, np.nan) for one in network.get_weights()])
    network.save_weights(tmp_path / "nan.weights.h5")
    broken = replace(parent_of(trained), weights=tmp_path / "nan.weights.h5")

    with pytest.raises(TrainingError, match=r"Diverged at step 1, .*Lower the"):
        Watcher().run(replace(plan(), parent=broken))


def test_what_was_learnt_before_a_training_diverged_is_exported(plan):
    absurd = {"optimizer": {"sgd": {"learning_rate": 10, "momentum": 0.99}}}
    # The first epochs of a warm-up from nothing are good ones; what follows is not.
    learning = {"batch_norm": "inference", "schedule": {"warmup_epochs": 20}}
    asked = plan(fit={"epochs": 200}, compile=absurd, learning=learning)
    watcher = Watcher()

    outcome = watcher.run(asked)

    last = watcher.epochs[-1].epoch
    found = re.match(r"Diverged at step (\d+), in epoch (\d+):", str(outcome.trouble))
    assert int(found[2]) == last + 1 == outcome.last_epoch + 1
    assert 3 * last < int(found[1]) <= 3 * last + 3
    assert Bundle.load(asked.folder / "bundle").facts["epoch"] == outcome.best_epoch
    assert outcome.best_epoch in watcher.kept


def test_a_damaged_photograph_is_skipped_and_told(plan):
    asked = plan(fit={"epochs": 1})
    asked.train[5].path.write_bytes(b"")

    outcome = Watcher().run(asked)

    assert [one.path for one in outcome.skipped] == [asked.train[5].path.name]
    assert outcome.last_epoch == 1


def test_a_run_goes_on_from_its_parents_weights(plan, trained):
    child = plan(learning={**FROZEN, "features": "streaming"}, fit={"epochs": 1})
    child = replace(child, parent=parent_of(trained))
    watcher = Watcher()

    outcome = watcher.run(child)

    before, after = (
        networks.backbone_of(networks.restore(one.config, 3, weights)).get_weights()
        for one, weights in (
            (trained.plan, child.parent.weights),
            (child, watcher.kept[1]),
        )
    )
    assert all(np.array_equal(*pair) for pair in zip(before, after, strict=True))
    assert outcome.best_metrics["val_accuracy"] >= 0.8


def test_a_class_that_both_runs_know_keeps_its_weights(plan, trained):
    renamed = ("Blue Bus", "Brown Truck", "Red Van")
    asked = plan(
        fit={"epochs": 1}, compile={"optimizer": {"sgd": {"learning_rate": 1e-9}}}
    )
    asked = replace(asked, parent=parent_of(trained, renamed))
    watcher = Watcher()

    watcher.run(asked)

    old = networks.restore(trained.plan.config, 3, asked.parent.weights)
    new = networks.restore(asked.config, 3, watcher.kept[1])
    old_kernel, new_kernel = (
        one.get_layer(networks.HEAD).get_weights()[0] for one in (old, new)
    )
    shared = [CLASSES.index("Blue Bus"), CLASSES.index("Red Van")]
    assert new_kernel[:, shared] == pytest.approx(old_kernel[:, [0, 2]], abs=1e-5)
    green = CLASSES.index("Green Coupe")
    assert new_kernel[:, green] != pytest.approx(old_kernel[:, 1], abs=1e-2)


def test_weights_of_another_backbone_are_refused(plan, trained):
    wanted = plan(model={"backbone": "EfficientNetLite0"})

    with pytest.raises(TrainingError, match="has the backbone tiny, and"):
        Watcher().run(replace(wanted, parent=parent_of(trained)))


def test_weights_that_are_gone_are_named(plan, trained, tmp_path):
    gone = replace(parent_of(trained), weights=tmp_path / "epoch-009.weights.h5")

    with pytest.raises(TrainingError, match=r"epoch-009\.weights\.h5 are gone"):
        Watcher().run(replace(plan(), parent=gone))


def test_a_wrong_number_of_classes_is_refused_before_any_work(plan):
    with pytest.raises(TrainingError, match=r"model\.classes is 196, .* 3 classes"):
        Watcher().run(plan(model={"classes": 196}))


@pytest.mark.parametrize("has_bfloat16", [False, True])
def test_16_bits_train_and_export_as_32_do(plan, monkeypatch, has_bfloat16):
    monkeypatch.setattr(machine.devices, "has_bfloat16_gpu", lambda: has_bfloat16)
    asked = plan(
        model={"data_aug_layer": {"random_flip": {}}},
        learning={**FROZEN, "mixed_precision": True, "views": 2},
    )

    outcome = Watcher().run(asked)

    predictions = Bundle.load(asked.folder / "bundle").predict(
        [np.zeros((32, 32, 3), np.uint8)]
    )
    assert outcome.last_epoch == 3
    assert sum(share for _, share in predictions[0].top) == pytest.approx(1)


class Short(Watcher):
    """Stands in for a device without room for more than some images a batch."""

    def progress(self, *said, **facts):
        super().progress(*said, **facts)
        if facts.get("batch_size", 0) > self.room and self.is_full():
            raise full()

    def is_full(self):
        return True


def full():
    """Return what the backend in use raises when memory runs out."""
    kind = machine.memory_errors()[-1]
    message = "RESOURCE_EXHAUSTED: Out of memory while trying to allocate"
    return kind(None, None, message) if "tensorflow" in str(kind) else kind(message)


def test_too_little_memory_halves_the_batch_and_adds_the_gradients_up(plan):
    watcher = Short()
    watcher.room = 2

    outcome = watcher.run(plan(fit={"epochs": 2}))

    assert outcome.trouble is None
    assert [event.epoch for event in watcher.epochs] == [1, 2]
    assert watcher.facts[-1]["batch_size"] == 2
    assert watcher.told[-1].step == 24
    assert [note[:45] for note in watcher.notes] == [
        "Memory ran out with 8 images a batch. Goes on",
        "Memory ran out with 4 images a batch. Goes on",
    ]
    assert "the gradients of 4 batches" in watcher.notes[-1]


def test_what_was_learnt_before_memory_ran_out_is_kept(plan):
    class Later(Short):
        def is_full(self):
            return len(self.epochs) == 3

    watcher = Later()
    watcher.room = 4

    outcome = watcher.run(plan(fit={"epochs": 4}))

    assert watcher.rewound == [2]
    assert [event.epoch for event in watcher.epochs] == [1, 2, 3, 4]
    assert [one.step for one in watcher.told] == [*range(1, 7), *range(13, 25)]
    assert outcome.last_epoch == 4


def test_memory_that_does_not_hold_one_image_is_a_clear_error(plan):
    watcher = Short()
    watcher.room = 0

    with pytest.raises(TrainingError, match=r"1 image a batch.*image_size smaller"):
        watcher.run(plan())


def test_the_same_seed_gives_the_same_training(plan):
    asked = plan(fit={"epochs": 2}, model={"data_aug_layer": {"random_flip": {}}})
    first, second = Watcher(), Watcher()

    first.run(asked)
    second.run(asked)

    losses = [
        [event.metrics["loss"] for event in one.epochs] for one in (first, second)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_the_environment_names_versions_backend_and_device():
    facts = train.environment()

    assert {"python", "keras", "onnxruntime", "backend", "device"} <= set(facts)
    assert facts["keras"] == keras.__version__
