"""A map of confusions says the same to the eye, the pointer and a screen reader."""

import numpy as np

from carclf.ui import plots


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
