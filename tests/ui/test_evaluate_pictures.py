"""The pictures of an evaluation: galleries, one of them large, those beside it."""

import gradio as gr
import numpy as np
import pytest

from carclf import jobs, store
from carclf.bundle import Bundle
from carclf.evaluation import embedding, features, judge
from carclf.store import evaluations, versions
from carclf.store import jobs as stored_jobs
from carclf.ui.tabs import (
    evaluate,
    evaluate_beside,
    evaluate_later,
    evaluate_look,
    evaluate_map,
    evaluate_neighbours,
    evaluate_pictures,
)
from carclf.ui.tabs.evaluate_pictures import ANY, ATTENTION, CLOSEST, MISTAKES
from tests.test_bundle import write_facts
from tests.ui.conftest import CLASSES


@pytest.fixture
def judged(lab):
    """An evaluation of 12 test images with three mistakes, two of them of one class."""
    return lab.evaluation(lab.run("one"), wrong={0, 1, 5})


@pytest.fixture
def evaluated(lab, colour_run):
    """The test images as a network that reads colours judged them."""
    folder = lab.settings.resolve(colour_run.folder) / "bundle"
    write_facts(folder, classes=CLASSES[:3])
    return judge.evaluate(
        lab.settings,
        Bundle.load(folder),
        colour_run.id,
        colour_run.best_epoch,
        lab.version_id,
        "test",
        lambda done, total: None,
    )


def page(lab, evaluation_id, kind=MISTAKES, label=ANY, predicted=ANY, **more):
    return evaluate_pictures.turn_page(
        lab.settings, 0, evaluation_id, kind, label, predicted, **more
    )


def training_features(lab, run):
    """Read the training images as the worker would, and return their number."""
    with store.connect(lab.settings.db_path) as db:
        version = versions.get(db, lab.version_id)
        examples = versions.examples(db, lab.version_id, split="train")
    bundle = Bundle.load(lab.settings.resolve(run.folder) / "bundle")
    found = features.compute(lab.settings, bundle, examples, lambda done, total: None)
    path = features.of_training(lab.settings, bundle.folder / "model.onnx", version)
    features.write(path, found.image_ids, found.vectors)
    return len(examples)


def test_closest_calls_come_first_right_or_wrong(lab, judged):
    shown = page(lab, judged, CLOSEST)

    with store.connect(lab.settings.db_path) as db:
        every = evaluations.judged(db, judged)
    tops = {one.image_id: one.prediction.top for one in every}
    margins = [tops[one][0][1] - tops[one][1][1] for one in shown.ids]
    assert len(margins) == 12
    assert margins == sorted(margins)


def test_low_attention_comes_first_and_the_mean_stands_beside_chance(lab, judged):
    with store.connect(lab.settings.db_path) as db:
        for place, one in enumerate(evaluations.judged(db, judged)[:4]):
            db.execute(
                "update predictions set attention_share = ?, box_share = 0.3"
                " where image_id = ?",
                [0.8 - place / 10, one.image_id],
            )
            db.conn.commit()

    shown = page(lab, judged, ATTENTION)

    said = [caption for _, caption in shown.gallery["value"]]
    assert [one.split(" · ")[1] for one in said] == [
        f"{share} % on the vehicle" for share in (50, 60, 70, 80)
    ]
    assert "On average 65 % of the evidence for an answer" in shown.told
    assert "covers 30 % of the picture" in shown.told


def test_without_boxes_the_attention_says_what_it_takes(lab, judged):
    shown = page(lab, judged, ATTENTION)

    assert shown.gallery["visible"] is False
    assert "takes vehicles&#x27; boxes" in shown.told


def test_a_choice_of_the_map_narrows_every_gallery_until_it_is_ended(lab, judged):
    some = page(lab, judged, CLOSEST).ids[3:7]

    narrowed = page(lab, judged, CLOSEST, chosen=some)
    chosen, *rest = evaluate_pictures.show_all(lab.settings, judged, CLOSEST, ANY, ANY)

    assert narrowed.ids == some
    assert "Only the 4 pictures chosen on the map" in narrowed.told
    assert chosen is None
    assert len(evaluate_pictures.Shown(*rest).ids) == 12


def test_a_pair_stands_beside_training_images_of_both_classes(lab, judged):
    strips = evaluate_beside.fill(lab.settings, judged, "Baja Bug", CLASSES[1])

    first = evaluate_beside.Strip(*strips[:4])
    second = evaluate_beside.Strip(*strips[4:])
    assert "Trained on as Baja Bug <i>3 of 3" in first.heading
    assert "Trained on as Mini &lt;b&gt;Cooper" in second.heading
    with store.connect(lab.settings.db_path) as db:
        for strip, label in ((first, "Baja Bug"), (second, CLASSES[1])):
            found = [versions.example(db, lab.version_id, one) for one in strip.ids]
            assert {(one.label, one.split) for one in found} == {(label, "train")}


