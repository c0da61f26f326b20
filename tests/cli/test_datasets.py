"""Looking at a folder and importing it as one says, on the command line."""

import subprocess

import pytest
from typer.testing import CliRunner

from carclf import images
from carclf.cli import app
from carclf.datasets import health
from carclf.datasets import versions as dataset_versions
from carclf.errors import DatasetError, StoreError
from carclf.store import versions
from tests import drawing
from tests.cli.test_cli import command, environment
from tests.waiting import PATIENCE_S


@pytest.fixture
def call(settings, monkeypatch):
    """Return a function that runs `carclf datasets ...` in this process."""
    monkeypatch.setenv("CARCLF_HOME", str(settings.home))

    def run(*words, code=0):
        found = CliRunner().invoke(app, ["datasets", *map(str, words)])
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        assert found.exit_code == code, found.output
        return found.output

    return run


@pytest.fixture
def odd(tmp_path):
    """Drawn cars in a table whose columns and splits bear names of their own."""
    folder = drawing.draw_table(tmp_path / "odd")
    text = (folder / "labels.csv").read_text()
    text = text.replace("class,img_name,subset", "Bauart,img_name,Teil")
    (folder / "labels.csv").write_text(text.replace(",test,", ",holdout,"))
    return folder


def test_look_tells_what_an_import_would_do(call, cars):
    said = call("look", cars)

    assert "a table, labels.csv" in said
    assert "class: column “class”" in said
    assert "Blue Bus\t8\t0\t4\t0" in said
    assert "36 images of 3 classes" in said


def test_look_says_what_it_cannot_tell_and_which_columns_there_are(call, odd):
    said = call("look", odd, code=1)

    assert "no column for the class" in said
    assert "“Bauart”, “img_name”, “Teil”" in said


def test_look_obeys_its_options(call, odd):
    said = call(
        *("look", odd, "--column", "class=Bauart", "--column", "split=Teil"),
        *("--split", "holdout=test", "--leave-out", "Red Van"),
    )

    assert "24 images of 2 classes" in said
    assert "Left out as you said: Red Van." in said
    assert "holdout" not in said


def test_findings_are_told_with_counts_and_examples(call, cars):
    drawing.draw(cars / "images" / "stray.jpg")

    said = call("look", cars)

    assert "There, and not named: 1. They are left out." in said
    assert "images/stray.jpg does not stand in labels.csv." in said


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (("--column", "class"), "--column takes a name and what it means"),
        (("--column", "colour=x"), "“columns colour” cannot be read so"),
        (("--split", "a=b"), "“splits a” cannot be read so"),
        (("--layout", "zip"), "“layout” cannot be read so"),
    ],
)
def test_an_option_that_is_not_understood_is_named(call, cars, option, told):
    with pytest.raises(DatasetError, match=told):
        call("look", cars, *option)


@pytest.mark.slow
def test_import_obeys_the_same_options(db, tmp_path, odd):
    options = ("--column", "class=Bauart", "--column", "split=Teil")
    words = ("datasets", "import", odd, "--name", "mine", *options)

    subprocess.run(
        command((*words, "--split", "holdout=test")),
        env=environment(tmp_path),
        timeout=PATIENCE_S,
        check=True,
    )

    version = versions.by_name(db, "mine")
    assert version.counts == {"train": 18, "validation": 6, "test": 12}
    assert version.classes == ("Blue Bus", "Green Coupe", "Red Van")


def test_health_looks_at_every_image_and_tells_what_is_wrong(call, settings, tmp_path):
    folder = drawing.draw_scenes(tmp_path / "scenes")
    images.write(folder / "Red Van" / "dark.png", drawing.scene(70) // 5)
    dataset_versions.import_folder(settings, folder, "scenes")
    assert "Dark images" not in call("show", "scenes")

    said = subprocess.run(
        command(("datasets", "health", "scenes")),
        env=environment(tmp_path),
        timeout=PATIENCE_S,
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert "• Dark images: Dark for the most part: 1 image." in said
    assert "Dark images" in call("show", "scenes")


def test_the_health_of_an_unknown_version_names_those_there_are(call, version):
    with pytest.raises(StoreError, match=r"no dataset version called “nope”.*“cars”"):
        call("health", "nope")


def test_a_finding_is_mended_whole_undone_and_frozen(call, settings, db, tmp_path):
    folder = drawing.draw_scenes(tmp_path / "scenes" / "train")
    images.write(folder.parent / "test" / "Red Van" / "same.jpg", drawing.scene(0))
    first = dataset_versions.import_folder(settings, folder.parent, "scenes")
    health.look(settings, first.id)

    assert "moved to train: 1 image" in call("mend", "scenes", "leak", "--move=train")
    assert "1 image is moved to another split: freeze" in call("show", "scenes")
    assert "undone for 1 image" in call("undo", "scenes")
    assert "dropped: 1 image" in call("mend", "scenes", "leak", "--drop", "--but-first")
    call("freeze", "scenes", "--as", "mended")

    version = versions.by_name(db, "mended")
    assert sum(version.counts.values()) == sum(first.counts.values()) - 1
    assert version.counts["test"] == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("leak",), "Say one of --drop"),
        (("leak", "--drop", "--move=train"), "Say one of --drop"),
        (("leak", "--drop"), "Nothing called “leak” was found"),
        (("few images", "--drop", "--but-first"), "has no groups"),
        (("few images", "--move=Train"), "no split “Train”"),
    ],
)
def test_a_remedy_that_cannot_be_is_refused(call, version, words, told):
    with pytest.raises(DatasetError, match=told):
        call("mend", "cars", *words)

    with pytest.raises(DatasetError, match="Nothing was done to “cars”"):
        call("undo", "cars")
