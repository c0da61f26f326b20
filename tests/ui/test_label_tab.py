"""Going through images and labelling them, as the Label tab's buttons do."""

import gradio as gr
import pytest

from carclf import store
from carclf.store import labels, versions
from carclf.ui import labelling
from carclf.ui.labelling import ALL_CLASSES, EVERY, RELABELLED, Sitting
from carclf.ui.tabs import label


@pytest.fixture
def sitting(settings, version) -> Sitting:
    return labelling.matching(settings, version.id, ALL_CLASSES, EVERY, "")


def now(settings, image_id):
    with store.connect(settings.db_path) as db:
        return labels.current(db, image_id).name


def test_the_first_image_is_shown_with_its_label_and_history(settings, sitting):
    _, picture, progress, history, name, changes = labelling.show(settings, sitting)

    assert picture.endswith(".webp")
    assert "1 of 36" in progress
    assert "Blue Bus</b>" in history
    assert "by import" in history
    assert name["value"] == "Blue Bus"
    assert name["choices"] == ["Blue Bus", "Green Coupe", "Red Van"]
    assert changes == ""


def test_leafing_stops_at_both_ends(settings, sitting):
    before, *_ = labelling.step(settings, -1, sitting)
    last, *_ = labelling.step(settings, 100, sitting)

    assert (before.place, last.place) == (0, 35)


def test_a_saved_label_is_an_event_by_a_person_and_the_next_image_follows(
    settings, sitting
):
    after, *_ = labelling.save(settings, sitting, True, "Red Van")

    assert after.place == 1
    assert after.done == (sitting.image_id,)
    with store.connect(settings.db_path) as db:
        events = labels.history(db, sitting.image_id)
    assert [(one.name, one.source) for one in events] == [
        ("Blue Bus", "import"),
        ("Red Van", "person"),
    ]


def test_saving_what_stands_already_adds_no_event(settings, sitting):
    after, *_ = labelling.save(settings, sitting, False, "Blue Bus")

    assert after == sitting


@pytest.mark.parametrize(
    ("typed", "saved"),
    [("  red   VAN ", "Red Van"), ("Ram C/V <Cargo> 🚐", "Ram C/V <Cargo> 🚐")],
)
def test_a_typed_class_is_the_known_one_or_a_new_one(settings, sitting, typed, saved):
    labelling.save(settings, sitting, False, typed)

    assert now(settings, sitting.image_id) == saved


@pytest.mark.parametrize("typed", [None, "   ", "x" * 200])
def test_a_name_that_can_be_no_class_is_refused(settings, sitting, typed):
    with pytest.raises(gr.Error, match="class"):
        labelling.save(settings, sitting, True, typed)

    assert now(settings, sitting.image_id) == "Blue Bus"


def test_a_rejected_image_is_no_vehicle_of_any_class(settings, sitting):
    _, _, _, history, *_, changes = labelling.reject(settings, sitting, False)

    assert now(settings, sitting.image_id) is None
    assert "<h3>not a vehicle</h3>" in history
    assert "1 label differs from this version" in changes


def test_a_dropped_image_keeps_its_class_and_can_be_taken_back(settings, sitting):
    after, _, _, history, name, changes = labelling.drop(settings, sitting, False)
    *_, unchanged = labelling.undo(settings, after)

    assert "<h3>Blue Bus, dropped</h3>" in history
    assert name["value"] == "Blue Bus"
    assert "1 image is dropped: freeze a new version" in changes
    assert unchanged == ""


def test_dropped_images_are_among_the_relabelled_ones(settings, version, sitting):
    labelling.drop(settings, sitting.at(3), False)

    found = labelling.matching(settings, version.id, ALL_CLASSES, RELABELLED, "")

    assert found.image_ids == (sitting.image_ids[3],)


