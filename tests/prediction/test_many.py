"""Many photographs go into a table that can be stopped, gone on with and read."""

import csv
import json

import pytest

from carclf.errors import DatasetError, StoreError
from carclf.prediction import listing, many, results
from carclf.prediction.ensemble import Ensemble
from tests import drawing
from tests.prediction.conftest import acquaint, paint


def lines(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_photograph_has_a_line_and_a_damaged_one_its_reason(
    colours, pictures, tmp_path
):
    table = tmp_path / "out.csv"

    outcome = many.predict(colours, listing.of([pictures]), table)

    rows = lines(table)
    assert [row["class"] for row in rows] == [
        "red",
        "green",
        "",
        "red",
        "green",
        "blue",
    ]
    assert "cannot be read" in rows[2]["note"]
    assert (outcome.done, outcome.total, outcome.unreadable) == (6, 6, 1)
    assert {row["run"] for row in rows} == {"colours (epoch 3)"}


def test_a_stopped_table_is_gone_on_with_where_it_was(colours, tmp_path, monkeypatch):
    monkeypatch.setattr(many, "BATCH", 2)
    for number in range(7):
        paint(tmp_path / "in" / f"{number}.png", (30 * number, 0, 90))
    wanted, table = listing.of([tmp_path / "in"]), tmp_path / "out.csv"
    whole = tmp_path / "whole.csv"
    many.predict(colours, wanted, whole)

    stopped = many.predict(colours, wanted, table, stop_requested=lambda: True)
    first = table.read_text()
    asked = []
    many.predict(colours, wanted, table, on_progress=lambda *at: asked.append(at))

    assert (stopped.done, stopped.total) == (2, 7)
    assert table.read_text().startswith(first)
    assert table.read_text() == whole.read_text()
    assert asked[0] == (0, 5)


def test_a_line_that_was_cut_short_is_predicted_again(colours, pictures, tmp_path):
    table = tmp_path / "out.csv"
    many.predict(colours, listing.of([pictures]), table)
    whole = table.read_bytes()
    table.write_bytes(whole[:-9])

    many.predict(colours, listing.of([pictures]), table)

    assert table.read_bytes() == whole


def test_a_table_of_another_run_is_not_mixed_with_this_one(colours, pictures, tmp_path):
    table = tmp_path / "out.csv"
    many.predict(colours, listing.of([pictures]), table)
    other = Ensemble.of([("other", colours.members[0].bundle)])

    with pytest.raises(StoreError, match=r"holds what “colours \(epoch 3\)” said"):
        many.predict(other, listing.of([pictures]), table)


def test_a_file_that_is_no_table_of_predictions_is_left_alone(
    colours, pictures, tmp_path
):
    table = tmp_path / "budget.csv"
    table.write_text("month,sum\nMay,3\n")

    with pytest.raises(StoreError, match=r"budget\.csv exists and is no table"):
        many.predict(colours, listing.of([pictures]), table)
    assert table.read_text() == "month,sum\nMay,3\n"


def test_the_same_as_json_has_numbers_and_says_what_is_unknown(colours, tmp_path):
    acquaint(colours.members[0].bundle)
    for name, colour in (("red", (225, 30, 30)), ("green", (0, 250, 0))):
        paint(tmp_path / "in" / f"{name}.png", colour)
    table = tmp_path / "out.csv"

    many.predict(colours, listing.of([tmp_path / "in"]), table)

    green, red = json.loads(results.to_json(results.read(table)))
    assert (green["unknown"], red["unknown"]) == (True, False)
    assert green["strangeness"] >= 0.95 > red["strangeness"]
    assert sum(one["probability"] for one in red["top"]) == pytest.approx(1, abs=1e-5)


def test_the_newest_lines_are_read_without_the_rest(colours, pictures, tmp_path):
    table = tmp_path / "out.csv"
    many.predict(colours, listing.of([pictures] * 1), table)

    assert results.tail(table, 2) == results.read(table)[-2:]
    assert results.tail(table, 500) == results.read(table)
    assert results.tail(tmp_path / "none.csv", 5) == []


def test_a_list_names_files_beside_it_with_their_boxes(tmp_path):
    path = drawing.write_table(
        tmp_path / "list.csv",
        ["file", "x1", "y1", "x2", "y2"],
        [["in/a.jpg", 1, 2, 30, 40], ["b.jpg", "", "", "", ""]],
    )

    first, second = listing.of([path])

    assert (first.name, first.path) == ("in/a.jpg", tmp_path / "in" / "a.jpg")
    assert (first.box.right, second.box) == (30, None)


def test_a_folder_gives_its_pictures_once_and_nothing_else(pictures):
    (pictures / "notes.txt").write_text("no picture")
    (pictures / "deeper").mkdir()
    paint(pictures / "deeper" / "6.jpg", (9, 9, 9))

    found = listing.of([pictures, pictures / "0.png"])

    names = [one.path.name for one in found]
    assert sorted(names) == [
        "0.png",
        "1.png",
        "2.png",
        "3.png",
        "4.png",
        "5.png",
        "6.jpg",
    ]


@pytest.mark.parametrize("content", ["", "class,size\nVan,3\n"])
def test_a_list_without_a_column_for_the_file_is_refused(tmp_path, content):
    (tmp_path / "list.csv").write_text(content)

    with pytest.raises(DatasetError, match="no column for the file name"):
        listing.of([tmp_path / "list.csv"])


def test_an_empty_folder_and_a_missing_list_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="holds no pictures"):
        listing.of([tmp_path])
    with pytest.raises(DatasetError, match="does not exist"):
        listing.of([tmp_path / "none.csv"])
