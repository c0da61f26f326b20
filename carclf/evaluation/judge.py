"""A bundle on a split: every image predicted, beside the label it should have."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from carclf import store
from carclf.background import treatments
from carclf.bundle import Answers, Bundle
from carclf.config import Treatment
from carclf.errors import DatasetError
from carclf.evaluation import attention, batches, features, report
from carclf.evaluation import shares as kept_shares
from carclf.evaluation.batches import Ready
from carclf.records import Example, Judged, Prediction, Skipped, Split, Version
from carclf.settings import Settings
from carclf.store import evaluations, runs, versions

# Below this a probability is a rounding error; keeps the loss finite.
_LEAST = 1e-12

Progress = Callable[[int, int], None]


def evaluate(
    settings: Settings,
    bundle: Bundle,
    run_id: int,
    epoch: int,
    version_id: int,
    split: Split,
    on_progress: Progress,
) -> int:
    """Judge a run's epoch on a split and record it; return the evaluation's id.

    Raises:
        DatasetError: The split is empty, nothing in it can be read, or its images
            were prepared otherwise than the run's training images.
    """
    with store.connect(settings.db_path) as db:
        version = versions.get(db, version_id)
        run = runs.get(db, run_id)
        examples = versions.examples(db, version_id, split=split)
    refuse_unfit(bundle.preparation.treatment, bundle.classes, run.name, version, split)
    found = judge(settings, bundle, examples, on_progress)
    judged, skipped = found.judged, found.skipped
    if not judged:
        raise DatasetError(
            f"None of the {len(examples)} {split} images of “{version.name}” could "
            f"be read. The first: {skipped[0].path} {skipped[0].reason}"
        )
    # With its features or not at all: a full disk leaves neither.
    with store.connect(settings.db_path) as db, db.atomic():
        evaluation_id = evaluations.add(
            db,
            run_id,
            epoch,
            version_id,
            split,
            bundle.classes,
            report.summary(judged),
            judged,
            skipped,
        )
        image_ids = [one.image_id for one in judged]
        for path, vectors in (
            (features.of_evaluation(settings, run, evaluation_id), found.vectors),
            (kept_shares.of_evaluation(settings, run, evaluation_id), found.shares),
        ):
            features.write(path, image_ids, vectors)
    return evaluation_id


def refuse_unfit(
    learnt: Treatment,
    classes: Sequence[str],
    run_name: str,
    version: Version,
    split: Split,
) -> None:
    """Stop a network from being judged where its accuracy would mean nothing.

    Args:
        learnt: What was done to the images that it learnt from.
        classes: Those it knows. If the version has more, what is of those counts as a
            mistake; if it has fewer, any answer may still be given.

    Raises:
        DatasetError: There are no images, or their treatment or all of their classes
            are others than those of the run.
    """
    if not version.counts.get(split):
        raise DatasetError(
            f"“{version.name}” has no {split} images. Choose another split."
        )
    given = Treatment.model_validate(version.treatment)
    those = f"those of “{version.name}” are"
    unlike = treatments.unlike(f"“{run_name}”", learnt, those, given)
    if unlike:
        raise DatasetError(
            f"{unlike}. Its accuracy there would mean nothing: choose a version "
            "treated alike."
        )
    if not set(classes) & set(version.classes):
        raise DatasetError(
            f"“{run_name}” knows none of the classes of “{version.name}”: it learnt "
            f"such as “{classes[0]}”, and there is such as “{version.classes[0]}”. "
            "Choose a version that has classes in common with it."
        )


@dataclass(frozen=True)
class Judgement:
    """What a network said of a split's images.

    Attributes:
        judged: Those that could be read, in the order of the split.
        vectors: The features of each of them, shape (n, channels).
        shares: Of every class, shape (n, classes).
    """

    judged: list[Judged]
    skipped: list[Skipped]
    vectors: NDArray[np.float32]
    shares: NDArray[np.float32]


def judge(
    settings: Settings,
    bundle: Bundle,
    examples: Sequence[Example],
    on_progress: Progress,
) -> Judgement:
    """Return a judgement of every readable image, and the others with their reason."""
    judged: list[Judged] = []
    skipped: list[Skipped] = []
    vectors, shares = [], []
    for batch in batches.read(settings, bundle, examples):
        skipped += batch.skipped
        if batch.ready:
            answers = bundle.answer([one.image for one in batch.ready])
            judged += _judgements(batch.ready, answers, bundle.classes)
            vectors.append(answers.features)
            shares.append(answers.probabilities)
        on_progress(len(judged) + len(skipped), len(examples))
    nothing = [np.zeros((0, 0), np.float32)]
    return Judgement(
        judged,
        skipped,
        np.concatenate(vectors or nothing),
        np.concatenate(shares or nothing),
    )


def _judgements(
    ready: Sequence[Ready], answers: Answers, classes: Sequence[str]
) -> Iterator[Judged]:
    for one, shares, evidence in zip(
        ready, answers.probabilities, answers.evidence, strict=True
    ):
        found = _judgement(one.example, shares, classes)
        inside = attention.share_inside(evidence, one.vehicle) if one.vehicle else None
        if one.vehicle and inside is not None:
            found = replace(found, attention_share=inside, box_share=one.vehicle.share)
        yield found


def _judgement(
    example: Example, shares: NDArray[np.float32], classes: Sequence[str]
) -> Judged:
    order = np.argsort(-shares, kind="stable")[:5]
    top = tuple((classes[i], float(shares[i])) for i in order)
    known = example.label in classes
    true_share = float(shares[classes.index(example.label)]) if known else 0.0
    return Judged(
        image_id=example.image_id,
        label=example.label,
        prediction=Prediction(top),
        true_probability=true_share,
        loss=-math.log(max(true_share, _LEAST)),
    )
