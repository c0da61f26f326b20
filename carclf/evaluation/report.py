"""How good a set of predictions is, as a whole and class by class."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from carclf.evaluation.calibration import calibration
from carclf.hierarchy import PARTS, Hierarchy
from carclf.records import Judged

SHARES = ("precision", "recall", "f1")


def summary(judged: Sequence[Judged]) -> dict[str, float]:
    """Return what tells of all predictions, 0-1 but for the loss.

    These are accuracy, top5_accuracy, balanced_accuracy, macro_f1, calibration_error
    and loss. Averages over classes (balanced accuracy is the mean recall) count those
    that have images, each alike.
    """
    _, _, recall, f1, _ = _by_class(judged)
    in_top = [one.label in dict(one.prediction.top) for one in judged]
    return {
        "accuracy": float(np.mean([one.is_correct for one in judged])),
        "top5_accuracy": float(np.mean(in_top)),
        "balanced_accuracy": float(np.mean(recall)),
        "macro_f1": float(np.mean(f1)),
        "calibration_error": calibration(judged).error,
        "loss": float(np.mean([one.loss for one in judged])),
    }


def per_class(
    judged: Sequence[Judged], hierarchy: Hierarchy | None = None
) -> pd.DataFrame:
    """Return a row a class with images: images, precision, recall, f1; worst first.

    Args:
        hierarchy: Left out, there are no columns make, model, body and year.
    """
    listed, precision, recall, f1, images = _by_class(judged)
    table = pd.DataFrame(
        {
            "class": listed,
            "images": images,
            "precision": precision,
            "recall": recall,
            "f1": f1,
        }
    )
    if hierarchy is not None:
        vehicles = [hierarchy.of(name) for name in listed]
        for part in PARTS:
            # As objects: in a column of strings, None would become NaN.
            told = [getattr(one, part) for one in vehicles]
            table[part] = pd.Series(told, dtype=object)
    return table.sort_values(["recall", "f1", "class"], ignore_index=True)


def averages(classes: pd.DataFrame) -> pd.DataFrame:
    """Return the macro and the weighted average of some rows of `per_class`.

    In the macro average each class counts alike, in the weighted one each image does.
    """
    images = int(classes["images"].sum())
    shares = classes[list(SHARES)]
    weights = classes["images"] / max(images, 1)
    return pd.DataFrame(
        {
            "average": ["macro", "weighted"],
            "images": images,
            **{
                name: [shares[name].mean(), (shares[name] * weights).sum()]
                for name in SHARES
            },
        }
    )


def by_group(classes: pd.DataFrame, part: str) -> pd.DataFrame:
    """Return `per_class` gathered by make, model, body or year, worst recall first.

    Precision, recall and F1 are means over the group's classes; classes whose names
    do not tell the part stand together under None.
    """
    groups = classes.groupby(part, dropna=False, sort=True)
    table = groups.agg(
        classes=("class", "count"),
        images=("images", "sum"),
        **{name: (name, "mean") for name in SHARES},
    ).reset_index()
    table[part] = table[part].astype(object).where(table[part].notna(), None)
    return table.sort_values(["recall", "f1"], ignore_index=True, kind="stable")


Columns = tuple[
    list[str],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.int64],
]


def _by_class(judged: Sequence[Judged]) -> Columns:
    """Return classes with images, their precision, recall, F1, and image counts."""
    # scikit-learn takes a second to import, which no other command should wait for.
    from sklearn.metrics import precision_recall_fscore_support  # noqa: PLC0415

    listed = sorted({one.label for one in judged})
    # Numbers, for scikit-learn sorts its labels, and strings sort slowly.
    place = {label: number for number, label in enumerate(listed)}
    elsewhere = len(listed)
    precision, recall, f1, images = precision_recall_fscore_support(
        [place[one.label] for one in judged],
        [place.get(one.prediction.label, elsewhere) for one in judged],
        labels=np.arange(elsewhere),
        zero_division=0.0,
    )
    return listed, precision, recall, f1, images
