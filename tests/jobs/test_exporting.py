"""What can be exported is queued; what cannot is refused before it waits."""

import pytest

from carclf import jobs, store
from carclf.bundle import Bundle
from carclf.config import Treatment
from carclf.errors import ExportError, StoreError
from carclf.exports import folder
from carclf.store import runs


def ended(job):
    return job.status in ("done", "failed", "stopped")


@pytest.fixture
def untrained(settings, tiny):
    return jobs.submit_training(settings, tiny())[0]


def test_a_run_without_a_network_has_nothing_to_export(settings, untrained):
    with pytest.raises(ExportError, match="has no model to predict with yet"):
        jobs.submit_export(settings, untrained.id, ["onnx"])


def test_an_unknown_format_is_refused_with_the_nearest(settings, untrained):
    with pytest.raises(ExportError, match="nearest is openvino"):
        jobs.submit_export(settings, untrained.id, ["onnx", "openvin"])


def test_a_run_that_is_not_there_is_refused(settings):
    with pytest.raises(StoreError, match="There is no run 7"):
        jobs.submit_export(settings, 7, ["onnx"])


def test_an_imported_run_has_no_images_to_check_a_network_on(settings, untrained):
    with store.connect(settings.db_path) as db:
        imported = runs.create(db, "old", untrained.config, version_id=None)

    with pytest.raises(ExportError, match="was imported without its images"):
        jobs.submit_export(settings, imported.id, ["onnx"])


@pytest.mark.slow
def test_a_network_of_treated_images_is_exported_and_its_card_asks_for_such(
    settings, version, tiny, until
):
    """The remover itself need not be here."""
    with store.connect(settings.db_path) as db:
        plain = Treatment(remover="detectron2-crop").model_dump_json()
        db.execute("update versions set treatment = ?", [plain])
    run, job = jobs.submit_training(settings, tiny())
    until(job.id, ended)

    made = until(jobs.submit_export(settings, run.id, ["onnx"]).id, ended)

    assert made.status == "done", made.reason
    export = jobs.exported(settings, run, made)
    assert export.script.same_answer_rate == 1
    assert sorted(path.name for path in export.folder.iterdir()) == sorted(
        ["export.json", export.zip_path.name]
    )


@pytest.mark.slow
def test_an_export_that_fails_leaves_nothing_and_says_why(settings, tiny, until):
    run, job = jobs.submit_training(settings, tiny())
    until(job.id, ended)
    bundle = settings.resolve(run.folder) / "bundle"
    (bundle / "model.keras").write_bytes(b"PK no network")

    failed = until(jobs.submit_export(settings, run.id, ["onnx"]).id, ended)

    assert failed.status == "failed"
    assert "model.keras is missing or damaged" in failed.reason
    assert not [*(settings.resolve(run.folder) / "exports").glob("*")]
    assert Bundle.load(bundle)


@pytest.mark.slow
def test_deleting_a_run_takes_its_exports_along(settings, tiny, until):
    run, job = jobs.submit_training(settings, tiny())
    until(job.id, ended)
    until(jobs.submit_export(settings, run.id, ["keras"]).id, ended)
    (made,) = folder.of_run(settings, run)

    jobs.delete_run(settings, run.id)

    assert not made.folder.exists()