def test_without_a_class_nothing_stands_beside(lab, judged):
    strips = evaluate_beside.fill(lab.settings, judged, ANY, ANY)

    assert [strips[0]["visible"], strips[4]["visible"]] == [False, False]


def step(lab, evaluation_id, by, shown, place):
    asked = (MISTAKES, ANY, ANY, None)
    found = evaluate_look.step(
        lab.settings, by, evaluation_id, *asked, shown.page, shown.ids, place
    )
    return evaluate_pictures.Shown(*found[:5]), evaluate_look.Look(*found[5:])


def test_stepping_goes_from_picture_to_picture_and_marks_its_tile(lab, judged):
    shown = page(lab, judged)

    turned, look = step(lab, judged, 1, shown, 0)

    assert (look.place, look.image_id) == (1, shown.ids[1])
    assert turned.gallery["selected_index"] == 1
    assert turned.page == gr.skip()


def test_stepping_beyond_a_page_turns_it(lab, judged, monkeypatch):
    monkeypatch.setattr("carclf.ui.pictures.PAGE", 2)
    first = page(lab, judged)

    second, look = step(lab, judged, 1, first, 1)
    back, again = step(lab, judged, -1, second, 0)

    assert (second.page, look.place, look.image_id) == (1, 0, second.ids[0])
    assert (back.page, again.place, again.image_id) == (0, 1, first.ids[1])
    assert again.image_id != look.image_id


def test_stepping_stops_at_both_ends_in_words(lab, judged):
    shown = page(lab, judged)

    for by, place in ((-1, 0), (1, 2)):
        with pytest.raises(gr.Error, match="no further picture"):
            step(lab, judged, by, shown, place)


def test_another_page_keeps_the_picture_if_it_is_there_and_opens_its_first_if_not(
    lab, judged
):
    ids = page(lab, judged, CLOSEST).ids

    gallery, *same = evaluate_look.follow(lab.settings, judged, ids, ids[4])
    first_gallery, *first = evaluate_look.follow(lab.settings, judged, ids[:3], ids[4])
    none = evaluate_look.follow(lab.settings, judged, ids, None)

    assert (gallery["selected_index"], same[0], same[1]) == (4, 4, gr.skip())
    assert first_gallery["selected_index"] == 0
    assert evaluate_look.Look(*first).image_id == ids[0]
    assert all(one == gr.skip() for one in none)


def test_neighbours_are_asked_for_once_and_made_by_a_worker(lab, evaluated):
    image_id = page(lab, evaluated, CLOSEST).ids[0]

    *nearest, told, button, _, _ = evaluate_neighbours.fill(
        lab.settings, evaluated, image_id
    )
    for _ in range(2):
        later = evaluate_later.submit(lab.settings, evaluated)

    assert nearest[2] == []
    assert "not been shown its training images" in told
    assert button["visible"] is True
    assert "waits in the queue" in later.told
    with store.connect(lab.settings.db_path) as db:
        waiting = stored_jobs.unfinished(db)
    assert [(one.kind, one.settings) for one in waiting] == [
        ("neighbours", {"evaluation_id": evaluated})
    ]


def test_the_nearest_training_images_have_the_colour_of_the_picture(
    lab, evaluated, colour_run
):
    training_features(lab, colour_run)
    with store.connect(lab.settings.db_path) as db:
        red = versions.examples(db, lab.version_id, split="test", label="Baja Bug")[0]

    heading, gallery, ids, *later = evaluate_neighbours.fill(
        lab.settings, evaluated, red.image_id
    )

    labels = [caption.split(" · ")[0] for _, caption in gallery["value"]]
    assert labels[:3] == ["Baja Bug"] * 3
    assert len(ids) == 6
    assert "distance 0 is alike" in heading
    assert later[1]["visible"] is False


def test_a_training_image_is_shown_large_and_can_be_relabelled(lab, evaluated):
    with store.connect(lab.settings.db_path) as db:
        one = versions.examples(db, lab.version_id, split="train", label="Van `1`")[0]

    look = evaluate_look.choose_other(lab.settings, 0, None, evaluated, [one.image_id])

    assert "Training image: Van `1`, called" in look.answers
    assert (look.image_id, look.version_id) == (one.image_id, lab.version_id)
    assert look.place == gr.skip()
    assert look.for_predicted["value"].shape == (32, 48, 3)


