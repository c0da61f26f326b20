"""“Label this photograph”: where it goes, and what is said of that."""

import gradio as gr
import pytest

from carclf import store
from carclf.store import labels, versions
from carclf.ui.tabs import predict, predict_label
from tests import drawing
from tests.ui.test_predict_tab import dropped


@pytest.fixture
def photograph(tmp_path):
    return dropped(drawing.draw(tmp_path / "upload.png", "Red Van"), "my <car>.jpg")


@pytest.fixture
def answered(settings, colour_run, photograph):
    """Return what the run answered, and the class that it puts into the field."""
    *_, suggested, name = predict.look(settings, colour_run.id, [], photograph)
    return suggested, name["value"]


def keep(settings, photograph, name, suggested, version_id=None):
    return predict_label.keep_photograph(
        settings, photograph, name, suggested, version_id
    )


def last_label(settings):
    with store.connect(settings.db_path) as db:
        return labels.outside_versions(db)[-1]


def test_an_accepted_answer_is_the_run_s_word(
    settings, photograph, answered, colour_run
):
    suggested, name = answered

    said, _, waiting, freezing = keep(settings, photograph, name, suggested)

    label = last_label(settings)
    assert (label.name, label.source) == (name, f"run {colour_run.id}")
    assert "Kept my &lt;car&gt;.jpg as" in said
    assert "1 labelled photograph waits to be taken into a version" in waiting
    assert freezing["visible"]


def test_another_class_is_a_person_s_word(settings, photograph, answered):
    keep(settings, photograph, "Yellow Cab", answered[0])

    label = last_label(settings)
    assert (label.name, label.source) == ("Yellow Cab", "person")


def test_what_was_labelled_is_frozen_into_the_split_that_was_chosen(
    settings, lab, photograph, answered
):
    keep(settings, photograph, "Baja Bug", answered[0], lab.version_id)

    said, picker, waiting, _ = predict_label.freeze_version(
        settings, lab.version_id, "drawn and mine", "train"
    )

    with store.connect(settings.db_path) as db:
        made = versions.by_name(db, "drawn and mine")
    assert made.counts == {"train": 13, "validation": 12, "test": 12}
    assert picker["value"] == made.id
    assert "They are in train of “drawn and mine” now" in said
    assert waiting == ""


def test_a_photograph_that_is_in_a_dataset_already_is_said_to_be(
    settings, lab, answered
):
    with store.connect(settings.db_path) as db:
        member = versions.examples(db, lab.version_id)[0]
    payload = dropped(settings.resolve(member.path), "again.png")

    said, *_ = keep(settings, payload, "Van `1`", answered[0], lab.version_id)

    assert "again.png is in “drawn” already" in said
    assert "freeze corrected labels" in said


@pytest.mark.parametrize(("payload", "name"), [(None, "Baja Bug"), ("photo", " ")])
def test_nothing_to_label_and_no_class_are_refused(settings, photograph, payload, name):
    with pytest.raises(gr.Error, match=r"Drop a photograph|Choose the right class"):
        keep(settings, photograph if payload else None, name, None)