def test_undo_takes_back_the_last_label_and_goes_back_to_its_image(settings, sitting):
    second, *_ = labelling.save(settings, sitting, True, "Red Van")
    third, *_ = labelling.save(settings, second, True, "Red Van")

    back, *_ = labelling.undo(settings, third)
    further, *_ = labelling.undo(settings, back)

    assert (back.place, further.place) == (1, 0)
    assert now(settings, second.image_id) == "Blue Bus"
    assert now(settings, sitting.image_id) == "Blue Bus"


def test_an_image_that_nobody_labelled_has_nothing_to_undo(settings, sitting):
    with pytest.raises(gr.Error, match="nothing to undo"):
        labelling.undo(settings, sitting)


def test_a_label_of_another_window_is_not_undone_unseen(settings, sitting):
    after, *_ = labelling.save(settings, sitting, False, "Red Van")
    with store.connect(settings.db_path) as db:
        labels.set(db, sitting.image_id, "Green Coupe", "run 3")

    with pytest.raises(gr.Error, match="nothing to undo"):
        labelling.undo(settings, after)

    assert now(settings, sitting.image_id) == "Green Coupe"


def test_only_relabelled_images_are_gone_through_when_asked(settings, version, sitting):
    labelling.save(settings, sitting.at(7), False, "Red Van")

    found = labelling.matching(settings, version.id, ALL_CLASSES, RELABELLED, "")

    assert found.image_ids == (sitting.image_ids[7],)


def test_names_are_shown_as_text(settings, sitting):
    _, _, _, history, *_ = labelling.save(settings, sitting, False, "<script>x")

    assert "&lt;script&gt;x" in history
    assert "<script>" not in history


def test_a_photograph_that_left_the_disk_says_so_and_can_be_passed(settings, sitting):
    with store.connect(settings.db_path) as db:
        one = versions.example(db, sitting.version_id, sitting.image_id)
    settings.resolve(one.path).unlink()

    _, picture, progress, *_ = labelling.show(settings, sitting)
    after, *_ = labelling.step(settings, 1, sitting)

    assert picture is None
    assert "is missing" in progress
    assert after.place == 1


def test_with_nothing_to_label_the_tab_says_what_to_do(settings, version):
    none = labelling.matching(settings, version.id, ALL_CLASSES, EVERY, "no such")

    assert "clear the filters" in labelling.show(settings, none)[2]
    assert "Import photographs" in labelling.show(settings, Sitting())[2]
    with pytest.raises(gr.Error, match="no image"):
        labelling.save(settings, none, True, "Red Van")


def test_the_tab_reopens_where_it_was_left(settings, version, sitting):
    picker, _, again, *_ = label.open_tab(
        settings, version.id, ALL_CLASSES, EVERY, "", sitting.at(5)
    )

    assert picker["value"] == version.id
    assert again.place == 5


def test_freezing_makes_a_version_of_the_labels_as_they_are_now(
    settings, version, sitting
):
    labelling.save(settings, sitting, True, "Red Van")

    told, picker = label.freeze_version(settings, version.id, "better")

    assert "better · 36 images" in told
    with store.connect(settings.db_path) as db:
        better = versions.by_name(db, "better")
        frozen = versions.example(db, better.id, sitting.image_id)
    assert frozen.label == "Red Van"
    assert picker["value"] == version.id


def test_without_a_run_there_are_no_suggestions(settings, sitting):
    suggested, *buttons = labelling.suggest(settings, sitting, labelling.NO_SUGGESTIONS)

    assert suggested == []
    assert not any(button["visible"] for button in buttons)


def test_a_run_suggests_and_a_suggestion_is_accepted(settings, sitting, colour_run):
    suggested, *buttons = labelling.suggest(settings, sitting, colour_run.id)
    labelling.accept(settings, 1, sitting, True, suggested)

    assert len(suggested) == 3
    assert [button["visible"] for button in buttons] == [True] * 3 + [False] * 2
    assert buttons[0]["value"].startswith(f"1 · {suggested[0]} · ")
    assert now(settings, sitting.image_id) == suggested[1]
