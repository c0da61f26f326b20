"""carclf background: removers, one image, a version, and whether it helps."""

from pathlib import Path

import pytest

from carclf import background
from carclf.config import Treatment
from carclf.datasets import versions
from carclf.store import runs
from carclf.store import versions as stored
from tests import drawing
from tests.cli.test_cli import caller

pytestmark = pytest.mark.slow

TINY = """
name: tiny
data: {image_size: [32, 32]}
model: {backbone: tiny, weights: none}
fit: {epochs: 2}
learning: {features: streaming}
"""


@pytest.fixture
def carclf(settings, monkeypatch, tmp_path):
    """Return a function that runs `carclf background ...`, and gives what it said."""
    monkeypatch.setenv("CARCLF_DETECTRON2", str(tmp_path / "nothing"))
    call = caller(tmp_path)
    return lambda *words, said="stdout": getattr(call("background", *words), said)


def test_every_remover_is_listed_with_whether_it_can_run_here(carclf):
    rows = [line.split("\t") for line in carclf("list").splitlines()]

    here = {row[0]: row[1] for row in rows}
    assert tuple(here) == background.names()
    assert here["u2netp"] == "ready"
    assert here["rembg"] == "its network is not here yet"
    assert here["detectron2-box"] == "not installed"


def test_one_image_is_cut_out_to_a_file(carclf, tmp_path):
    photograph = drawing.draw(tmp_path / "car.jpg")

    said = carclf("image", photograph, tmp_path / "cut.png")

    assert (tmp_path / "cut.png").is_file()
    assert "cut.png: " in said


def test_backgrounds_of_a_version_are_removed(carclf, version, db):
    carclf("version", "cars", "--as", "crops", "--remover", "box")

    crops = stored.by_name(db, "crops")
    assert crops.counts == version.counts
    assert crops.treatment["remover"] == "box"


def test_photographs_that_cannot_be_treated_are_named(carclf, settings, version, db):
    lost = stored.examples(db, version.id)[0]
    settings.resolve(lost.path).unlink()

    told = carclf("version", "cars", "--as", "cut", "--remover", "box", said="stderr")

    assert f"{lost.file_name} is missing" in told
    assert "1 photograph could not be treated." in told


def test_the_same_training_with_and_without_backgrounds_is_compared(
    carclf, settings, version, db, tmp_path
):
    versions.treat(settings, version.id, Treatment(remover="box"), "crops")
    recipe: Path = tmp_path / "tiny.yml"
    recipe.write_text(TINY)

    said = carclf("helps", "crops", recipe, "--classes")

    told = [line.split("\t") for line in said.splitlines()]
    numbers = {row[0]: row[1] for row in told if len(row) > 1}
    assert numbers["images"] == "12"
    assert "accuracy of crops: before removal" in numbers
    assert "accuracy of crops: after removal" in numbers
    assert "points" in numbers["difference"]
    assert set(drawing.COLOURS) <= set(numbers)
    assert [run.status for run in runs.every(db)] == ["done", "done"]
