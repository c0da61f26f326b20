"""Going through images and labelling them, as the Label tab's buttons do."""

import re

import gradio as gr
import pytest

from carclf import images, store
from carclf.datasets import versions as datasets
from carclf.store import labels, versions
from carclf.store.members import STATES
from carclf.ui import labelling, suggestions
from carclf.ui.image_filters import Filters
from carclf.ui.labelling import Done, Sitting
from carclf.ui.tabs import label, label_grid, label_queue
from tests import drawing

EVERYTHING = Filters()


@pytest.fixture
def sitting(settings, version) -> Sitting:
    view = label.fill(settings, version.id, *EVERYTHING, suggestions.NO_RUN)
    return view.sitting


def ids_of(settings, version, **chosen):
    view = label.fill(settings, version.id, *Filters(**chosen), suggestions.NO_RUN)
    return list(view.sitting.image_ids)


def now(settings, image_id):
    with store.connect(settings.db_path) as db:
        return labels.current(db, image_id).name


def test_the_first_image_is_shown_with_its_label_and_history(settings, sitting):
    view = labelling.show(settings, sitting)

    assert ".jpg" in view.stage
    assert "1 of 36" in view.progress
    assert "Blue Bus</b>" in view.history
    assert "by import" in view.history
    assert view.name["value"] == "Blue Bus"
    assert view.name["choices"] == ["Blue Bus", "Green Coupe", "Red Van"]
    assert (view.suggestions, view.changes) == ("", "")


def test_leafing_stops_at_both_ends(settings, sitting):
    before = labelling.step(settings, -1, sitting).sitting
    last = labelling.step(settings, 100, sitting).sitting

    assert (before.place, last.place) == (0, 35)


def test_a_saved_label_is_an_event_by_a_person_and_the_next_image_follows(
    settings, sitting
):
    after = labelling.save(settings, sitting, True, "Red Van").sitting

    assert after.place == 1
    with store.connect(settings.db_path) as db:
        events = labels.history(db, sitting.image_id)
    assert after.done == (Done(sitting.image_id, events[-1].id),)
    assert [(one.name, one.source) for one in events] == [
        ("Blue Bus", "import"),
        ("Red Van", "person"),
    ]


def test_saving_what_stands_already_adds_no_event(settings, sitting):
    after = labelling.save(settings, sitting, False, "Blue Bus").sitting

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
    view = labelling.reject(settings, sitting, False)

    assert now(settings, sitting.image_id) is None
    assert "<h3>not a vehicle</h3>" in view.history
    assert "1 label differs from this version" in view.changes


def test_a_dropped_image_keeps_its_class_and_can_be_taken_back(settings, sitting):
    view = labelling.drop(settings, sitting, False)
    undone = labelling.undo(settings, view.sitting)

    assert "<h3>Blue Bus, dropped</h3>" in view.history
    assert view.name["value"] == "Blue Bus"
    assert "1 image is dropped: freeze a new version" in view.changes
    assert undone.changes == ""


def test_images_are_found_by_what_became_of_their_label(settings, version, sitting):
    for place, act in ((3, labelling.drop), (4, labelling.reject)):
        act(settings, labelling.show(settings, sitting.at(place)).sitting, False)
    seventh = labelling.show(settings, sitting.at(7)).sitting
    labelling.save(settings, seventh, False, "Red Van")

    found = {state: ids_of(settings, version, state=state) for state in STATES}

    places = {"dropped": 3, "not a vehicle": 4, "relabelled": 7}
    for state, place in places.items():
        assert found[state] == [sitting.image_ids[place]]
    assert len(found["as frozen"]) == 33
    assert len(ids_of(settings, version)) == 36


def test_images_are_found_by_split_and_text(settings, version):
    assert len(ids_of(settings, version, split="validation")) == 6
    assert len(ids_of(settings, version, split="test", text="coupe")) == 4


