"""The labels to doubt come first, and what was looked at stays so."""

import numpy as np
import pytest

from carclf import jobs, store
from carclf.evaluation import cleaning, features, shares
from carclf.store import evaluations, labels, runs, versions
from carclf.ui import labelling
from carclf.ui.image_filters import Filters
from carclf.ui.labelling import Sitting
from carclf.ui.tabs import label_queue
from tests.ui.conftest import CLASSES

FLIPPED = (1, 7)


@pytest.fixture
def source(lab):
    """Answers of a run that doubts two labels of the test images, and is sure else."""
    run = lab.run("sure")
    number = lab.evaluation(run, set(FLIPPED))
    with store.connect(lab.settings.db_path) as db:
        outcomes = evaluations.outcomes(db, number)
        examples = versions.examples(db, lab.version_id, split="test")
    place = {one.image_id: at for at, one in enumerate(examples)}
    found = np.full((len(outcomes), len(CLASSES)), 0.02, np.float32)
    for row, one in zip(found, outcomes, strict=True):
        said = CLASSES.index(one.label) + (place[one.image_id] in FLIPPED)
        row[said % len(CLASSES)] = 0.94
    path = shares.of_evaluation(lab.settings, run, number)
    features.write(path, [one.image_id for one in outcomes], found)
    return f"{cleaning.EVALUATION}{number}"


def opened(lab, source):
    _, _, told, _, _, *view = label_queue.offer(
        *(lab.settings, lab.version_id, source, label_queue.ALL, Sitting())
    )
    return told, labelling.View(*view)


def test_labels_that_were_flipped_on_purpose_come_first(lab, source):
    told, view = opened(lab, source)

    with store.connect(lab.settings.db_path) as db:
        examples = versions.examples(db, lab.version_id, split="test")
    assert set(view.sitting.image_ids[:2]) == {
        examples[place].image_id for place in FLIPPED
    }
    assert "2 likely wrong labels, 0 close calls, 10 others by loss" in told
    assert "likely wrong label</b>: labelled" in view.progress
    assert "0 of 12 looked at" in view.progress
    assert "94 %" in view.suggestions


def test_the_queue_is_gone_through_by_the_filters_of_the_tab(lab, source):
    chosen = Filters(label=CLASSES[0], split="test")

    _, _, _, _, _, *shown = label_queue.offer(
        *(lab.settings, lab.version_id, source, label_queue.ALL, Sitting()), *chosen
    )

    view = labelling.View(*shown)
    with store.connect(lab.settings.db_path) as db:
        of_one = versions.examples(db, lab.version_id, split="test", label=CLASSES[0])
    assert set(view.sitting.image_ids) == {one.image_id for one in of_one}
    assert f"0 of {len(of_one)} looked at" in view.progress


def test_without_an_image_there_is_nothing_to_press(lab, source):
    nothing = label_queue.fill(
        *(lab.settings, lab.version_id, source, label_queue.ALL),
        *Filters(text="no such car"),
    )

    view = labelling.View(*nothing[-len(labelling.View._fields) :])
    assert "clear the filters" in view.progress
    assert (view.below["visible"], view.acts["visible"]) == (False, False)


def test_a_label_is_accepted_fixed_or_kept_and_that_is_still_known_on_a_new_page(
    lab, source
):
    settings, (_, view) = lab.settings, opened(lab, source)
    first, second, third, *_ = view.sitting.image_ids

    view = labelling.accept(settings, first, "Baja Bug", view.sitting, True)
    view = labelling.save(settings, view.sitting, True, "Pick-up")
    view = labelling.keep(settings, view.sitting, True)

    _, again = opened(lab, source)
    assert "3 of 12 looked at" in again.progress
    assert again.sitting.place == 3
    with store.connect(settings.db_path) as db:
        now = [labels.current(db, one) for one in (first, second, third)]
    assert [one.name for one in now[:2]] == ["Baja Bug", "Pick-up"]
    assert now[2].source == "import"


def test_undo_takes_back_the_label_and_that_it_was_looked_at(lab, source):
    settings, (_, view) = lab.settings, opened(lab, source)
    before = labelling.step(settings, 0, view.sitting)
    kept = labelling.keep(settings, view.sitting, True)
    rejected = labelling.reject(settings, kept.sitting, True)

    once = labelling.undo(settings, rejected.sitting)
    twice = labelling.undo(settings, once.sitting)

    assert "1 of 12 looked at" in once.progress
    assert twice.sitting.place == 0
    assert twice.progress == before.progress
    assert twice.history == before.history


def test_on_a_new_page_a_kept_label_can_still_be_looked_at_again(lab, source):
    settings, (_, view) = lab.settings, opened(lab, source)
    labelling.keep(settings, view.sitting, True)

    _, again = opened(lab, source)
    undone = labelling.undo(settings, again.sitting.at(0))

    assert "0 of 12 looked at" in undone.progress


def test_doubts_are_gone_through_by_kind(lab, source):
    *_, sitting = label_queue.fill(
        lab.settings, lab.version_id, source, "Likely wrong label"
    )[:4]

    assert len(sitting.image_ids) == 2


def test_without_answers_the_queue_says_where_they_come_from(lab):
    told, view = opened(lab, None)

    assert "evaluate a run on it" in told
    assert view.image_id is None


def test_only_what_was_kept_of_every_class_is_offered(lab, source):
    lab.evaluation(lab.run("older"), set())

    offered = [one for _, one in cleaning.choices(lab.settings, lab.version_id)]

    assert source in offered
    assert sum(one.startswith(cleaning.EVALUATION) for one in offered) == 1


def test_training_images_have_to_be_cross_validated_first(lab, colour_run):
    settings, source = lab.settings, f"{cleaning.RUN}{colour_run.id}"

    told, button, *_ = label_queue.fill(
        settings, lab.version_id, source, label_queue.ALL
    )
    label_queue.cross_validate(settings, source)
    waits, *_ = label_queue.watch(settings, lab.version_id, source, label_queue.ALL)

    assert button["visible"]
    assert "by heart" in told
    assert "waits in the queue" in waits


def test_a_cross_validation_is_queued_once(lab, colour_run):
    first = jobs.submit_cross_validation(lab.settings, colour_run.id)

    assert jobs.submit_cross_validation(lab.settings, colour_run.id) == first


def test_cross_validated_training_images_are_ranked(lab, colour_run):
    settings = lab.settings
    with store.connect(settings.db_path) as db:
        run = runs.get(db, colour_run.id)
        version = versions.get(db, lab.version_id)
        examples = versions.examples(db, version.id, split="train")
    found = np.eye(len(version.classes), dtype=np.float32)[
        [version.classes.index(one.label) for one in examples]
    ]
    found[4] = np.roll(found[4], 1)
    path = shares.of_training(settings, run, version)
    features.write(path, [one.image_id for one in examples], found)

    ranked = cleaning.queue(settings, f"{cleaning.RUN}{run.id}")

    assert ranked[0].image_id == examples[4].image_id
    assert len(ranked) == 12
