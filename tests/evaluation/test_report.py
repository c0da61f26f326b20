import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    top_k_accuracy_score,
)

from carclf.evaluation import confusions, report
from carclf.records import Judged, Prediction

CLASSES = ("Baja Bug", "Open Wheel", "Racing Car 6", "Stock Car 1", "Van", "Wagon")


@pytest.fixture
def shares() -> np.ndarray:
    drawn = np.random.default_rng(1).dirichlet(np.ones(len(CLASSES)), size=200)
    return drawn.astype(np.float64)


@pytest.fixture
def truth() -> np.ndarray:
    return np.random.default_rng(2).integers(0, len(CLASSES), size=200)


@pytest.fixture
def judged(shares: np.ndarray, truth: np.ndarray) -> list[Judged]:
    made = []
    for image_id, (row, true) in enumerate(zip(shares, truth, strict=True)):
        order = np.argsort(-row)[:5]
        top = tuple((CLASSES[i], float(row[i])) for i in order)
        made.append(
            Judged(
                image_id,
                CLASSES[true],
                Prediction(top),
                float(row[true]),
                float(-np.log(row[true])),
            )
        )
    return made


def test_the_summary_agrees_with_scikit_learn(judged, shares, truth):
    found = report.summary(judged)

    answers = shares.argmax(axis=1)
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, answers))
    assert found["macro_f1"] == pytest.approx(f1_score(truth, answers, average="macro"))
    assert found["balanced_accuracy"] == pytest.approx(
        balanced_accuracy_score(truth, answers)
    )
    assert found["top5_accuracy"] == pytest.approx(
        top_k_accuracy_score(truth, shares, k=5)
    )
    assert found["loss"] == pytest.approx(
        -np.log(shares[np.arange(len(truth)), truth]).mean()
    )


def test_the_worst_class_stands_first_in_the_report(judged):
    table = report.per_class(judged)

    assert list(table["recall"]) == sorted(table["recall"])
    assert table["images"].sum() == len(judged)


def test_an_answer_outside_the_split_is_a_mistake_without_a_warning():
    only = Judged(1, "Van", Prediction((("Wagon", 0.9), ("Van", 0.1))), 0.1, 2.3)

    assert report.summary([only])["accuracy"] == 0
    assert list(report.per_class([only])["class"]) == ["Van"]


def test_confusions_are_counted_and_ranked(judged):
    found = confusions.pairs(judged)
    matrix = confusions.matrix(judged, CLASSES)

    assert [pair.count for pair in found] == sorted(
        (pair.count for pair in found), reverse=True
    )
    assert sum(pair.count for pair in found) == matrix.sum() - np.trace(matrix)
    first = found[0]
    row, column = CLASSES.index(first.label), CLASSES.index(first.predicted)
    assert matrix[row, column] == first.count
    assert matrix[row].sum() == first.of


def test_no_predictions_give_an_empty_matrix():
    assert confusions.matrix([], CLASSES).sum() == 0