def test_undo_takes_back_the_last_label_and_goes_back_to_its_image(settings, sitting):
    second = labelling.save(settings, sitting, True, "Red Van").sitting
    third = labelling.save(settings, second, True, "Red Van").sitting

    back = labelling.undo(settings, third).sitting
    further = labelling.undo(settings, back).sitting

    assert (back.place, further.place) == (1, 0)
    assert now(settings, second.image_id) == "Blue Bus"
    assert now(settings, sitting.image_id) == "Blue Bus"


def test_an_image_that_nobody_labelled_has_nothing_to_undo(settings, sitting):
    with pytest.raises(gr.Error, match="nothing to undo"):
        labelling.undo(settings, sitting)


def test_a_label_of_another_window_is_not_undone_unseen(settings, sitting):
    after = labelling.save(settings, sitting, False, "Red Van").sitting
    with store.connect(settings.db_path) as db:
        labels.set(db, sitting.image_id, "Green Coupe", "run 3")

    with pytest.raises(gr.Error, match="labelled again since"):
        labelling.undo(settings, after)

    assert now(settings, sitting.image_id) == "Green Coupe"


def test_a_stale_window_is_told_what_was_said_meanwhile(settings, sitting):
    other = labelling.save(settings, sitting, False, "Red Van").sitting

    told = labelling.save(settings, sitting, True, "Green Coupe")
    kept = now(settings, sitting.image_id)
    labelling.save(settings, told.sitting, True, "Green Coupe")

    assert other.image_id == told.sitting.image_id
    assert "Meanwhile person said “Red Van” of this image" in told.progress
    assert kept == "Red Van"
    assert now(settings, sitting.image_id) == "Green Coupe"


def test_a_stale_window_that_says_the_same_just_goes_on(settings, sitting):
    labelling.save(settings, sitting, False, "Red Van")

    after = labelling.save(settings, sitting, True, "Red Van")

    assert after.sitting.place == 1
    assert "Meanwhile" not in after.progress


def test_names_are_shown_as_text(settings, sitting):
    view = labelling.save(settings, sitting, False, "<script>x")

    assert "&lt;script&gt;x" in view.history
    assert "<script>" not in view.history


def test_a_photograph_that_left_the_disk_says_so_and_can_be_passed(settings, sitting):
    with store.connect(settings.db_path) as db:
        one = versions.example(db, sitting.version_id, sitting.image_ids[1])
    settings.resolve(one.path).unlink()

    view = labelling.step(settings, 1, sitting)
    after = labelling.step(settings, 1, view.sitting).sitting

    assert view.stage == ""
    assert "is missing" in view.progress
    assert after.place == 2


def test_with_nothing_to_label_the_tab_says_what_to_do(settings, version):
    none = Sitting(version.id)

    assert "clear the filters" in labelling.show(settings, none).progress
    assert "Import photographs" in labelling.show(settings, Sitting()).progress
    with pytest.raises(gr.Error, match="no image"):
        labelling.save(settings, none, True, "Red Van")


def test_the_tab_reopens_where_it_was_left(settings, version, sitting):
    picker, model, _, *rest = opened(settings, version, sitting.at(5))

    assert picker["value"] == version.id
    assert model["value"] == suggestions.NO_RUN
    assert rest[0] == gr.skip()
    assert rest[len(EVERYTHING)].place == 5


def test_a_tab_that_opens_asks_the_run_that_is_there_by_now(
    settings, version, sitting, colour_run
):
    _, model, offered, *rest = opened(settings, version, sitting)

    view = labelling.View(*rest[len(EVERYTHING) :])
    assert offered == [colour_run.id]
    assert model["value"] == view.sitting.run_id == colour_run.id
    assert view.asked == (view.image_id, colour_run.id)


def test_who_wants_no_suggestions_gets_none_when_the_tab_reopens(
    settings, version, sitting, colour_run
):
    _, model, *_ = opened(settings, version, sitting, offered=[colour_run.id])

    assert model["value"] == suggestions.NO_RUN


def opened(settings, version, sitting, offered=()):
    return label.open_tab(
        settings, version.id, *EVERYTHING, suggestions.NO_RUN, offered, sitting
    )


