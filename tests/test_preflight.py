"""What is said of a training before it is queued."""

import json

import pytest

from carclf import config, preflight, store
from carclf.config import from_plain
from carclf.datasets import versions
from carclf.errors import ConfigError
from carclf.preflight import data, room
from carclf.records import Checkpoint, EpochEnded
from carclf.store import runs
from carclf.store import versions as stored_versions
from tests import drawing


def wanted(**sections):
    """Return settings for the drawn cars, on the tiny network unless changed."""
    plain = {
        "data": {"version": "cars", "image_size": [64, 64], "batch_size": 8},
        "model": {"backbone": "tiny", "weights": "none"},
        "learning": {"mode": "finetune"},
    }
    for name, changes in sections.items():
        plain[name] = {**plain.get(name, {}), **changes}
    return from_plain(plain)


def said(settings, tone, **sections):
    found = preflight.check(settings, wanted(**sections))
    return " ".join(one.text for one in found if one.tone == tone)


@pytest.fixture(autouse=True)
def forgotten():
    """Files are looked for at most every half a minute; a test must not wait."""
    data._missing.cache_clear()
    room.has_gpu.cache_clear()


def test_a_training_that_can_begin_is_told_of_its_images_and_the_room(
    settings, version
):
    found = preflight.check(settings, wanted())

    assert {one.tone for one in found} == {"ok"}
    assert found[0].text == "“cars”: 3 classes, 18 training and 6 validation images."
    assert "will be written" in found[1].text


def test_a_version_that_does_not_exist_is_bad(settings, version):
    assert "“karts”. There are: “cars”" in said(
        settings, "bad", data={"version": "karts"}
    )


def test_bad_findings_come_first_and_refuse_in_the_same_words(settings, version):
    wrong = wanted(model={"classes": 7}, learning={"progressive": [96]})
    found = preflight.check(settings, wrong)

    with pytest.raises(ConfigError) as caught:
        preflight.require(settings, wrong)

    assert [one.tone for one in found[:2]] == ["bad", "bad"]
    assert str(caught.value) == f"{found[0].text} {found[1].text}"


def test_classes_with_too_few_images_are_named(settings, tmp_path):
    folder = tmp_path / "few" / "train"
    for label, count in (("red", 8), ("blue", 4), ("green", 1)):
        for seed in range(count):
            drawing.draw(folder / label / f"{seed}.png", label, seed)
    versions.import_folder(settings, tmp_path / "few", "few")

    warned = said(settings, "warn", data={"version": "few"})

    assert "1 class with fewer than 2 training images: “green”." in warned
    assert "1 class with fewer than 5 training images: “blue”." in warned


def test_photographs_that_are_gone_are_counted(settings, version, db):
    paths = stored_versions.some_paths(db, version.id, 200)
    for path in paths[:5]:
        settings.resolve(path).unlink()

    assert "5 of 36 images of “cars”" in said(settings, "warn")

    for path in paths[5:]:
        settings.resolve(path).unlink()
    data._missing.cache_clear()
    assert "36 of 36 images of “cars”" in said(settings, "bad")


def test_some_paths_come_from_all_over_a_version(version, db):
    few = stored_versions.some_paths(db, version.id, 4)

    assert len(set(few)) == 4
    assert len(stored_versions.some_paths(db, version.id, 1000)) == 36


def test_weights_that_are_no_file_are_bad(settings, version):
    bad = said(settings, "bad", model={"weights": "/nowhere/best.keras"})

    assert "model.weights is '/nowhere/best.keras', and there is no such file" in bad


@pytest.fixture
def parent(settings, version):
    """A run on the drawn cars that kept epoch 2, and recorded its network."""
    with store.connect(settings.db_path) as db:
        plain = wanted().model_dump(mode="json")
        run = runs.create(db, "parent", plain, version_id=version.id)
        runs.add_epoch(db, run.id, EpochEnded(2, {"val_accuracy": 0.5}))
        path = run.folder / "checkpoints" / "2.weights.h5"
        runs.keep_checkpoint(db, Checkpoint(run.id, 2, path, 1))
    settings.resolve(path).parent.mkdir(parents=True)
    settings.resolve(path).touch()
    recorded = settings.resolve(run.folder) / "network.json"
    recorded.write_text(json.dumps({"backbone_layers": ["image", "block1_conv"]}))
    return run


def test_an_epoch_that_was_not_kept_is_bad(settings, parent):
    bad = said(settings, "bad", model={"weights": "run:parent@1"})

    assert "has not kept the weights of epoch 1. Kept are: 2." in bad


def test_an_epoch_whose_file_is_gone_is_bad(settings, parent):
    (settings.resolve(parent.folder) / "checkpoints" / "2.weights.h5").unlink()

    bad = said(settings, "bad", model={"weights": "run:parent"})
    assert "epoch 2 of “parent” are gone from the disk" in bad


