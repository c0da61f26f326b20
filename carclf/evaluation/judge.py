"""A bundle on a split: every image predicted, beside the label it should have."""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carclf import batches, images, preparation, store
from carclf.bundle import Bundle
from carclf.config import Treatment
from carclf.errors import DatasetError, UnreadableImageError
from carclf.evaluation import report
from carclf.records import (
    Example,
    ImageRGB,
    Judged,
    Prediction,
    Skipped,
    Split,
    Version,
)
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
    judged, skipped = judge(settings, bundle, examples, on_progress)
    if not judged:
        raise DatasetError(
            f"None of the {len(examples)} {split} images of “{version.name}” could "
            f"be read. The first: {skipped[0].path} {skipped[0].reason}"
        )
    with store.connect(settings.db_path) as db:
        return evaluations.add(
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
    if learnt != given:
        raise DatasetError(
            f"“{run_name}” learnt from images whose background treatment was "
            f"“{learnt.remover}”, and those of “{version.name}” had “{given.remover}”"
            f"{' with other settings' * (learnt.remover == given.remover)}. Its "
            "accuracy there would mean nothing: choose a version treated alike."
        )
    if not set(classes) & set(version.classes):
        raise DatasetError(
            f"“{run_name}” knows none of the classes of “{version.name}”: it learnt "
            f"such as “{classes[0]}”, and there is such as “{version.classes[0]}”. "
            "Choose a version that has classes in common with it."
        )


def judge(
    settings: Settings,
    bundle: Bundle,
    examples: Sequence[Example],
    on_progress: Progress,
) -> tuple[list[Judged], list[Skipped]]:
    """Return a judgement of every readable image, and the others with their reason."""
    judged: list[Judged] = []
    skipped: list[Skipped] = []
    for batch in _read_ahead(settings, bundle, examples):
        readable = [(one, image) for one, image in batch if not isinstance(image, str)]
        skipped += [
            Skipped(one.file_name, image)
            for one, image in batch
            if isinstance(image, str)
        ]
        if readable:
            shares = bundle.probabilities([image for _, image in readable])
            judged += [
                _judgement(one, share, bundle.classes)
                for (one, _), share in zip(readable, shares, strict=True)
            ]
        on_progress(len(judged) + len(skipped), len(examples))
    return judged, skipped


Read = tuple[Example, ImageRGB | str]


def _read_ahead(
    settings: Settings, bundle: Bundle, examples: Sequence[Example]
) -> Iterator[list[Read]]:
    """Yield batches; the next one is decoded while the network sees this one."""

    def read(example: Example) -> Read:
        path = settings.resolve(example.path)
        return example, _prepared(path, bundle)

    return batches.read_ahead(examples, read)


def _prepared(path: Path, bundle: Bundle) -> ImageRGB | str:
    """Return the input of the network, or why there is none."""
    try:
        # The version's images are treated already; `refuse_unfit` saw to it.
        return preparation.resize(images.read_rgb(path), bundle.preparation)
    except UnreadableImageError as error:
        return images.trouble(path, error)


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
