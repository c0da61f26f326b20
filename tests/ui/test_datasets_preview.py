"""The preview of a version: what is filtered for, page by page, one picture large."""

from dataclasses import replace

import gradio as gr
import pytest

from carclf import store
from carclf.datasets import relabelling
from carclf.datasets import versions as dataset_versions
from carclf.store import labels, moves, versions
from carclf.store.members import STATES
from carclf.ui import image_filters, pictures
from carclf.ui.image_filters import Filters
from carclf.ui.tabs import datasets_picture
from carclf.ui.tabs import datasets_preview as preview
from tests import drawing

CARS = (
    *("Audi A5 Coupe 2012", "Audi S4 Sedan 2007", "BMW M3 Coupe 2012"),
    "BMW X5 SUV 2007",
)


@pytest.fixture
def makes(settings, tmp_path):
    """A version of two makes, with two models each and two images of each."""
    folder = drawing.draw_classes(tmp_path / "makes", CARS, each=2)
    return dataset_versions.import_folder(settings, folder, "makes")


def shown(settings, version, number=1, **chosen):
    return preview.turn_page(settings, 0, version.id, number, *Filters(**chosen))


def captions(page):
    return [caption for _, caption in page.gallery["value"]]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({}, 36),
        ({"label": "Blue Bus"}, 12),
        ({"label": "Blue Bus", "split": "test"}, 4),
        ({"split": "train", "text": "COUPE"}, 6),
        ({"text": "coupe 03.jpg"}, 1),
        ({"text": "no such car"}, 0),
        ({"box": "With a box"}, 36),
        ({"box": "Without a box"}, 0),
        ({"source": "import"}, 36),
        ({"source": "person"}, 0),
        ({"label": None, "split": None, "text": None, "make": None}, 36),
    ],
)
def test_filters_choose_the_pictures(settings, version, chosen, found):
    page = shown(settings, version, **chosen)

    assert len(page.ids) == found
    assert f"of {found}" in page.where or "No image matches" in page.where


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"make": "Audi"}, 4),
        ({"body": "Coupe"}, 4),
        ({"make": "BMW", "body": "Coupe"}, 2),
        ({"year": "2007"}, 4),
        ({"model": "X5", "make": "BMW"}, 2),
        ({"make": "Audi", "label": "BMW X5 SUV 2007"}, 4),
        ({"make": "BMW", "label": "BMW X5 SUV 2007"}, 2),
    ],
)
def test_what_names_tell_of_make_and_body_filters_too(settings, makes, chosen, found):
    assert len(shown(settings, makes, **chosen).ids) == found


def test_a_make_narrows_the_classes_and_the_rest_to_what_goes_with_it(settings, makes):
    label, make, model, body, _ = image_filters.narrow(
        settings, makes.id, *Filters(make="Audi", label="BMW M3 Coupe 2012")
    )

    assert label["choices"][1:] == ["Audi A5 Coupe 2012", "Audi S4 Sedan 2007"]
    assert label["value"] == image_filters.ALL_CLASSES
    assert make["choices"] == ["Any", "Audi", "BMW"]
    assert model["choices"] == ["Any", "A5", "S4"]
    assert body["choices"] == ["Any", "Coupe", "Sedan"]
    # It comes late to whoever chose the next part already.
    assert not any("value" in one for one in (make, model, body))


def test_parts_that_no_name_tells_are_not_offered(settings, version):
    filters = Filters(*preview.fill(settings, version)[1:-4])

    assert [part["visible"] for part in filters.parts] == [False, True, True, False]


def test_label_states_are_told_apart(settings, version):
    with store.connect(settings.db_path) as db:
        one, other, third, *_ = versions.examples(db, version.id, label="Blue Bus")
        labels.set(db, one.image_id, "Red Van", "person")
        labels.set(db, other.image_id, None, "run 3")
        moves.set(db, version.id, third.image_id, "train", "person")
    relabelling.drop(settings, third.image_id)

    found = {state: shown(settings, version, state=state) for state in STATES} | {
        who: shown(settings, version, source=who) for who in ("person", "run 3")
    }

    assert {state: len(page.ids) for state, page in found.items()} == {
        **{"as frozen": 33, "relabelled": 1, "not a vehicle": 1, "dropped": 1},
        "moved": 1,
        **{"person": 2, "run 3": 1},
    }
    assert captions(found["relabelled"]) == ["Blue Bus · now Red Van"]
    assert captions(found["dropped"]) == ["Blue Bus · dropped, moved to train"]


def test_pages_turn_stop_at_both_ends_and_can_be_named(settings, version, monkeypatch):
    monkeypatch.setattr(pictures, "PAGE", 10)
    seen, number = [], 1

    for step, asked in ((0, 1), (1, 1), (1, 2), (1, 3), (1, 4), (-1, 4), (0, 99)):
        page = preview.turn_page(settings, step, version.id, asked, *Filters())
        seen.append((page.number, len(page.ids)))
        number = page.number

    assert seen == [(1, 10), (2, 10), (3, 10), (4, 6), (4, 6), (3, 10), (4, 6)]
    assert number == 4
    assert "31–36 of 36 · page 4 of 4" in page.where


