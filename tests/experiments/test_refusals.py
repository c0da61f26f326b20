"""What cannot be done with a run that was imported, and what is said then."""

import pytest

from carclf import config, jobs, recorded, store
from carclf.errors import BundleError, StoreError
from carclf.experiments import importing
from carclf.store import runs, versions
from carclf.ui import bundles
from tests.experiments import logs


@pytest.fixture
def bare(settings, tmp_path):
    """A run that was imported without settings and weights."""
    train, validation = logs.epochs(2)
    logs.start(tmp_path / "old", train=train, validation=validation)
    importing.import_runs(settings, tmp_path / "old", lambda *_: None)
    with store.connect(settings.db_path) as db:
        return runs.find(db, "old")


def test_without_weights_it_cannot_be_judged(settings, bare, version):
    with pytest.raises(StoreError, match="“old” was imported without weights"):
        jobs.submit_evaluation(settings, bare.id, version.id, "test")


def test_without_weights_nothing_starts_from_it(settings, bare, version):
    wanted = config.from_plain(
        {"data": {"version": version.name}, "model": {"weights": "run:old@2"}}
    )

    with pytest.raises(StoreError, match="nothing to predict with or to start from"):
        jobs.submit_training(settings, wanted)


def test_there_is_no_model_of_it_to_predict_with(settings, bare):
    with pytest.raises(BundleError, match="was imported, and there is no model of it"):
        bundles.load(settings, bare.id)
    assert bare.id not in dict(map(reversed, bundles.choices(settings)))


def test_with_weights_but_nameless_classes_it_cannot_be_judged(
    settings, bare, version, tmp_path
):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "config.yml").write_text("model: {classes: 3}")
    (tmp_path / "new" / "model.02.h5").write_bytes(b"weights")
    importing.import_runs(settings, tmp_path / "new", lambda *_: None)
    with store.connect(settings.db_path) as db:
        run = runs.find(db, "new")

    with pytest.raises(StoreError, match="not with the names of its classes"):
        jobs.submit_evaluation(settings, run.id, version.id, "test")


def test_its_settings_are_shown_without_a_default_that_it_never_had(settings, bare):
    assert recorded.as_yaml(bare).splitlines() == [
        "# Imported: what does not stand here was not recorded.",
        "{}",
    ]
    assert recorded.images(bare, None) == "images not recorded"
    assert recorded.network(bare) == "network not recorded"


def test_a_directory_is_told_by_its_own_name(settings, bare):
    with store.connect(settings.db_path) as db:
        for directory, name in (
            ("/home/app/src/data/car_ims_v2/train", "car_ims_v2"),
            (r"D:\cars\v3", "v3"),
            ("train", "train"),
        ):
            runs.set_config(db, bare.id, {"data": {"directory": directory}})
            assert recorded.images(runs.get(db, bare.id), None) == name


def test_of_a_run_of_our_own_the_version_is_told(settings, version):
    with store.connect(settings.db_path) as db:
        known = versions.get(db, version.id)
        plain = config.TrainConfig().model_dump(mode="json")
        run = runs.create(db, "own", plain, version_id=version.id)

    assert recorded.images(run, known) == version.name
    assert recorded.network(run) == "frozen EfficientNetLite0"
