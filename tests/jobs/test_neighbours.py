"""What an evaluation's images lie beside, found out by a worker."""

import pytest

from carclf import jobs, store
from carclf.errors import JobError
from carclf.evaluation import embedding, epochs, features
from carclf.store import evaluations, runs, versions


@pytest.mark.slow
def test_a_worker_reads_the_training_images_once_and_arranges_the_map(
    settings, tiny, until, version
):
    def ended(job):
        return job.status in ("done", "failed", "stopped")

    run, training = jobs.submit_training(settings, tiny(epochs=1))
    until(training.id, ended)
    with store.connect(settings.db_path) as db:
        evaluation = evaluations.of_run(db, run.id)[0]

    found = until(jobs.submit_neighbours(settings, evaluation.id).id, ended)

    assert found.status == "done", found.reason
    with store.connect(settings.db_path) as db:
        run = runs.get(db, run.id)
        learnt = versions.examples(db, version.id, split="train")
        inside, covered = evaluations.mean_attention(db, evaluation.id)
        bundle = epochs.bundle_of(settings, db, run, evaluation.epoch)
    model = bundle / "model.onnx"
    path = features.of_training(settings, model, version)
    assert set(features.read(path).image_ids) == {one.image_id for one in learnt}
    arranged = features.read(embedding.of_evaluation(settings, run, evaluation.id))
    assert arranged.vectors.shape == (12, 2)
    assert 0 <= inside <= 1
    assert covered == pytest.approx(1 / 6, abs=0.02)
    written = path.stat().st_mtime_ns
    until(jobs.submit_neighbours(settings, evaluation.id).id, ended)
    assert path.stat().st_mtime_ns == written


def test_an_evaluation_of_before_has_no_neighbours_to_find(settings, db, tiny, version):
    run, _ = jobs.submit_training(settings, tiny())
    evaluation_id = evaluations.add(
        db, run.id, 1, version.id, "test", version.classes, {"accuracy": 0.0}, []
    )

    with pytest.raises(JobError, match="Evaluate the run again"):
        jobs.submit_neighbours(settings, evaluation_id)
