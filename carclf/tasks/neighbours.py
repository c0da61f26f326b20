"""Find out what an evaluation's images lie beside: training images, and each other."""

from pathlib import Path

from carclf.bundle import Bundle
from carclf.errors import JobError
from carclf.evaluation import embedding, features
from carclf.evaluation.features import Features
from carclf.records import Evaluation, JobStatus, Run, Version
from carclf.store import evaluations, versions
from carclf.tasks.evaluate import bundle_of
from carclf.tasks.work import Work


def run(work: Work) -> JobStatus:
    evaluation = evaluations.get(work.db, work.job.settings["evaluation_id"])
    own = work.run()
    _arrange(work, own, evaluation)
    version = versions.get(work.db, features.learnt_from(own, evaluation))
    training_features(work, version, bundle_of(work, own, evaluation.epoch).folder)
    return "done"


def _arrange(work: Work, own: Run, evaluation: Evaluation) -> None:
    """Place the evaluation's images on a map, unless that was done before."""
    path = embedding.of_evaluation(work.settings, own, evaluation.id)
    if features.read(path) is not None:
        return
    work.report(0, 1, f"Arranging {evaluation.image_count:,} images on the map")
    given = features.read(features.of_evaluation(work.settings, own, evaluation.id))
    if given is None:
        raise JobError(
            "This evaluation's features are gone, or it was made before they were "
            "kept. Evaluate the run again."
        )
    features.write(path, given.image_ids, embedding.neighbourhoods(given.vectors))


def training_features(work: Work, version: Version, bundle: Path) -> Features:
    """Return the features of a version's training images; kept, so read only once.

    Args:
        bundle: The folder of the network's bundle.
    """
    path = features.of_training(work.settings, bundle / "model.onnx", version)
    kept = features.read(path)
    if kept is not None:
        return kept
    examples = versions.examples(work.db, version.id, split="train")
    found = features.compute(
        work.settings,
        Bundle.load(bundle),
        examples,
        work.stoppable("Reading the training images"),
    )
    features.write(path, found.image_ids, found.vectors)
    return found
