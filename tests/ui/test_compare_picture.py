"""One picture and many runs: each is shown it as it learnt to see pictures."""

import gradio as gr
import numpy as np
import pytest

from carclf import store
from carclf.bundle import Bundle
from carclf.config import Treatment
from carclf.store import images as stored_images
from carclf.store import runs, versions
from carclf.ui import opinions
from carclf.ui.opinions import Picture
from carclf.ui.tabs import compare_picture
from tests import drawing
from tests.test_bundle import write_facts


@pytest.fixture
def first(lab):
    """The first picture of the test split, as the page has it."""
    _, _, ids, *_ = compare_picture.open_search(lab.settings, None, "test", "")
    return {"version_id": lab.version_id, "image_id": ids[0]}


def test_pictures_are_found_by_class_and_page(lab):
    found = compare_picture.turn_page(
        lab.settings, 0, lab.version_id, "test", " stock car "
    )
    none = compare_picture.turn_page(lab.settings, 0, lab.version_id, "test", "boat")

    assert [label for _, label in found.gallery["value"]] == ["Stock Car 1"] * 3
    assert "1–3 of 3" in found.where
    assert "No picture here" in none.where


def test_every_chosen_run_is_asked_and_one_without_a_model_says_so(
    lab, colour_run, first
):
    bare = lab.run("bare <b>")

    said = compare_picture.ask_again(lab.settings, [colour_run.id, bare.id], first)

    assert said.count('<section class="opinion') == 2
    assert "bare &lt;b&gt;" in said
    assert "has no model to predict with yet" in said
    assert "It shows: Baja Bug." in said
    assert 'alt="What it saw"' in said


def test_a_click_asks_about_the_picture_at_that_place(lab, colour_run, first):
    ids = [first["image_id"] + 1, first["image_id"]]

    said, picked = compare_picture.ask_of_tile(
        lab.settings, 1, None, [colour_run.id], lab.version_id, ids
    )

    assert picked == first
    assert said == compare_picture.ask_again(lab.settings, [colour_run.id], first)


def test_a_photograph_of_ones_own_can_be_dropped(lab, colour_run, tmp_path):
    path = drawing.draw(tmp_path / "a.png", "Green Coupe")

    said, picked = compare_picture.ask_of_dropped(
        lab.settings, [colour_run.id], {"path": str(path), "orig_name": "a.png"}
    )

    assert picked is not None
    assert 'aria-label="colours"' in said
    assert "It shows" not in said


def test_a_dropped_file_that_is_no_image_is_refused_by_its_name(
    lab, colour_run, tmp_path
):
    path = tmp_path / "x.jpg"
    path.write_text("no image")

    with pytest.raises(gr.Error, match=r"holiday\.jpg"):
        compare_picture.ask_of_dropped(
            lab.settings,
            [colour_run.id],
            {"path": str(path), "orig_name": "holiday.jpg"},
        )


def test_without_runs_or_picture_the_tab_says_what_to_do(lab, first):
    assert "Choose the runs to ask" in compare_picture.ask_again(
        lab.settings, [], first
    )
    assert "Choose a picture" in compare_picture.ask_again(lab.settings, [1], None)


def test_more_runs_than_fit_are_counted(lab, colour_run, first):
    chosen = [lab.run(f"run {number}").id for number in range(9)]

    said = compare_picture.ask_again(lab.settings, chosen, first)

    assert said.count("<section") == 8
    assert "The first 8 of 9 runs are asked." in said


def ask(lab, run, picture):
    with store.connect(lab.settings.db_path) as db:
        return opinions.ask(lab.settings, runs.get(db, run.id), picture)


def learnt_from_crops(lab, run):
    """Let a run's bundle say that it learnt from pictures cropped to their box."""
    crops = Treatment(remover="box", output="crop", margin=0)
    how = {"height": 32, "width": 48, "treatment": crops.model_dump()}
    write_facts(lab.settings.resolve(run.folder) / "bundle", preparation=how)
    return crops


def test_the_answer_is_the_bundles_own_on_the_same_picture(lab, colour_run, first):
    picture = opinions.stored(lab.settings, *first.values())

    found = ask(lab, colour_run, picture)

    bundle = Bundle.load(lab.settings.resolve(colour_run.folder) / "bundle")
    look = bundle.look(picture.photograph)
    assert found.prediction == look.prediction
    assert np.array_equal(found.seen, look.prepared.image)


def test_a_run_that_learnt_from_crops_gets_the_photograph_cropped_anew(lab, colour_run):
    learnt_from_crops(lab, colour_run)
    photograph, box = drawing.car()
    whole = Picture(photograph, "Red Van", (photograph, Treatment()), box)

    found = ask(lab, colour_run, whole)

    assert "learnt from images cropped to a known box" in found.told
    assert "is treated anew" in found.told
    mean = photograph[box.top : box.bottom, box.left : box.right].mean(axis=(0, 1))
    assert found.seen.mean(axis=(0, 1)) == pytest.approx(mean, abs=3)


def test_a_picture_treated_as_the_run_learnt_is_not_treated_again(lab, colour_run):
    crops = learnt_from_crops(lab, colour_run)
    photograph, box = drawing.car()
    cropped = photograph[box.top : box.bottom, box.left : box.right]

    found = ask(lab, colour_run, Picture(photograph, None, (cropped, crops), box))

    assert found.told == ""
    assert found.seen.mean() == pytest.approx(cropped.mean(), abs=2)


def test_a_run_that_learnt_from_whole_photographs_sees_what_a_cut_out_came_from(
    lab, colour_run
):
    photograph, box = drawing.car()
    white = np.full_like(photograph, 255)
    treated = Picture(photograph, None, (white, Treatment(remover="u2netp")), box)

    found = ask(lab, colour_run, treated)

    assert "learnt from images with their backgrounds" in found.told
    assert found.seen.mean() == pytest.approx(photograph.mean(), abs=2)


def test_a_treated_picture_leads_to_the_photograph_it_was_made_from(lab):
    with store.connect(lab.settings.db_path) as db:
        whole = versions.examples(db, lab.version_id)[0]
        cut = stored_images.add(
            *(db, "another hash", whole.path, 1, 1, 1), parent_id=whole.image_id
        )
        of_cut = stored_images.add(*(db, "a third", whole.path, 1, 1, 1), parent_id=cut)

        assert stored_images.photograph(db, of_cut).id == whole.image_id
        assert stored_images.photograph(db, whole.image_id).id == whole.image_id
