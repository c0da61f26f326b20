"""The charts: what they draw lies where its value says."""

from xml.etree import ElementTree

import pytest

from carclf.report import charts, tree
from carclf.report.charts import Figure, Line
from carclf.report.drawing import Drawing
from carclf.report.tree import Node

SVG = "{http://www.w3.org/2000/svg}"


def read(drawing: Drawing) -> ElementTree.Element:
    return ElementTree.fromstring(drawing.svg())


def test_dots_and_intervals_lie_on_the_scale_of_the_ticks():
    root = read(charts.shares("Accuracy", [Figure("a", 0.5, "50 %", 0.4, 0.6),
                                           Figure("b", 0.8, "80 %")]))  # fmt: skip
    ticks = {
        float(one.text.removesuffix(" %")) / 100: float(one.get("x"))
        for one in root.iter(f"{SVG}text")
        if one.get("class") == "tick mid"
    }
    (low, x_low), *_, (high, x_high) = sorted(ticks.items())

    def x_of(share):
        return x_low + (share - low) / (high - low) * (x_high - x_low)

    dots = [float(one.get("cx")) for one in root.iter(f"{SVG}circle")]
    assert dots == pytest.approx([x_of(0.5), x_of(0.8)], abs=0.1)
    bar = next(one for one in root.iter(f"{SVG}line") if one.get("class") == "interval")
    assert float(bar.get("x1")) == pytest.approx(x_of(0.4), abs=0.1)
    assert float(bar.get("x2")) == pytest.approx(x_of(0.6), abs=0.1)


def test_a_curve_goes_through_its_values_from_left_to_right():
    points = [(1, 0.2), (2, 0.6), (3, 0.4)]
    root = read(
        charts.curves("Accuracy", [Line("train", points, "train")], is_share=True)
    )

    drawn = next(root.iter(f"{SVG}polyline")).get("points").split()
    (x1, y1), (x2, y2), (x3, y3) = (map(float, one.split(",")) for one in drawn)

    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.2)
    # Up is less; the third value lies half-way between the two others.
    assert y2 < y3 < y1
    assert y3 == pytest.approx((y1 + y2) / 2, abs=0.2)


@pytest.mark.parametrize(
    "points",
    [
        [(1, 0.5)],
        [(1, 0.0), (2, 0.0)],
        [(7, 1e-9)],
        [(1, 3e5), (9, 1e6)],
        [(1, -2.0), (2, 1.0)],
    ],
)
def test_any_course_of_a_metric_can_be_drawn(points):
    drawing = charts.curves("Loss", [Line("train", points, "train")], is_share=False)

    for one in read(drawing).iter(f"{SVG}polyline"):
        for value in one.get("points").replace(",", " ").split():
            assert -1 <= float(value) <= drawing.width + 1


def test_a_long_course_is_thinned_but_keeps_its_ends():
    points = [(epoch, epoch / 5000) for epoch in range(1, 5001)]

    found = charts.thinned(points)

    assert len(found) <= 161
    assert (found[0], found[-1]) == (points[0], points[-1])


def test_the_tree_has_every_child_below_its_parent():
    nodes = [Node(1, None, "root", "", ""), Node(2, None, "other", "", ""),
             Node(3, 1, "child", "", ""), Node(4, 3, "grandchild", "", "")]  # fmt: skip

    root = read(tree.draw(nodes))

    names = [one for one in root.iter(f"{SVG}text") if "bold" in one.get("class")]
    assert [one.text for one in names] == ["root", "child", "grandchild", "other"]
    x = {one.text: float(one.get("x")) for one in names}
    assert x["root"] == x["other"] < x["child"] < x["grandchild"]


def test_a_name_that_does_not_fit_is_cut_and_told_whole():
    name = "a run with a very long name indeed, longer than any column of any chart is"

    root = read(tree.draw([Node(1, None, name, "", "50 %")]))

    text = next(one for one in root.iter(f"{SVG}text") if "bold" in one.get("class"))
    assert "".join(text.itertext()).endswith("…")
    assert text.find(f"{SVG}title").text == name


def test_letters_that_xml_does_not_know_are_replaced():
    drawing = Drawing(10, 10, "\x00")
    drawing.text((0, 0), "a\x1bb <i> & \ud800")

    assert next(read(drawing).iter(f"{SVG}text")).text == "a�b <i> & �"
