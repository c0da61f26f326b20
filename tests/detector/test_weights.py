"""Weights from the model zoo and of one's own; nothing in a file is ever run."""

import hashlib
import os
import pickle
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from carclf import background, jobs, store
from carclf.background import weights
from carclf.background.zoo import DETECTRON2, Published
from carclf.config import Treatment
from carclf.detector import process
from carclf.errors import BackgroundError
from carclf.settings import Settings
from carclf.store import jobs as stored_jobs
from carclf.tasks import Work, network
from tests.datasets.sources import serving
from tests.detector import scenes
from tests.detector.conftest import HERE, treatment
from tests.detector.test_pickles import Attack


def real(test):
    """Mark a test that runs Detectron2."""
    return pytest.mark.detectron2(pytest.mark.slow(test))


MASKS = Treatment(remover="detectron2-mask")
TO_PICKLE = """
import pickle, sys, torch
found = torch.load(sys.argv[1], weights_only=True)["model"]
arrays = {name: one.numpy() for name, one in found.items()}
whole = {"model": arrays, "__author__": "Detectron2 Model Zoo"}
pickle.dump(whole, open(sys.argv[2], "wb"), 2)
"""


@pytest.fixture(scope="session")
def pickled(python, trained, tmp_path_factory) -> Path:
    """Return the trained weights as the zoo would write them."""
    path = tmp_path_factory.mktemp("zoo") / "model.pkl"
    subprocess.run([python, "-c", TO_PICKLE, trained, path], check=True)
    return path


@pytest.fixture
def settings(tmp_path) -> Settings:
    found = replace(Settings.from_environment(), home=tmp_path / "home")
    store.prepare(found.db_path)
    return found


