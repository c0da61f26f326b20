"""What a network said of every class, image by image, kept in files beside its run."""

from pathlib import Path

from carclf.evaluation import features
from carclf.records import Run, Version
from carclf.settings import Settings


def of_evaluation(settings: Settings, run: Run, evaluation_id: int) -> Path:
    """Return where the shares lie: a column a class, in the evaluation's order."""
    return features.of_evaluation(settings, run, evaluation_id).with_stem(
        f"{evaluation_id}-shares"
    )


def of_training(settings: Settings, run: Run, version: Version) -> Path:
    """Return where cross-validated shares lie: a column a class, in alphabetical order.

    They are of the version's training images, which the network itself has seen, and
    come from heads that have not.
    """
    folder = settings.resolve(run.folder) / "evaluations"
    return folder / f"train-{version.hash[:20]}-shares.npz"
