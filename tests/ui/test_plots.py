"""Charts say the same to the eye, the pointer and a screen reader."""

import numpy as np

from carclf.evaluation.calibration import Bin, Calibration
from carclf.ui import plots

MANY = [f"Chevrolet Silverado 1500 Classic Extended Cab {year}" for year in range(196)]


def test_a_confusion_shows_names_and_counts_on_hover():
    matrix = np.array([[3, 1], [0, 2]])

    drawn = plots.confusion(matrix, ["Van <1>", "Bus"])

    told = drawn["data"][0]["text"]
    assert told[0][1] == "<b>Van &lt;1&gt;</b><br>called <b>Bus</b><br>1 of 4 images"
    assert told[1] == [None, "<b>Bus</b><br>right<br>2 of 2 images"]
    assert drawn["layout"]["meta"] == (
        "Confusion matrix of 2 classes: 5 of 6 images right."
    )


def test_many_classes_are_named_beside_the_map_as_room_allows():
    drawn = plots.confusion(np.eye(196, dtype=np.int64), MANY)

    axis = drawn["layout"]["xaxis"]
    # Plotly leaves out names that would touch, unless told to draw every one.
    assert "dtick" not in axis
    assert "tickvals" not in axis
    assert len(set(axis["categoryarray"])) == 196
    assert all(len(name.rstrip("\u200b")) <= 28 for name in axis["categoryarray"])
    assert "Extended Cab 195" in drawn["data"][0]["text"][195][195]


def test_few_classes_are_all_named():
    drawn = plots.confusion(np.eye(3, dtype=np.int64), ["Bus", "Van", "Tram"])

    assert drawn["layout"]["xaxis"]["dtick"] == 1


def test_mistakes_alone_leave_the_diagonal_empty():
    matrix = np.array([[8, 2], [0, 2]])

    shade = plots._shade(matrix.astype(float), only_mistakes=True)

    assert shade[0, 1] == 1
    assert np.isnan(shade[0, 0])
    assert np.isnan(shade[1, 1])


def test_a_class_without_images_leaves_an_empty_row():
    matrix = np.array([[0, 0], [0, 2]])

    drawn = plots.confusion(matrix, ["never", "always"])

    assert "2 of 2 images right" in drawn["layout"]["meta"]
    assert drawn["data"][0]["text"][0] == [None, None]


def test_reliability_tells_each_bin_in_words():
    bins = (Bin(0.8, 0.9, 20, 0.86, 0.75), Bin(0.9, 1.0, 1, 0.95, 1.0))

    drawn = plots.reliability(Calibration(bins, 0.1, 0.1, 0.05))

    right, said, _, images = drawn["data"]
    assert right["hovertext"][0] == (
        "said 80 % to 90 %, on average 86.0 %<br>right 75.0 % of 20 images<br>"
        "11.0 points more said than held"
    )
    assert "5.0 points less said than held" in right["hovertext"][1]
    assert (right["y"], said["y"]) == ([0.75, 1.0], [0.86, 0.95])
    assert images["hovertext"] == ["20 images", "1 image"]
    assert drawn["layout"]["meta"] == (
        "Reliability over 21 images: expected calibration error 10.0 %."
    )
