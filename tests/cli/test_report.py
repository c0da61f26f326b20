"""carclf report: what it writes, where, and what it refuses."""

import zipfile

import pytest
from typer.testing import CliRunner

from carclf import store
from carclf.cli import app
from carclf.config import TrainConfig
from carclf.errors import CarclfError
from carclf.records import EpochEnded
from carclf.settings import Settings
from carclf.store import runs


@pytest.fixture
def home(tmp_path, monkeypatch, version):
    """A home folder with two runs on drawn cars, as the command finds it."""
    settings = Settings(home=tmp_path / "home")
    config = TrainConfig().model_dump(mode="json")
    with store.connect(settings.db_path) as db:
        for name, accuracy in (("first", 0.5), ("second", 0.75)):
            run = runs.create(db, name, config, version_id=version.id)
            runs.add_epoch(db, run.id, EpochEnded(1, {"val_accuracy": accuracy}))
    monkeypatch.setenv("CARCLF_HOME", str(settings.home))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def carclf(*words):
    return CliRunner().invoke(app, ["report", *map(str, words)])


def test_one_file_is_written_of_the_runs_that_are_named(home):
    found = carclf("first", "2", "--to", home / "cars.html", "--title", "Cars")

    assert found.exit_code == 0, found.exception
    assert "<h1>Cars</h1>" in (home / "cars.html").read_text()
    assert "“second”" in (home / "cars.html").read_text()
    assert "“Cars” is written to" in found.output


def test_without_a_place_it_is_written_here(home):
    carclf("--all")
    carclf("--all", "--markdown")

    assert "75.0 %" in (home / "report.html").read_text()
    assert "75.0 %" in (home / "report" / "report.md").read_text()


def test_an_archive_is_written_when_its_ending_asks_for_one(home):
    carclf("second", "--to", home / "cars.zip")

    with zipfile.ZipFile(home / "cars.zip") as packed:
        assert "cars/report.md" in packed.namelist()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Name one run or more, or say --all"),
        (["first", "--all"], "Name one run or more, or say --all"),
        (["third"], "no run called “third”"),
        (["first", "--to", "a.html", "--markdown"], "leave --markdown out"),
        (["first", "--to", "a.pdf"], "a .html, a .zip or a folder"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(home, words, said):
    found = carclf(*words)

    assert isinstance(found.exception, CarclfError)
    assert said in str(found.exception)
