"""Runs on the command line: several recipes at once, and runs from elsewhere."""

import subprocess

import pytest
from typer.testing import CliRunner

from carclf import store
from carclf.cli import app
from carclf.errors import ConfigError
from carclf.jobs import stop_now
from carclf.settings import PROJECT, Settings
from carclf.store import jobs, runs
from tests import drawing
from tests.cli.test_cli import command, environment
from tests.experiments import logs
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("cli-runs")


@pytest.fixture(scope="module")
def carclf(home):
    """Return a function that runs `carclf ...` and gives (output, errors)."""

    def call(*words, code=0):
        found = subprocess.run(
            command(words),
            env=environment(home),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert found.returncode == code, found.stdout + found.stderr
        return found.stdout, found.stderr

    return call


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """A folder of two experiments, the second from the first one's epoch 2."""
    folder = tmp_path_factory.mktemp("old")
    train, validation = logs.epochs(3)
    for number, weights in enumerate(("imagenet", "/lab/a/model.02-0.5.h5")):
        one = folder / "ab"[number]
        began = logs.NOON + 1000 * number
        logs.start(one, began=began, train=train, validation=validation)
        (one / "config.yml").write_text(f"model: {{weights: {weights}, classes: 3}}")
    return folder


def test_runs_are_imported_once_and_shown(carclf, old):
    said, _ = carclf("runs", "import", old)
    again, _ = carclf("runs", "import", old)
    listed, _ = carclf("runs", "list")
    shown, _ = carclf("runs", "show", "b")

    assert "“a”: 3 epochs from" in said
    assert said.endswith("2 runs imported from 2 experiments.\n")
    assert "0 runs imported from 2 experiments, 2 imported before." in again
    row = next(line.split("\t") for line in listed.splitlines() if "\tb\t" in line)
    assert row[2:] == [
        "imported",
        "images not recorded",
        "fine-tuned",
        "–",
        "3",
        "65.0 %",
        "a, epoch 2",
    ]
    assert "# Imported: what does not stand here was not recorded." in shown
    assert "batch_size" not in shown


def test_runs_are_marked_and_found_again_by_their_marks(carclf, old):
    carclf("runs", "import", old)
    said, _ = carclf("runs", "tag", "a", "baseline", "paper")
    left, _ = carclf("runs", "tag", "a", "--remove", "paper")
    carclf("runs", "note", "a", "try again")
    carclf("runs", "star", "a")
    carclf("runs", "archive", "b")

    tagged, _ = carclf("runs", "list", "--tag", "baseline", "--starred")
    noted, _ = carclf("runs", "list", "again", "--columns", "name,tags,note")
    archived, _ = carclf("runs", "list", "--archived", "--columns", "name")
    carclf("runs", "archive", "b", "--off")

    assert (said, left) == ("baseline, paper\n", "baseline\n")
    assert tagged.split("\t")[1] == "a"
    assert noted == "a\tbaseline\ttry again\n"
    assert archived == "b\n"


def test_only_columns_that_differ_are_listed_when_asked_for(carclf, old):
    carclf("runs", "import", old)

    listed, _ = carclf("runs", "list", "--differs", "--sort", "name")

    assert [line.split("\t")[1] for line in listed.splitlines()] == ["b", "a"]
    assert "imagenet" in listed
    assert "imported" not in listed


def test_an_unknown_column_is_refused_with_the_nearest(carclf, old):
    _, said = carclf("runs", "list", "--columns", "nmae", code=1)

    assert "no column “nmae”. Did you mean “name”?" in said


def test_a_folder_without_experiments_is_refused_in_words(carclf, tmp_path):
    _, said = carclf("runs", "import", tmp_path, code=1)

    assert "holds no experiment" in said


def test_an_imported_run_cannot_predict_and_says_so(carclf, old, tmp_path):
    carclf("runs", "import", old)

    _, said = carclf("predict", "a", tmp_path / "photo.jpg", code=1)

    assert "“a” was imported, and there is no model of it" in said


def test_a_folder_of_recipes_is_queued_with_any_setting_changed(home, carclf, tmp_path):
    carclf("datasets", "import", drawing.draw_table(home / "in"), "--name", "cars")
    folder = PROJECT / "assets" / "recipes" / "report"

    said, _ = carclf(
        *("train", folder, "--version", "cars", "--weights", "none", "--epochs", "70"),
        *("--set", "model.backbone=tiny", "--set", "data.image_size=[32, 32]"),
        "--detach",
    )

    settings = Settings(home=home / "home")
    with store.connect(settings.db_path) as db:
        found = {run.name: run for run in runs.every(db)}
        root, child = found["exp_005"], found["exp_006"]
        waiting = jobs.unfinished(db)
    for job in waiting:
        stop_now(settings, job.id)
    assert said.count("run ") == 13
    assert (child.parent_id, child.parent_epoch) == (root.id, 69)
    assert root.config["model"]["backbone"] == "tiny"
    assert root.config["data"]["image_size"] == [32, 32]
    assert found["exp_001"].config["model"]["weights"] == "none"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--name", "one"], "--name names one run, and there are 13 recipes"),
        (["--set", "data.batch_size"], "--set takes a setting and its value"),
        (["--set", "model.droput_rate=0.1"], "the nearest is dropout_rate"),
        (["--set", "seed=[1"], "'[1' is not valid YAML"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_words(words, said):
    recipes = PROJECT / "assets" / "recipes" / "report"

    found = CliRunner().invoke(app, ["train", str(recipes), *words])

    assert isinstance(found.exception, ConfigError)
    assert said in str(found.exception)


def test_a_folder_without_recipes_is_refused_in_words(tmp_path):
    found = CliRunner().invoke(app, ["train", str(tmp_path)])

    assert "holds no recipe" in str(found.exception)
