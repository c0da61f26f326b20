"""Looking at a folder on the page, correcting what was recognised, importing it."""

from pathlib import Path

import gradio as gr
import pytest

from carclf import images, store
from carclf.datasets.layouts import Reading
from carclf.store import jobs, versions
from carclf.ui.tabs import datasets_import, datasets_look
from carclf.ui.tabs.datasets_look import NOT_THERE, ROLES, reading_of
from tests import drawing
from tests.datasets.writing import touch

# What comes before the form among the outputs of a look.
BEFORE = 6


def looked_at(settings, folder, *corrections):
    """Return the proposal in words, its samples, and what the form shows by label."""
    shown = datasets_look.look(settings, str(folder), *corrections)
    rest = shown[BEFORE + 4 :]
    columns = dict(zip(ROLES, rest[: len(ROLES)], strict=True))
    return shown[4], shown[5], columns, rest[len(ROLES) :]


def form(layout="table", columns=(), splits=((), (), ()), leave_out=()):
    """Return what the page sends: the form as a person filled it."""
    said = [dict(columns).get(role) for role in ROLES]
    return [layout, None, True, "class", *said, *splits, leave_out]


def test_a_look_tells_and_shows_what_an_import_would_do(settings, cars):
    told, samples, columns, (train, validation, test, _) = looked_at(settings, cars)

    for part in ("a table, labels.csv", ">36<", ">3<", "boxes", "36 images of 3 class"):
        assert part in told
    assert 'aria-label="Images a class"' in told
    assert [label for _, label in samples["value"]][:2] == ["Blue Bus", "Blue Bus"]
    assert columns["class"]["value"] == "class"
    assert columns["width"]["value"] == NOT_THERE
    assert (train["value"], validation["value"], test["value"]) == (
        *(["train"], [], ["test"]),
    )


def test_looking_leaves_nothing_but_thumbnails(settings, db, cars):
    _, samples, *_ = looked_at(settings, cars)

    made = {Path(path) for path, _ in samples["value"]}
    assert all(path.is_relative_to(settings.thumbnails) for path in made)
    assert not settings.data.exists()
    assert versions.every(db) == []


def test_a_sample_shows_its_box(settings, cars):
    _, samples, *_ = looked_at(settings, cars)

    box = drawing.car("Blue Bus", 0)[1]
    picture = images.read_rgb(Path(samples["value"][0][0]))
    edge, inside = picture[box.top, box.left + 9], picture[box.top + 9, box.left + 9]
    assert edge[0] > 150
    assert inside[0] < 100


def test_a_damaged_sample_is_a_grey_tile(settings, tmp_path):
    drawing.draw_classes(tmp_path, each=1)
    touch(tmp_path / "Red Van" / "0.jpg")

    told, samples, *_ = looked_at(settings, tmp_path)

    assert "Files that cannot be read: 1" in told
    assert samples["value"][-1][0].shape == (216, 288, 3)


def test_names_from_a_folder_are_shown_as_text(settings, tmp_path):
    drawing.draw_classes(tmp_path, ("<b>Van</b>", "Bus"), each=1)
    touch(tmp_path / "<img src=x>.jpg")

    told, *_ = looked_at(settings, tmp_path)

    assert "&lt;b&gt;Van" in told
    assert "<img" not in told


def test_a_column_that_was_not_recognised_can_be_named(settings, cars):
    text = (cars / "labels.csv").read_text().replace("class,", "Bauart,")
    (cars / "labels.csv").write_text(text)

    told, _, columns, _ = looked_at(settings, cars)
    mapped = form(columns={"class": "Bauart", "file": "img_name", "split": "subset"})
    corrected, *_ = looked_at(settings, cars, *mapped)

    assert "no column for the class" in told
    assert columns["class"]["choices"][:2] == [NOT_THERE, "Bauart"]
    assert ">36<" in corrected


def test_a_column_taken_wrongly_can_be_taken_away(settings, cars):
    told, *_ = looked_at(settings, cars, *form(columns={"left": NOT_THERE}))

    assert "and not all four edges" in told


def test_the_form_says_what_splits_mean_and_which_classes_stay_out(settings, cars):
    told, _, _, (train, _, test, leave_out) = looked_at(
        settings, cars, *form(splits=(["train", "test"], [], []), leave_out=["Red Van"])
    )

    assert (train["value"], test["value"]) == (["test", "train"], [])
    assert ">24<" in told
    assert leave_out["choices"] == ["Blue Bus", "Green Coupe", "Red Van"]
    assert leave_out["value"] == ["Red Van"]


def test_an_import_obeys_the_form(settings, cars):
    corrections = form(columns={"split": NOT_THERE}, leave_out=["Red Van"])

    told = datasets_import.import_folder(
        settings, f" {cars} ", f" {cars} ", "", *corrections
    )

    assert "Import cars" in told
    with store.connect(settings.db_path) as db:
        (job,) = jobs.unfinished(db)
    assert job.settings["name"] == "cars"
    assert job.settings["reading"] == {
        "layout": "table",
        "columns": {"split": ""},
        "first_level": "class",
        "leave_out": ["Red Van"],
    }


def test_what_was_not_looked_at_is_not_imported(settings, db, cars):
    with pytest.raises(gr.Error, match=r"Look at .*cars before you import"):
        datasets_import.import_folder(settings, "/elsewhere", str(cars), "", *form())

    assert jobs.unfinished(db) == []


@pytest.mark.parametrize(
    ("folder", "told"), [("  ", "Give the folder"), ("/no/such", "does not exist")]
)
def test_a_folder_that_is_none_is_refused_in_words(settings, folder, told):
    with pytest.raises(gr.Error, match=told):
        datasets_look.look(settings, folder)


def test_an_untouched_form_corrects_nothing():
    assert reading_of() == Reading()
