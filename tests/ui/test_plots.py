"""Charts say the same to the eye, to the pointer and to a screen reader."""

import numpy as np
import pytest

from carclf.records import EpochEnded
from carclf.ui import metrics, plots


def epochs(*values):
    """Return epochs of (loss, val_loss), with accuracies that mirror them."""
    return [
        EpochEnded(
            place + 1,
            {
                "loss": loss,
                "val_loss": val_loss,
                "accuracy": 1 - loss / 10,
                "val_accuracy": 1 - val_loss / 10,
            },
        )
        for place, (loss, val_loss) in enumerate(values)
    ]


HISTORY = epochs((2.0, 2.5), (1.0, 1.5), (0.5, 2.0))


@pytest.fixture
def run(lab):
    return lab.run("one")


def test_train_and_validation_differ_in_dash_as_well_as_in_colour(run):
    train, validation, _ = plots.loss(run, HISTORY, 2, False)["data"]

    assert (train["name"], validation["name"]) == ("train", "validation")
    assert train["line"]["dash"] != validation["line"]["dash"]
    assert train["line"]["color"] != validation["line"]["color"]


def test_the_kept_epoch_is_ringed_on_the_validation_curve(run):
    *_, ring = plots.loss(run, HISTORY, 2, False)["data"]

    assert (ring["x"], ring["y"]) == ([2], [1.5])


def test_a_history_without_validation_is_drawn_without_a_ring(run):
    history = [EpochEnded(1, {"loss": 1.0})]

    train, validation = plots.loss(run, history, 1, False)["data"]

    assert (train["y"], validation["y"]) == ([1.0], [])


def test_a_screen_reader_hears_the_newest_values(run):
    said = plots.accuracy(run, HISTORY, 2)["layout"]["meta"]

    assert said == "Accuracy by epoch: train 95.0 %, validation 80.0 %."


def test_the_scale_of_the_loss_can_be_logarithmic(run):
    straight = plots.loss(run, HISTORY, 2, False)["layout"]
    logarithmic = plots.loss(run, HISTORY, 2, True)["layout"]

    assert "type" not in straight["yaxis"]
    assert logarithmic["yaxis"]["type"] == "log"
    assert straight["uirevision"] != logarithmic["uirevision"]


def test_a_zoom_survives_a_new_epoch_and_ends_with_the_run(lab, run):
    before = plots.accuracy(run, HISTORY[:2], 2)["layout"]["uirevision"]
    after = plots.accuracy(run, HISTORY, 2)["layout"]["uirevision"]
    other = plots.accuracy(lab.run("two"), HISTORY, 2)["layout"]["uirevision"]

    assert before == after != other


def test_runs_lie_over_one_another_each_with_its_best_epoch(lab, run):
    other = lab.run("other <b>")

    drawn = plots.overlay([(run, HISTORY), (other, HISTORY[:2])], "val_accuracy")

    curves = [one for one in drawn["data"] if one["mode"] != "markers"]
    rings = [one for one in drawn["data"] if one["mode"] == "markers"]
    assert [one["name"] for one in curves] == ["one", "other &lt;b&gt;"]
    assert [one["x"] for one in rings] == [[2], [2]]
    assert curves[0]["line"] != curves[1]["line"]


def test_a_run_without_the_metric_does_not_spoil_the_others(lab, run):
    fresh = lab.run("fresh", status="queued")

    drawn = plots.overlay([(run, HISTORY), (fresh, [])], "val_loss")

    assert "fresh not known yet" in drawn["layout"]["meta"]


def test_a_confusion_shows_names_and_counts_on_hover():
    matrix = np.array([[3, 1], [0, 2]])

    drawn = plots.confusion(matrix, ["Van <1>", "Bus"])["data"][0]

    assert drawn["x"] == drawn["y"] == ["Van &lt;1&gt;", "Bus"]
    assert "called %{x}" in drawn["hovertemplate"]
    assert plots.confusion(matrix, ["a", "b"])["layout"]["meta"] == (
        "Confusion matrix of 2 classes: 5 of 6 images right."
    )


def test_many_classes_are_named_on_hover_alone():
    classes = [f"class {number}" for number in range(196)]

    drawn = plots.confusion(np.eye(196, dtype=np.int64), classes)

    assert drawn["layout"]["xaxis"]["showticklabels"] is False
    assert len(drawn["data"][0]["x"]) == 196


def test_a_class_without_images_leaves_an_empty_row():
    matrix = np.array([[0, 0], [0, 2]])

    drawn = plots.confusion(matrix, ["never", "always"])

    assert "2 of 2 images right" in drawn["layout"]["meta"]


@pytest.mark.parametrize(
    ("metric", "best"), [("val_loss", 2), ("val_accuracy", 2), ("loss", 3)]
)
def test_the_best_epoch_is_the_lowest_loss_or_the_highest_accuracy(metric, best):
    assert metrics.best_epoch(HISTORY, metric) == best


def test_the_first_of_equal_epochs_is_the_best():
    assert metrics.best_epoch(epochs((1, 1), (1, 1)), "val_loss") == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.41666, "0.417"),
        (12.345, "12.3"),
        (1234.5, "1,234"),
        (1e-5, "1e-05"),
        (0, "0"),
    ],
)
def test_numbers_have_three_digits(value, text):
    assert metrics.digits(value) == text


@pytest.mark.parametrize(
    ("difference", "text"),
    [(0.0214, "+2.1 points"), (-0.0214, "−2.1 points"), (-0.0001, "±0.0 points")],
)
def test_a_difference_has_its_sign(difference, text):
    assert metrics.points(difference) == text