@pytest.mark.parametrize(
    ("seen", "filled"),
    [(label.GRID, [0]), (label.QUEUE, [1]), (label.TABLE, [2]), ("", [])],
)
def test_of_the_views_beside_the_first_the_seen_one_is_filled(
    settings, version, seen, filled
):
    parts = seen_parts(settings, seen, version.id)

    assert [at for at, part in enumerate(parts) if part != gr.skip()] == filled


def test_a_version_that_is_gone_fills_nothing(settings, version):
    with store.connect(settings.db_path) as db:
        versions.delete(db, version.id)

    assert all(one == gr.skip() for one in seen_parts(settings, label.GRID, version.id))


def seen_parts(settings, seen, version_id):
    """Return the first component of each view."""
    sizes = {
        label.GRID: len(label_grid.Grid._fields),
        label.QUEUE: len(label_queue.Queue._fields) + len(labelling.View._fields),
        label.TABLE: 1,
    }
    asked = (None, label_queue.ALL, Sitting(), *EVERYTHING)
    parts = label.fill_seen(settings, sizes, seen, version_id, *asked)
    starts = [sum(list(sizes.values())[:at]) for at in range(len(sizes))]
    assert len(parts) == sum(sizes.values())
    return [parts[at] for at in starts]


def test_who_labelled_since_can_be_filtered_for_when_the_tab_reopens(
    settings, version, sitting
):
    labelling.save(settings, sitting, True, "Red Van")

    _, _, _, *rest = opened(settings, version, sitting)

    offered = Filters(*rest[: len(EVERYTHING)]).source["choices"]
    assert offered == ["Any", ("the import", "import"), ("a person", "person")]
    assert ids_of(settings, version, source="person") == [sitting.image_id]


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
    assert labelling.suggest(settings, sitting) == ""


def test_a_run_suggests_and_a_suggestion_is_accepted(settings, sitting, colour_run):
    asking = labelling.choose_run(settings, sitting, colour_run.id)
    drawn = labelling.suggest(settings, asking.sitting)
    names = re.findall(r'data-name="([^"]+)"', drawn)
    labelling.accept(settings, sitting.image_id, names[1], asking.sitting, True)

    assert 'aria-busy="true"' in asking.suggestions
    assert len(names) == 3
    assert re.search(r"<b>\d+ %</b>", drawn)
    assert now(settings, sitting.image_id) == names[1]


def test_a_suggestion_for_an_image_that_was_left_labels_nothing(settings, sitting):
    view = labelling.accept(settings, sitting.image_ids[1], "Red Van", sitting, True)

    assert view.sitting.place == 0
    assert now(settings, sitting.image_id) == "Blue Bus"
    assert now(settings, sitting.image_ids[1]) == "Blue Bus"


def test_what_was_made_ready_ahead_is_there_at_once(settings, sitting, colour_run):
    asking = labelling.choose_run(settings, sitting, colour_run.id).sitting
    fetched = labelling.look_ahead(settings, asking)

    after = labelling.step(settings, 1, asking)

    assert after.stage.split('src="')[1].split('"')[0] in fetched
    assert "data-name" in after.suggestions
    assert "aria-busy" not in after.suggestions


def test_a_photograph_is_shown_whole_to_whoever_zooms(settings, tmp_path):
    folder = tmp_path / "large"
    drawing.draw(folder / "one" / "large.jpg", height=1300, width=2000)
    drawing.draw(folder / "other" / "small.jpg", seed=1)
    large = datasets.import_folder(settings, folder, "large", validation_split=0)
    sitting = Sitting(large.id, tuple(ids_of(settings, large, label="one")))

    first = labelling.show(settings, sitting).stage
    whole = labelling.whole(settings, sitting)

    def size(html):
        path = html.split("gradio_api/file=")[1].split('"')[0]
        return images.measure(settings.thumbnails / path)

    assert size(first) == (960, 624)
    assert size(whole) == (2000, 1300)
    assert str(settings.thumbnails) in whole
