"""No run is shown images treated otherwise than what it learnt from, without a word.

A test a door; what decides is `background.treatments.alike`.
"""

import gradio as gr
import pytest
from typer.testing import CliRunner

from carclf import images, jobs, preflight, store
from carclf.background import treatments
from carclf.cli import app as command_line
from carclf.cli import train
from carclf.config import TrainConfig, Treatment
from carclf.datasets import treated, versions
from carclf.errors import DatasetError
from carclf.evaluation import judge
from carclf.exports.standalone import preparation as standalone
from carclf.store import versions as stored
from carclf.ui import bundles, opinions, service, suggestions
from carclf.ui.tabs import evaluate_wanted, predict, predict_many
from carclf.ui.tabs.predict_answer import Shown
from tests.test_bundle import write_facts

CUT = Treatment(remover="box")
UNLIKE = "learnt from images with their backgrounds, and this picture is one cropped to"


def learnt_from(lab, run, how):
    """Let a run's bundle say that what it learnt from was treated so."""
    facts = {"height": 32, "width": 48, "treatment": how.model_dump(mode="json")}
    write_facts(lab.settings.resolve(run.folder) / "bundle", preparation=facts)
    return run


@pytest.fixture
def cut(lab):
    return versions.treat(lab.settings, lab.version_id, CUT, "cut")


@pytest.fixture
def picture(lab, cut):
    """A picture of the treated version, with the photograph it was made from."""
    with store.connect(lab.settings.db_path) as db:
        return stored.examples(db, cut.id)[0]


@pytest.fixture
def file(lab, picture):
    return lab.settings.resolve(picture.path)


@pytest.fixture
def from_cut(lab, better_run):
    return learnt_from(lab, better_run, CUT)


def dropped(path):
    return {"path": str(path), "orig_name": path.name}


def test_what_does_nothing_differs_in_nothing():
    assert treatments.alike(Treatment(fill="#000000"), Treatment())
    assert treatments.alike(CUT, Treatment(remover="box"))
    assert not treatments.alike(CUT, Treatment())


def test_other_settings_of_the_same_remover_are_told_apart():
    wider = CUT.model_copy(update={"margin": 0.3})

    told = treatments.unlike("“a”", CUT, "those of “b” are", wider)

    assert told == (
        "“a” learnt from images cropped to a known box, and those of “b” are cropped "
        "to a known box, with other settings"
    )
    assert treatments.unlike("“a”", CUT, "those of “b” are", CUT) == ""


