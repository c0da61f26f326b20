"""The control that corrects what is said of a picture."""

import time

import gradio as gr
import pytest

from carclf import store
from carclf.store import labels, moves, versions
from carclf.ui import relabelling


@pytest.fixture
def image_id(settings, version) -> int:
    with store.connect(settings.db_path) as db:
        return versions.examples(db, version.id)[0].image_id


def now(settings, image_id):
    with store.connect(settings.db_path) as db:
        return labels.current(db, image_id)


def test_without_a_picture_there_is_nothing_to_say(settings, version):
    shown = relabelling.show(settings, None, version.id)

    assert (shown.of, shown.stands, shown.name) == ("", "", None)
    assert shown.moving["visible"] is False


def test_the_label_that_stands_is_shown_with_the_classes_to_choose(
    settings, version, image_id
):
    shown = relabelling.show(settings, image_id, version.id)

    assert "Label now: <b>Blue Bus</b>." in shown.stands
    assert shown.name["value"] == "Blue Bus"
    assert shown.name["choices"] == ["Blue Bus", "Green Coupe", "Red Van"]


def test_a_saved_label_stands_beside_the_frozen_one(settings, version, image_id):
    _, stands, name, *_, changed = relabelling.save(
        settings, str(image_id), image_id, version.id, "<b>Tram</b>"
    )

    assert now(settings, image_id).name == "<b>Tram</b>"
    assert "<b>&lt;b&gt;Tram&lt;/b&gt;</b> by person" in stands
    assert "It was frozen as “Blue Bus”; this counts once" in stands
    assert name["value"] == "<b>Tram</b>"
    assert changed == [now(settings, image_id).id]


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (relabelling.reject, "<b>not a vehicle</b>"),
        (relabelling.drop, "<b>Blue Bus, dropped</b>"),
    ],
)
def test_what_was_said_can_be_taken_back(settings, version, image_id, act, said):
    _, stands, *_, changed = act(settings, str(image_id), image_id, version.id)
    _, back, *_, undone = relabelling.undo(
        settings, str(image_id), image_id, version.id
    )

    assert said in stands
    assert "<b>Blue Bus</b>" in back
    assert "frozen as" not in back
    assert undone != changed


def test_a_picture_moves_to_another_split_and_back(settings, version, image_id):
    assert relabelling.show(settings, image_id, version.id).split == "test"

    *_, stands, _, _, split, changed = relabelling.move(
        settings, str(image_id), image_id, version.id, "train"
    )
    with store.connect(settings.db_path) as db:
        moved = moves.since_frozen(db, version.id)
    *_, back, _, _, split_back, undone = relabelling.undo(
        settings, str(image_id), image_id, version.id
    )

    assert "moved from test to train; this counts once" in stands
    assert [(one.image_id, one.now) for one in moved] == [(image_id, "train")]
    assert "moved" not in back
    assert (split, split_back) == ("train", "test")
    assert changed != undone


def test_undo_takes_back_the_last_thing_first_whether_label_or_move(
    settings, version, image_id
):
    relabelling.move(settings, str(image_id), image_id, version.id, "train")
    time.sleep(0.002)
    relabelling.save(settings, str(image_id), image_id, version.id, "Red Van")
    time.sleep(0.002)
    relabelling.move(settings, str(image_id), image_id, version.id, "validation")

    seen = []
    for _ in range(3):
        *_, name, _, split, _ = relabelling.undo(
            settings, str(image_id), image_id, version.id
        )
        seen.append((name["value"], split))

    assert seen == [("Red Van", "train"), ("Blue Bus", "train"), ("Blue Bus", "test")]
    with pytest.raises(gr.Error, match="nothing to undo"):
        relabelling.undo(settings, str(image_id), image_id, version.id)


def test_what_belongs_to_no_version_has_no_split_to_move_to(
    settings, version, image_id
):
    assert relabelling.show(settings, image_id, version.id).moving["visible"]
    assert not relabelling.show(settings, image_id, None).moving["visible"]
    with pytest.raises(gr.Error, match="in test already"):
        relabelling.move(settings, str(image_id), image_id, version.id, "test")


def test_an_image_of_no_version_is_offered_every_class(settings, version, image_id):
    shown = relabelling.show(settings, image_id, None)

    assert shown.name["choices"] == ["Blue Bus", "Green Coupe", "Red Van"]
    assert "frozen as" not in shown.stands


def test_an_empty_class_is_refused_in_words(settings, version, image_id):
    with pytest.raises(gr.Error, match="Choose the right class"):
        relabelling.save(settings, str(image_id), image_id, version.id, " ")


def test_what_is_pressed_counts_for_the_picture_that_was_seen(
    settings, version, image_id
):
    with store.connect(settings.db_path) as db:
        coming = versions.examples(db, version.id)[-1]
    seen = str(image_id)

    of, stands, *_, changed = relabelling.drop(
        settings, seen, coming.image_id, version.id
    )

    assert now(settings, image_id).is_dropped
    assert not now(settings, coming.image_id).is_dropped
    assert changed == [now(settings, image_id).id]
    assert of == str(coming.image_id)
    assert f"<b>{coming.label}</b>." in stands