@pytest.fixture
def zoo(pickled, monkeypatch):
    """Serve the pickled weights as if they were those of detectron2-mask."""
    digest = hashlib.md5(pickled.read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.chdir(HERE)
    path = f"small/1/model_final_{digest[:6]}.pkl"
    known = Published(path, digest[:6], "small")
    monkeypatch.setitem(DETECTRON2, "detectron2-mask", known)
    files = serving.Files()
    with serving.serve(files.answer) as server:
        files.content[f"/{path}"] = pickled.read_bytes()
        yield server


def fetched(settings, zoo, remover="detectron2-mask"):
    """Fetch as a worker does; return the job."""
    settings = replace(settings, zoo=zoo.url)
    job = jobs.submit_network(settings, Treatment(remover=remover))
    with store.connect(settings.db_path) as db:
        work = Work(settings, db, stored_jobs.claim_next(db), lambda: False)
        network.run(work)
        return stored_jobs.get(db, job.id)


@real
def test_the_zoo_is_fetched_checked_and_made_loadable(settings, zoo):
    job = fetched(settings, zoo)

    assert job.progress["message"] == "Checking the weights"
    assert weights.has(settings, MASKS)
    finder = background.create(Treatment(remover="detectron2-mask", size=96), settings)
    assert finder.remove(scenes.scene(1)[0]).box is not None
    assert not list((settings.cache / "downloads").iterdir())


@real
def test_a_file_with_another_checksum_is_not_kept(settings, zoo):
    wrong = DETECTRON2["detectron2-mask"]
    other = replace(wrong, path="model_final_000000.pkl", md5="000000")
    DETECTRON2["detectron2-mask"] = other
    zoo.faults.append(lambda request, _: serving.Answer(200, {}, b"another file"))

    with pytest.raises(BackgroundError, match=r"is not the model_final_000000\.pkl"):
        fetched(settings, zoo)

    assert not weights.has(settings, MASKS)
    assert not list((settings.cache / "downloads").iterdir())


@real
def test_a_file_copied_by_hand_is_taken_in(settings, zoo, pickled):
    place = settings.networks / DETECTRON2["detectron2-mask"].file_name
    place.parent.mkdir(parents=True)
    place.write_bytes(pickled.read_bytes())

    path = weights.of(settings, Treatment(remover="detectron2-mask"))

    assert path.suffix == ".pth"
    assert not zoo.requests


@real
@pytest.mark.parametrize("suffix", [".pkl", ".pth"])
def test_weights_that_hold_code_are_refused_and_run_nothing(
    python, settings, tmp_path, suffix
):
    marker = tmp_path / "attacked"
    attack = {"model": {"w": Attack(os.system, f"touch {marker}")}}
    path = tmp_path / f"evil{suffix}"
    path.write_bytes(pickle.dumps(attack, 2))

    with pytest.raises(BackgroundError, match=r"evil\S* cannot be used as weights"):
        weights.pin(settings, treatment(path))

    assert not marker.exists()
    assert not list(settings.networks.glob("*.pth"))


@real
def test_settings_that_hold_code_run_nothing(python, settings, trained, tmp_path):
    marker = tmp_path / "attacked"
    path = tmp_path / "mine.pth"
    path.write_bytes(trained.read_bytes())
    path.with_suffix(".yaml").write_text(
        f"!!python/object/apply:os.system ['touch {marker}']"
    )

    with pytest.raises(BackgroundError, match="cannot be used as weights"):
        weights.pin(settings, treatment(path))

    assert not marker.exists()


@real
def test_weights_of_another_network_are_refused(python, settings, trained, tmp_path):
    path = tmp_path / "other.pth"
    path.write_bytes(trained.read_bytes())
    other = trained.with_suffix(".yaml").read_text().replace("DEPTH: 18", "DEPTH: 34")
    path.with_suffix(".yaml").write_text(other)

    with pytest.raises(BackgroundError, match=r"does not fit its settings: it lacks"):
        weights.pin(settings, treatment(path))


@real
def test_the_same_file_is_the_same_treatment_wherever_it_lies(
    settings, trained, tmp_path
):
    elsewhere = tmp_path / "elsewhere" / "model_final.pth"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(trained.read_bytes())
    beside = trained.with_suffix(".yaml").read_text()
    elsewhere.with_suffix(".yaml").write_text(beside)

    one, other = (
        weights.pin(settings, treatment(path)) for path in (trained, elsewhere)
    )

    assert one == other
    assert one == weights.pin(settings, one)


@real
@pytest.mark.parametrize("remover", DETECTRON2)
def test_the_networks_of_the_zoo_are_built_and_answer(
    python, settings, tmp_path, remover
):
    """Its weights are random here, so nothing is to be found; only that it runs."""
    made = tmp_path / "random.pth"
    settings_name = f"{DETECTRON2[remover].architecture}.yaml"
    code = (
        "import sys, torch; from carclf.detector import network;"
        "from detectron2.modeling import build_model;"
        "how = network.config(network.zoo_config(sys.argv[1]));"
        "how.MODEL.DEVICE = 'cpu';"
        "torch.save({'model': build_model(how).state_dict()}, sys.argv[2])"
    )
    command = [python, "-W", "ignore", "-c", code, settings_name, made]
    subprocess.run(command, check=True, env=process.environment())

    how = weights.pin(settings, treatment(made, remover=remover))
    cutout = background.create(how, settings).remove(scenes.scene(1)[0])

    assert cutout.vehicles is not None


def test_weights_that_are_not_there_are_told_with_what_to_do(tmp_path):
    settings = Settings(home=tmp_path)

    with pytest.raises(BackgroundError, match=r"carclf background fetch detectron2-b"):
        weights.of(settings, Treatment(remover="detectron2-box"))
    with pytest.raises(BackgroundError, match=r"no file /nowhere\.pth"):
        weights.pin(settings, treatment(Path("/nowhere.pth")))
    lost = treatment(Path("x"), weights=f"x.pth#{'0' * 64}")
    with pytest.raises(BackgroundError, match=r"x\.pth .* is not on this machine"):
        weights.of(settings, lost)


def test_without_detectron2_its_removers_say_how_to_install_it(tmp_path):
    settings = Settings(home=tmp_path, detectron2=tmp_path / "nothing")

    with pytest.raises(BackgroundError, match=r"make detectron2.*CARCLF_DETECTRON2"):
        background.create(Treatment(remover="detectron2-box"), settings)
    with pytest.raises(BackgroundError, match="make detectron2"):
        jobs.submit_network(settings, Treatment(remover="detectron2-box"))
    with pytest.raises(BackgroundError, match="needs no network from elsewhere"):
        jobs.submit_network(settings, Treatment(remover="u2netp"))
