"""How good a set of predictions is, as a whole and class by class."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_fscore_support

from carclf.records import Judged


def summary(judged: Sequence[Judged]) -> dict[str, float]:
    """Return accuracy, top5_accuracy, balanced_accuracy, macro_f1 (0-1) and loss.

    Averages over classes (balanced accuracy is the mean recall) count those that
    have images, each alike.
    """
    labels, predicted = _columns(judged)
    _, recall, f1, _ = precision_recall_fscore_support(
        labels, predicted, labels=sorted(set(labels)), zero_division=0.0
    )
    in_top = [one.label in dict(one.prediction.top) for one in judged]
    return {
        "accuracy": float(np.mean([one.is_correct for one in judged])),
        "top5_accuracy": float(np.mean(in_top)),
        "balanced_accuracy": float(np.mean(recall)),
        "macro_f1": float(np.mean(f1)),
        "loss": float(np.mean([one.loss for one in judged])),
    }


def per_class(judged: Sequence[Judged]) -> pd.DataFrame:
    """Return a row a class with images: images, precision, recall, f1; worst first."""
    labels, predicted = _columns(judged)
    listed = sorted(set(labels))
    precision, recall, f1, images = precision_recall_fscore_support(
        labels, predicted, labels=listed, zero_division=0.0
    )
    table = pd.DataFrame(
        {
            "class": listed,
            "images": images,
            "precision": precision,
            "recall": recall,
            "f1": f1,
        }
    )
    return table.sort_values(["recall", "f1", "class"], ignore_index=True)


def _columns(judged: Sequence[Judged]) -> tuple[list[str], list[str]]:
    return [one.label for one in judged], [one.prediction.label for one in judged]