def test_a_file_is_known_as_treated_by_its_bytes(lab, cut, picture, file, tmp_path):
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(file.read_bytes())
    with store.connect(lab.settings.db_path) as db:
        whole = stored.examples(db, lab.version_id)[0]

    assert treated.treatment_of(lab.settings, copy) == CUT
    assert treated.treatment_of(lab.settings, lab.settings.resolve(whole.path)) == (
        Treatment()
    )
    images.write(copy, images.read_rgb(file) // 2)
    assert treated.treatment_of(lab.settings, copy) is None


def test_predicting_one_picture_warns_of_another_treatment(lab, colour_run, file):
    view = predict.look(lab.settings, colour_run.id, None, dropped(file))

    told = Shown(*view[:-2]).told
    assert UNLIKE in told
    assert "its background treated before" in told


def test_predicting_one_picture_does_not_treat_it_twice(lab, from_cut, file):
    view = predict.look(lab.settings, from_cut.id, None, dropped(file))

    shown = Shown(*view[:-2])
    assert "learnt from" not in shown.told
    assert not shown.apart["visible"]
    again = bundles.load(lab.settings, from_cut.id).prepare(
        images.read_rgb(file), given=CUT
    )
    assert (shown.seen["value"] == again.image).all()


def test_predicting_many_notes_it_picture_by_picture(lab, colour_run, file):
    with store.connect(lab.settings.db_path) as db:
        whole = stored.examples(db, lab.version_id)[0]
    both = [dropped(file), dropped(lab.settings.resolve(whole.path))]

    _, table, *_ = predict_many.predict_at_once(lab.settings, colour_run.id, None, both)

    cut_out, photograph = table["value"]["note"]
    assert UNLIKE in cut_out
    assert photograph == ""


def test_of_several_runs_only_those_that_learnt_otherwise_are_warned_of(
    lab, colour_run, from_cut, file
):
    ensemble = bundles.together(lab.settings, [colour_run.id, from_cut.id])

    explained = ensemble.look(images.read_rgb(file), given=ensemble.given(file))

    first, second = explained.looks
    assert UNLIKE in first.prepared.warning
    assert second.prepared.warning is None


def test_the_command_line_notes_it_too(lab, colour_run, file, monkeypatch):
    monkeypatch.setenv("CARCLF_HOME", str(lab.settings.home))

    found = CliRunner().invoke(command_line, ["predict", "colours", str(file)])

    assert found.exit_code == 0
    assert UNLIKE in found.stderr.replace("\n", " ")


def test_programs_are_told_in_the_note(lab, colour_run, file):
    sent = lab.settings.uploads / "of-a-program" / "car.jpg"
    sent.parent.mkdir(parents=True)
    sent.write_bytes(file.read_bytes())

    answer = service.answer(lab.settings, ["colours"], dropped(sent))

    assert UNLIKE in answer["note"]


def test_evaluating_is_refused_before_it_waits(lab, colour_run, cut):
    with pytest.raises(gr.Error, match="would mean nothing"):
        evaluate_wanted.evaluate(lab.settings, colour_run.id, None, cut.id, "test")


def test_evaluating_by_command_line_is_refused(lab, colour_run, cut, monkeypatch):
    monkeypatch.setenv("CARCLF_HOME", str(lab.settings.home))

    found = CliRunner().invoke(
        command_line, ["evaluate", "colours", "--version", "cut"]
    )

    assert isinstance(found.exception, DatasetError)
    assert "would mean nothing" in str(found.exception)


def test_a_worker_refuses_what_became_unlike_while_it_waited(lab, from_cut):
    bundle = bundles.load(lab.settings, from_cut.id)

    with pytest.raises(DatasetError, match="those of “drawn” are with their back"):
        judge.evaluate(
            lab.settings,
            bundle,
            from_cut.id,
            1,
            lab.version_id,
            "test",
            lambda *_: None,
        )


def test_comparing_shows_each_run_a_picture_as_it_learnt_from_such(
    lab, colour_run, from_cut, cut, picture
):
    asked = opinions.stored(lab.settings, cut.id, picture.image_id)

    whole = opinions.ask(lab.settings, colour_run, asked)
    alike = opinions.ask(lab.settings, from_cut, asked)

    assert "The photograph is shown as it was taken for it." in whole.told
    assert alike.told == ""


def test_suggestions_come_from_a_picture_as_the_run_learnt_from_such(
    lab, colour_run, cut, picture
):
    """The treated picture is another colour here, so a wrong one would be noticed."""
    path = lab.settings.resolve(picture.path)
    whole = opinions.stored(lab.settings, cut.id, picture.image_id).photograph
    images.write(path, whole[:, :, ::-1].copy())

    found = suggestions.ask(lab.settings, colour_run.id, cut.id, picture.image_id)

    bundle = bundles.load(lab.settings, colour_run.id)
    assert found == bundle.look(whole).prediction


def test_suggestions_do_not_treat_a_picture_twice(lab, from_cut, cut, picture):
    found = suggestions.ask(lab.settings, from_cut.id, cut.id, picture.image_id)

    bundle = bundles.load(lab.settings, from_cut.id)
    image = images.read_rgb(lab.settings.resolve(picture.path))
    assert found == bundle.look(image, given=CUT).prediction


@pytest.fixture
def child(lab, cut):
    """A training on treated images that starts from a run of whole photographs."""
    parent = lab.run("parent")
    return TrainConfig.model_validate(
        {
            "name": "child",
            "data": {"version": cut.name},
            "model": {"weights": f"run:{parent.id}@{parent.best_epoch}"},
        }
    )


def test_fine_tuning_on_another_treatment_is_warned_of(lab, child):
    found = preflight.check(lab.settings, child)

    told = [one.text for one in found if one.tone == "warn"]
    assert any("those of “cut” are cropped to" in one for one in told)


def test_fine_tuning_by_command_line_is_warned_of(lab, child, capsys):
    queued = jobs.submit_training(lab.settings, child)

    train.mind(lab.settings, [queued])

    assert "child: “parent” learnt from images with their" in capsys.readouterr().err


def test_an_exported_script_reminds_of_the_treatment_once(tmp_path, capsys):
    images.write(tmp_path / "a.png", images.np.full((40, 60, 3), 90, "uint8"))
    how = {
        "height": 32,
        "width": 48,
        "resize": "squash",
        "treatment": CUT.model_dump(mode="json"),
    }

    for _ in range(2):
        standalone.prepare(tmp_path / "a.png", how)

    assert capsys.readouterr().err.count("treated by box") == 1