def test_every_image_is_on_one_page_alone(settings, version, monkeypatch):
    monkeypatch.setattr(pictures, "PAGE", 7)

    ids = [
        one for number in range(1, 7) for one in shown(settings, version, number).ids
    ]

    with store.connect(settings.db_path) as db:
        assert ids == [one.image_id for one in versions.examples(db, version.id)]


def test_a_photograph_that_left_the_disk_keeps_its_place_as_a_grey_tile(
    settings, version
):
    with store.connect(settings.db_path) as db:
        gone = versions.examples(db, version.id)[0]
    settings.resolve(gone.path).unlink()

    page = shown(settings, version)

    assert captions(page)[0] == f"{gone.label} · file missing"
    assert len(captions(page)) == 36
    picture = datasets_picture.choose(settings, 0, None, version.id, page.ids)
    assert "is missing from" in picture.facts


def test_the_tab_that_is_opened_again_is_as_it_was_left(settings, version):
    of, *filters = preview.fill(
        settings, version, version.id, 1, *Filters(label="Blue Bus")
    )

    assert of == version.id
    assert [one for one in filters[:10] if one != gr.skip()] == [
        gr.update(choices=["Any", ("the import", "import")])
    ]
    assert len(preview.Page(*filters[10:]).ids) == 12


def test_thumbnails_are_served_from_the_one_cache(settings, version):
    tiles = shown(settings, version).gallery["value"]

    assert all(path.startswith(str(settings.thumbnails)) for path, _ in tiles)


def test_a_picture_tells_its_file_its_split_and_who_labelled_it(settings, version):
    page = shown(settings, version, label="Red Van", split="test")
    relabelling.save(settings, page.ids[0], version.id, "Blue Bus")

    picture = datasets_picture.choose(settings, 0, None, version.id, page.ids)

    for told in ("red-08.jpg", "128 × 96 pixels", "test", "data/images/"):
        assert told in picture.facts
    assert "Blue Bus</b> <span>by person" in picture.history
    assert picture.photograph["value"].startswith(str(settings.thumbnails))


def stepped(settings, version, by, picture, page):
    found = datasets_picture.step(
        settings,
        by,
        version.id,
        picture.place,
        picture.image_id,
        page.ids,
        page.number,
        *Filters(),
    )
    return preview.Page(*found[:4]), datasets_picture.Picture(*found[4:])


def test_steps_lead_over_the_edge_of_a_page_and_end_with_the_last(
    settings, version, monkeypatch
):
    monkeypatch.setattr(pictures, "PAGE", 20)
    page = shown(settings, version)
    last = datasets_picture.choose(settings, 19, None, version.id, page.ids)

    turned, first = stepped(settings, version, 1, last, page)

    assert turned.number == 2
    assert first.image_id == turned.ids[0]
    _, back = stepped(settings, version, -1, first, turned)
    assert back.image_id == last.image_id
    end = datasets_picture.choose(settings, 15, None, version.id, turned.ids)
    with pytest.raises(gr.Error, match="no further picture"):
        stepped(settings, version, 1, end, turned)


def test_one_that_left_the_filter_gives_its_place_to_the_next(settings, version):
    wanted = Filters(state="as frozen")
    before = shown(settings, version, state="as frozen")
    picture = datasets_picture.choose(settings, 4, None, version.id, before.ids)
    relabelling.reject(settings, picture.image_id)
    found = datasets_picture.refresh(settings, version.id, picture.image_id, 1, *wanted)
    after = preview.Page(*found[:4])

    _, following = stepped(settings, version, 1, picture, after)
    _, previous = stepped(settings, version, -1, picture, after)

    assert following.image_id == before.ids[5]
    assert previous.image_id == before.ids[3]


def test_without_a_version_there_is_no_page(settings):
    assert preview.turn_page(settings, 1, None, 1, *Filters()).ids == []
    assert image_filters.narrow(settings, None, *Filters())[0] == gr.skip()


def test_a_version_of_many_images_is_paged_by_an_index(db, version):
    example = versions.examples(db, version.id)[0]
    versions.create(
        db,
        "second",
        "hash",
        [replace(example, label="Other")],
        treatment={},
        source="",
        split_rule="",
    )

    plan = db.execute(
        "explain query plan select rowid from members m where version_id = ? order by"
        " split, label, file_name, image_id limit 36 offset 90000",
        [version.id],
    ).fetchall()

    assert "COVERING INDEX members_in_order" in str(plan)
    assert "TEMP B-TREE" not in str(plan)