def test_a_parent_with_another_backbone_is_bad(settings, parent):
    other = {"weights": "run:parent@2", "backbone": "ResNet50"}

    assert "has the backbone tiny, and model.backbone is ResNet50" in said(
        settings, "bad", model=other
    )


def test_a_parent_that_learnt_from_treated_images_is_warned_of(settings, parent, db):
    members = stored_versions.examples(db, parent.version_id)
    stored_versions.create(
        db,
        "cut",
        "another hash",
        members,
        treatment={"remover": "box", "output": "crop"},
        source="cars",
        split_rule="the same",
    )

    warned = said(
        settings, "warn", data={"version": "cut"}, model={"weights": "run:parent@2"}
    )

    assert "learnt from images with their backgrounds" in warned
    assert "“cut” are cropped to a known box" in warned


def test_a_layer_that_an_earlier_run_did_not_have_is_bad(settings, parent):
    bad = said(settings, "bad", learning={"unfreeze_from": "block1_cnv"})

    assert "no layer of tiny (the nearest is block1_conv)" in bad


def test_a_layer_of_a_network_that_never_ran_is_left_to_the_training(settings, version):
    assert said(settings, "bad", learning={"unfreeze_from": "block9_conv"}) == ""


@pytest.mark.parametrize(
    ("tone", "sections", "words"),
    [
        ("bad", {"model": {"weights": "imagenet"}}, "tiny backbone has no ImageNet"),
        ("warn", {"learning": {"mode": "freeze"}}, "near 0.67 accuracy on Stanford"),
        (
            "bad",
            {"learning": {"mode": "freeze", "cutmix": 1}},
            "cached features have no pixels to cut",
        ),
        (
            "bad",
            {"learning": {"mode": "freeze", "progressive": [32]}},
            "learning.progressive needs images",
        ),
        (
            "warn",
            {"learning": {"mode": "freeze", "layer_decay": 0.8}},
            "learning.layer_decay moves nothing in a frozen backbone",
        ),
        ("bad", {"learning": {"progressive": [64]}}, "so each must be smaller"),
        (
            "warn",
            {"learning": {"progressive": [48, 32]}},
            "from small sizes to larger ones",
        ),
        (
            "bad",
            {"learning": {"progressive": [32, 48]}, "fit": {"epochs": 2}},
            "no epoch for each",
        ),
        (
            "warn",
            {"learning": {"schedule": {"warmup_epochs": 30}}},
            "never reaches its highest value",
        ),
        ("warn", {"data": {"batch_size": 64}}, "more than the 18 training images"),
        (
            "warn",
            {"data": {"batch_size": 4096, "image_size": [1024, 1024]}},
            "Try one batch: it proposes a batch size that fits",
        ),
    ],
)
def test_settings_that_do_not_go_together_are_told(
    settings, version, tone, sections, words
):
    assert words in said(settings, tone, **sections)


def test_sixteen_bits_without_a_gpu_are_warned_of(settings, version, monkeypatch):
    mixed = {"learning": {"mixed_precision": True}}
    monkeypatch.setattr(room.devices, "has_gpu", lambda: False)
    assert "pays on a GPU, and this machine has none" in said(settings, "warn", **mixed)

    room.has_gpu.cache_clear()
    monkeypatch.setattr(room.devices, "has_gpu", lambda: True)
    assert said(settings, "warn", **mixed) == ""


def test_what_is_written_grows_with_images_views_and_epochs(version):
    def bytes_of(**sections):
        return room.disk_bytes(wanted(**sections), version)

    images = 24 * 64 * 64 * 3
    weights = 6000 * 4
    assert bytes_of(learning={"mode": "freeze", "features": "streaming"}) == (
        images + weights * 4
    )
    one_view = bytes_of(learning={"mode": "freeze"})
    four_views = bytes_of(
        learning={"mode": "freeze", "views": 4},
        model={"data_aug_layer": {"random_flip": {}}},
    )
    assert four_views - one_view == 3 * 18 * 32 * 4
    every = bytes_of(
        fit={"epochs": 30, "callbacks": {"model_checkpoint": {"save_best_only": False}}}
    )
    assert every == images + weights * 3 * 32


def test_a_disk_that_is_too_small_refuses(settings, version, monkeypatch):
    monkeypatch.setattr(room, "_free", lambda folder: 100_000)

    assert "and 100 kB are free. Free some space" in said(settings, "bad")


def test_every_recipe_can_be_trained_on_the_sample(settings, version):
    for path in sorted(settings.recipes.glob("*.yml")):
        recipe = config.load(path)
        data = recipe.data.model_copy(update={"version": "cars"})
        found = preflight.check(settings, recipe.model_copy(update={"data": data}))

        assert [one.text for one in found if one.tone == "bad"] == [], path.name