def test_an_evaluation_without_features_says_what_to_do(lab, judged):
    image_id = page(lab, judged).ids[0]

    heading, *_ = evaluate_neighbours.fill(lab.settings, judged, image_id)
    told, figure, *_ = evaluate_map.fill(
        lab.settings, judged, evaluate_map.OVERVIEW, evaluate_map.OUTCOME, ANY
    )

    assert "Evaluate the run again" in heading.replace("\n", " ")
    assert "Evaluate the run again" in told
    assert figure is None
    with pytest.raises(gr.Error, match="Evaluate the run again"):
        evaluate_later.submit(lab.settings, judged)


def test_the_map_has_a_point_for_every_image_with_its_id(lab, evaluated):
    _, figure, label, *_ = evaluate_map.fill(
        lab.settings, evaluated, evaluate_map.OVERVIEW, evaluate_map.OUTCOME, ANY
    )

    points = [one for trace in figure["data"] for one in trace["customdata"]]
    assert sorted(points) == sorted(page(lab, evaluated, CLOSEST).ids)
    assert figure["layout"]["meta"] == "Map of 12 images, 3 of them mistakes"
    assert label["choices"] == [ANY, *sorted(CLASSES)]


def test_the_map_picks_out_a_class_and_what_was_taken_for_it(lab, evaluated):
    _, figure, *_ = evaluate_map.fill(
        lab.settings, evaluated, evaluate_map.OVERVIEW, evaluate_map.CLASS, "Baja Bug"
    )

    sizes = {trace["name"]: len(trace["customdata"]) for trace in figure["data"]}
    assert sizes == {"others": 6, "Baja Bug": 3, "called so": 3}


def test_neighbourhoods_are_drawn_once_a_worker_has_arranged_them(
    lab, evaluated, colour_run
):
    def ask():
        return evaluate_map.fill(
            lab.settings,
            evaluated,
            evaluate_map.NEIGHBOURHOODS,
            evaluate_map.CLASS,
            ANY,
        )

    _, before, _, told, button, *_ = ask()
    made = embedding.of_evaluation(lab.settings, colour_run, evaluated)
    own = features.read(features.of_evaluation(lab.settings, colour_run, evaluated))
    features.write(made, own.image_ids, np.zeros((12, 2), np.float32))
    _, figure, _, _, no_button, *_ = ask()

    assert "this is the overview" in told
    assert (button["visible"], no_button["visible"]) == (True, False)
    first, arranged = before["data"][0]["x"], figure["data"][0]["x"]
    assert first != arranged


def test_points_that_were_drawn_around_are_shown_and_opened(lab, evaluated):
    ids = page(lab, evaluated, CLOSEST).ids[:5]

    chosen = evaluate_map.choose(lab.settings, None, ids, evaluated)
    tabs, kind, _, _, only, *shown = evaluate.show_chosen(
        lab.settings, evaluated, chosen.ids
    )

    assert len(chosen.gallery["value"]) == 5
    assert "Chosen: 5" in chosen.told
    assert (tabs.selected, kind, only) == ("pictures", CLOSEST, ids)
    assert evaluate_pictures.Shown(*shown).ids == ids


def test_one_point_can_be_clicked_and_a_choice_ended(lab, evaluated):
    one = page(lab, evaluated, CLOSEST).ids[4]

    clicked = evaluate_map.choose(lab.settings, 4, one, evaluated)
    ended = evaluate_map.choose(lab.settings, None, [], evaluated)

    assert clicked.ids == [one]
    assert ended.ids == []
    assert ended.gallery["visible"] is False


def test_a_picture_of_the_choice_opens_large_among_the_chosen(lab, evaluated):
    ids = page(lab, evaluated, CLOSEST).ids[:5]

    opened = evaluate.look_at_chosen(lab.settings, 2, None, evaluated, ids)

    look = evaluate_look.Look(*opened[10:])
    assert (look.place, look.image_id) == (2, ids[2])


def test_work_that_failed_says_why_and_may_be_asked_for_again(lab, evaluated):
    evaluate_later.submit(lab.settings, evaluated)
    with store.connect(lab.settings.db_path) as db:
        job = stored_jobs.unfinished(db)[0]
    jobs.stop_now(lab.settings, job.id)

    later = evaluate_later.watch(lab.settings, evaluated)

    assert "stopped" in later.told
    assert later.button["visible"] is True
    assert later.ended == job.id


def test_the_attention_of_one_picture_is_told_beside_its_answers(lab, judged):
    image_id = page(lab, judged).ids[0]
    with store.connect(lab.settings.db_path) as db:
        db.execute(
            "update predictions set attention_share = 0.12, box_share = 0.4"
            " where image_id = ?",
            [image_id],
        )
        db.conn.commit()

    look = evaluate_look.look(lab.settings, judged, image_id)

    assert "12 % of the evidence for its answer lay on the vehicle" in look.answers
    assert "whose box covers 40 %" in look.answers
