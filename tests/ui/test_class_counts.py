"""Bars that tell how many images a class has."""

from carclf.ui import class_counts


def test_counts_are_drawn_a_class_a_line_with_names_as_text():
    drawn = class_counts.bars(
        [("Mini <b>", "train", 8), ("Mini <b>", "test", 2), ("Van", "test", 5)]
    )

    assert "Mini &lt;b&gt;" in drawn
    assert 'class="train" style="width:80.0%"' in drawn
    assert 'title="8 train, 2 test"' in drawn
