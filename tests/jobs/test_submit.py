import pytest

from carclf import config, jobs, store
from carclf.config import Treatment
from carclf.datasets import versions as dataset_versions
from carclf.datasets.sources import Access, parse
from carclf.errors import ConfigError, DatasetError, SourceError, StoreError
from carclf.records import Checkpoint, EpochEnded
from carclf.store import jobs as store_jobs
from carclf.store import runs
from tests import drawing


def test_a_training_waits_with_a_copy_of_its_settings(settings, tiny):
    run, job = jobs.submit_training(settings, tiny(epochs=7))

    assert (run.status, job.status) == ("queued", "queued")
    assert config.from_plain(run.config) == tiny(epochs=7)


def test_a_version_that_does_not_exist_is_named_with_those_that_do(settings, tiny):
    with pytest.raises(StoreError, match=r"called “karts”. There are: “cars”"):
        jobs.submit_training(settings, tiny(data={"version": "karts"}))

    with store.connect(settings.db_path) as db:
        assert runs.every(db) == []


def test_a_version_without_validation_images_cannot_be_trained_on(
    settings, tmp_path, tiny
):
    folder = drawing.draw_classes(tmp_path / "all")
    made = dataset_versions.import_folder(settings, folder, "all", validation_split=0)

    with pytest.raises(DatasetError, match="has no validation images"):
        jobs.submit_training(settings, tiny(data={"version": made.name}))


def test_a_wrong_number_of_classes_is_refused(settings, tiny):
    wanted = tiny(model={"backbone": "tiny", "weights": "none", "classes": 196})

    with pytest.raises(ConfigError, match=r"classes is 196, but “cars” has 3"):
        jobs.submit_training(settings, wanted)


def test_missing_weights_are_refused_before_anything_is_queued(settings, tiny):
    wanted = tiny(model={"backbone": "tiny", "weights": "/gone/model.h5"})

    with pytest.raises(ConfigError, match=r"/gone/model.h5"):
        jobs.submit_training(settings, wanted)


def test_starting_from_a_run_takes_its_best_epoch_unless_another_is_named(
    settings, tiny, kept
):
    best, _ = jobs.submit_training(settings, tiny(model=from_run("parent")))
    second, _ = jobs.submit_training(settings, tiny(model=from_run("parent@2")))

    assert (best.parent_id, best.parent_epoch) == (kept.id, 3)
    assert (second.parent_id, second.parent_epoch) == (kept.id, 2)
    assert second.config["model"]["weights"] == f"run:{kept.id}@2"


def test_an_epoch_that_was_not_kept_is_refused_with_those_that_were(
    settings, tiny, kept
):
    with pytest.raises(StoreError, match=r"epoch 9. Kept are: 2, 3"):
        jobs.submit_training(settings, tiny(model=from_run("parent@9")))


def test_an_evaluation_takes_the_best_epoch_unless_another_is_named(
    settings, version, kept
):
    best = jobs.submit_evaluation(settings, kept.id, version.id, "test")
    second = jobs.submit_evaluation(settings, kept.id, version.id, "test", 2)

    assert (best.settings["epoch"], second.settings["epoch"]) == (3, 2)
    assert second.title == "Evaluate parent, epoch 2, on cars, test"


def test_a_version_without_a_class_in_common_is_no_test(settings, tmp_path, kept):
    folder = drawing.draw_classes(tmp_path / "else", ("Tram", "Tractor"))
    other = dataset_versions.import_folder(settings, folder, "else")

    with pytest.raises(DatasetError, match="“parent” knows none of the classes of"):
        jobs.submit_evaluation(settings, kept.id, other.id, "train")


def test_a_split_without_images_is_refused_before_anything_waits(
    settings, tmp_path, kept
):
    folder = drawing.draw_classes(tmp_path / "all")
    other = dataset_versions.import_folder(settings, folder, "all", validation_split=0)

    with pytest.raises(DatasetError, match="has no validation images"):
        jobs.submit_evaluation(settings, kept.id, other.id, "validation")

    with store.connect(settings.db_path) as db:
        assert store_jobs.unfinished(db) == []


def test_a_taken_name_is_refused_for_a_new_version(settings, version):
    treatment = Treatment(remover="box", output="crop")

    with pytest.raises(DatasetError, match="exists already"):
        jobs.submit_background(settings, version.id, treatment, " cars ")


def test_an_import_of_nothing_is_refused(settings):
    with pytest.raises(SourceError, match="Say where the photographs are"):
        jobs.submit_import(settings, [], "new")


def test_an_import_is_called_as_its_first_source_unless_told_otherwise(settings):
    sources = [parse("s3://bucket/car_ims.tgz"), parse("https://example.org/x.csv")]

    job = jobs.submit_import(settings, sources, access=Access("work"))

    assert job.title == "Import car_ims"
    assert job.settings["access"]["profile"] == "work"


def test_an_import_that_ended_is_queued_once_more_with_all_that_was_said(settings):
    first = jobs.submit_import(settings, [parse("s3://bucket/cars")], "mine")
    jobs.stop_now(settings, first.id)

    again = jobs.resume_version(settings, first)

    assert (again.status, again.settings) == ("queued", first.settings)


def test_a_waiting_job_moves_up_and_newcomers_stay_behind(settings, tiny):
    first, second = (jobs.submit_training(settings, tiny())[1] for _ in range(2))

    with store.connect(settings.db_path) as db:
        store_jobs.move(db, second.id, -1)
    third = jobs.submit_training(settings, tiny())[1]

    with store.connect(settings.db_path) as db:
        order = [job.id for job in store_jobs.unfinished(db)]
    assert order == [second.id, first.id, third.id]


@pytest.fixture
def kept(settings, tiny):
    """A run that kept the weights of epochs 2 and 3; the best is 3."""
    run, job = jobs.submit_training(settings, tiny(name="parent"))
    with store.connect(settings.db_path) as db:
        store_jobs.finish(db, job.id, "done")
        for epoch in (1, 2, 3):
            runs.add_epoch(db, run.id, EpochEnded(epoch, {"val_accuracy": epoch / 4}))
        for epoch in (2, 3):
            path = run.folder / "checkpoints" / f"{epoch}.weights.h5"
            settings.resolve(path).parent.mkdir(parents=True, exist_ok=True)
            settings.resolve(path).touch()
            runs.keep_checkpoint(db, Checkpoint(run.id, epoch, path, 1))
        runs.end(db, run.id, best_epoch=3)
    return run


def from_run(words: str) -> dict[str, str]:
    return {"backbone": "tiny", "weights": f"run:{words}"}
