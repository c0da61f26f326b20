"""Looking at a source on the page, and correcting how it is read."""

from pathlib import Path

import gradio as gr
import pytest

from carclf import images
from carclf.datasets.layouts import Reading
from carclf.store import versions
from carclf.ui.tabs import datasets_look
from carclf.ui.tabs.datasets_look import NOT_THERE, ROLES, reading_of
from tests import drawing
from tests.datasets.sources import packing
from tests.datasets.writing import touch
from tests.ui.importing import form

# What comes before the form among the outputs of a look.
BEFORE = 6


def looked_at(settings, place, *corrections, uploads=None):
    """Return what is said, the samples, and what the form shows by label."""
    shown = datasets_look.look(settings, str(place), uploads, *corrections)
    rest = shown[BEFORE + 4 :]
    columns = dict(zip(ROLES, rest[: len(ROLES)], strict=True))
    return shown[4], shown[5], columns, rest[len(ROLES) :]


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


def test_the_sample_is_a_folder_on_this_machine(settings):
    told, *_ = looked_at(settings, "sample")

    assert "Recognised: " in told


@pytest.mark.parametrize("place", ["s3://bucket/cars", "{here}\n{here}", "{archive}"])
def test_what_is_no_folder_here_is_told_so_and_fetched_by_no_look(
    settings, tmp_path, place
):
    archive = packing.pack(tmp_path / "cars.zip", {"1.jpg": b"1"})

    told, samples, *_ = looked_at(
        settings, place.format(here=tmp_path, archive=archive)
    )

    assert "One folder on this machine can be looked at" in told
    assert "it recognises the layout by itself" in told
    assert samples["visible"] is False
    assert not settings.cache.exists()


def test_a_folder_with_an_upload_beside_it_is_not_looked_at_alone(settings, cars):
    told, *_ = looked_at(settings, cars, uploads=[{"path": "/uploads/labels.csv"}])

    assert "or several sources can once they are one" in told


def test_how_an_address_is_read_is_typed_and_stays_as_typed(settings):
    said = form(
        columns={"class": "Bauart", "split": NOT_THERE},
        splits=(["learn"], [], ["exam"]),
        leave_out=["Red Van"],
    )

    _, _, columns, (train, _, test, leave_out) = looked_at(
        settings, "s3://bucket/cars", *said
    )

    assert (columns["class"]["value"], columns["split"]["value"]) == (
        *("Bauart", NOT_THERE),
    )
    assert columns["class"]["allow_custom_value"] is True
    assert (train["value"], test["value"]) == (["learn"], ["exam"])
    assert leave_out["value"] == ["Red Van"]


@pytest.mark.parametrize(
    ("place", "told"),
    [("  ", "Say where the photographs are"), ("/no/such", "There is nothing at")],
)
def test_what_is_nothing_is_refused_in_words(settings, place, told):
    with pytest.raises(gr.Error, match=told):
        datasets_look.look(settings, place, None)


def test_a_proposal_goes_when_something_else_is_named(settings, cars):
    looked = datasets_look.look(settings, str(cars), None)[0]

    assert datasets_look.forget(looked, "/elsewhere", None)[1]["visible"] is False
    assert datasets_look.forget(looked, str(cars), None) == (gr.skip(), gr.skip())


def test_an_untouched_form_corrects_nothing():
    assert reading_of() == Reading()
