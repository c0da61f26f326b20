import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    classification_report,
    confusion_matrix,
    f1_score,
    top_k_accuracy_score,
)

from carclf.evaluation import confusions, report, sentences
from carclf.hierarchy import Hierarchy
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


def test_the_report_and_its_averages_are_those_of_scikit_learn(judged):
    table = report.per_class(judged)
    averages = report.averages(table).set_index("average")

    known = classification_report(
        [one.label for one in judged],
        [one.prediction.label for one in judged],
        output_dict=True,
        zero_division=0,
    )
    for row in [*table.to_dict("records")]:
        theirs = known[row["class"]]
        assert row["images"] == theirs["support"]
        assert row["precision"] == pytest.approx(theirs["precision"])
        assert row["recall"] == pytest.approx(theirs["recall"])
        assert row["f1"] == pytest.approx(theirs["f1-score"])
    for name in ("macro", "weighted"):
        theirs = known[f"{name} avg"]
        assert averages.loc[name, "f1"] == pytest.approx(theirs["f1-score"])
        assert averages.loc[name, "precision"] == pytest.approx(theirs["precision"])
        assert averages.loc[name, "recall"] == pytest.approx(theirs["recall"])


def test_classes_are_gathered_by_what_their_names_tell():
    names = ("Audi A5 Coupe 2012", "Audi R8 Coupe 2012", "Ford Edge SUV 2012", "Bug")
    judged = [
        Judged(n, label, Prediction(((names[0], 0.9),)), 0.5, 0.7)
        for n, label in enumerate(names)
    ]

    found = report.by_group(report.per_class(judged, Hierarchy({})), "make")

    rows = found.set_index("make")
    assert rows.loc["Audi", ["classes", "images", "recall"]].tolist() == [2, 2, 0.5]
    assert rows.loc["Ford", "recall"] == 0
    assert set(found["make"]) == {"Audi", "Ford", None}


def test_labels_that_the_network_never_learnt_are_told(judged):
    said = sentences.strangers(judged, CLASSES[1:])

    of_it = sum(one.label == CLASSES[0] for one in judged)
    others = [one for one in judged if one.label != CLASSES[0]]
    right = np.mean([one.is_correct for one in others])
    assert f"{of_it} images of 200 show 1 class that this run never learnt" in said
    assert f"On the others it is right on {right:.1%}".replace("%", " %") in said
    assert sentences.strangers(judged, CLASSES) == ""


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
    by_sklearn = confusion_matrix(
        [one.label for one in judged],
        [one.prediction.label for one in judged],
        labels=list(CLASSES),
    )
    assert (matrix == by_sklearn).all()
    first = found[0]
    row, column = CLASSES.index(first.label), CLASSES.index(first.predicted)
    assert matrix[row, column] == first.count
    assert matrix[row].sum() == first.of


def test_no_predictions_give_an_empty_matrix():
    assert confusions.matrix([], CLASSES).sum() == 0


def test_a_label_that_the_network_does_not_know_has_a_row():
    only = Judged(1, "Tram", Prediction((("Van", 0.9),)), 0.0, 27.6)

    names = confusions.named([only], ("Van", "Bus"))

    assert names == ("Van", "Bus", "Tram")
    assert confusions.matrix([only], names)[2, 0] == 1


def test_classes_of_a_make_and_a_body_stand_together():
    names = ("Audi A5 Coupe 2012", "BMW M3 Coupe 2012", "Audi S4 Sedan 2012", "Bug")
    names += ("Audi R8 Coupe 2012",)

    order = confusions.by_make(names, Hierarchy({}))

    assert [names[place] for place in order] == [
        "Bug",
        "Audi A5 Coupe 2012",
        "Audi R8 Coupe 2012",
        "Audi S4 Sedan 2012",
        "BMW M3 Coupe 2012",
    ]


def test_classes_that_are_taken_for_one_another_stand_together():
    matrix = np.diag([10] * 6)
    for one, other in ((0, 5), (1, 3), (2, 4)):
        matrix[one, other] = matrix[other, one] = 5

    order = confusions.by_likeness(matrix)

    assert sorted(order) == list(range(6))
    for one, other in ((0, 5), (1, 3), (2, 4)):
        assert abs(order.index(one) - order.index(other)) == 1


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_classes_need_no_order(count):
    assert confusions.by_likeness(np.eye(count, dtype=np.int64)) == list(range(count))
