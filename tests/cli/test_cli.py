"""The command line as a script meets it: what it prints, and how it exits."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import drawing
from tests.datasets.sources import packing
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.slow

TINY = """
name: tiny
data: {version: cars, image_size: [32, 32]}
model: {backbone: tiny, weights: none}
fit: {epochs: %d}
learning: {features: streaming}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(scope="module")
def carclf(home):
    return caller(home)


@pytest.fixture(scope="module")
def trained(home, carclf):
    """A run called “tiny” on drawn cars, trained from the command line."""
    carclf("datasets", "import", drawing.draw_table(home / "in"), "--name", "cars")
    recipe = home / "tiny.yml"
    recipe.write_text(TINY % 3)
    return carclf("train", recipe)


def caller(home):
    """Return a function that runs `carclf ...` and gives what came of it."""

    def call(*words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        found = subprocess.run(
            command(words),
            env=environment(home),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert found.returncode == code, found.stdout + found.stderr
        return found

    return call


def command(words):
    return [sys.executable, "-m", "carclf.cli", *map(str, words)]


def environment(home):
    return {**os.environ, "CARCLF_HOME": str(home / "home"), "COLUMNS": "200"}


def test_training_prints_every_epoch_and_the_result(trained):
    lines = trained.stdout.splitlines()

    assert [line.split()[1] for line in lines if line.startswith("epoch")] == [
        "1",
        "2",
        "3",
    ]
    assert any("best epoch" in line for line in lines)
    assert "test: accuracy" in lines[-1]


def test_runs_are_listed_for_a_pipe_with_tabs(trained, carclf):
    row = carclf("runs", "list").stdout.splitlines()[0].split("\t")

    assert row[1:6] == ["tiny", "done", "cars", "frozen", "tiny"]
    assert row[6] == "3"


def test_a_run_is_shown_with_its_settings(trained, carclf):
    said = carclf("runs", "show", "tiny").stdout

    assert "backbone: tiny" in said
    assert len([line for line in said.splitlines() if line[:1].isdigit()]) == 3


def test_evaluating_prints_every_class(trained, carclf):
    said = carclf("evaluate", "tiny", "--split", "validation").stdout

    assert "validation (6 images)" in said
    assert all(label in said for label in drawing.COLOURS)


def test_the_last_evaluation_is_told_again_as_json(trained, carclf):
    judged = carclf("evaluate", "tiny", "--split", "validation").stdout
    told = json.loads(
        carclf("evaluate", "tiny", "--split", "validation", "--last", "--json").stdout
    )

    share = f"accuracy {told['summary']['accuracy'] * 100:.1f} %"
    assert share in judged
    assert [one["level"] for one in told["levels"]] == ["body", "exact class"]
    assert len(told["classes"]) == 3
    assert sum(one["images"] for one in told["calibration"]["bins"]) == 6


def test_an_evaluation_is_written_as_csv_a_row_for_each_body(trained, home, carclf):
    target = home / "bodies.csv"
    carclf("evaluate", "tiny", "--last", "--by", "body", "--csv", target)

    with target.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["body"] for row in rows} == {
        *("Van", "Coupe", "Bus"),
        *("macro average", "weighted average"),
    }
    assert all(0 <= float(row["recall"]) <= 1 for row in rows)


def test_an_evaluation_that_was_never_made_is_not_told(trained, carclf):
    asked = ("evaluate", "tiny", "--last", "--split", "train")

    assert "was never evaluated so" in carclf(*asked, code=1).stderr


def test_a_file_of_results_that_cannot_be_written_is_one_sentence(
    trained, home, carclf
):
    target = home / "nowhere" / "rows.csv"

    said = carclf("evaluate", "tiny", "--last", "--csv", target, code=1).stderr

    assert "cannot be written" in said
    assert "Traceback" not in said


def test_what_class_names_tell_is_shown_corrected_and_forgotten(trained, home, carclf):
    shown = carclf("hierarchy", "show", "cars").stdout.splitlines()
    mine = home / "mine.csv"
    mine.write_text("class,make\nRed Van,Tata\nGhost,Rolls-Royce\n")

    told = carclf("hierarchy", "set", mine)
    corrected = carclf("hierarchy", "show", "--csv").stdout.splitlines()
    carclf("hierarchy", "forget")

    assert "Red Van\t-\tRed\tVan\t-" in shown
    assert told.stderr.strip() == "No version has a class “Ghost”."
    assert "Red Van,Tata,Red,Van,-" in corrected
    assert carclf("hierarchy", "show", "cars").stdout.splitlines() == shown


def test_prediction_reads_files_and_folders_and_writes_csv(trained, home, carclf):
    target = home / "answers.csv"
    said = carclf("predict", "tiny", home / "in" / "images", "--csv", target)

    assert len(said.stdout.splitlines()) == 36
    with target.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 36
    assert {row["class 3"] for row in rows} <= set(drawing.COLOURS)
    assert {row["class"] for row in rows} <= set(drawing.COLOURS)


def test_a_prediction_into_a_table_goes_on_where_it_was_stopped(trained, home, carclf):
    target = home / "stopped.csv"
    folder = home / "in" / "images"
    carclf("predict", "tiny", folder, "--csv", target)
    whole = target.read_text(encoding="utf-8")
    # As a sudden end leaves it: some lines, and a part of one.
    target.write_text(whole[: len(whole) // 2], encoding="utf-8")

    said = carclf("predict", "tiny", folder, "--csv", target)

    assert target.read_text(encoding="utf-8") == whole
    assert len(said.stdout.splitlines()) == 36


def test_ctrl_c_keeps_what_was_predicted_and_says_how_to_go_on(
    trained, home, carclf, tmp_path
):
    one = drawing.draw(tmp_path / "one.png", height=900, width=1200)
    folder, target = tmp_path / "many", tmp_path / "many.csv"
    folder.mkdir()
    for number in range(2000):
        (folder / f"{number:04d}.png").hardlink_to(one)
    process = subprocess.Popen(
        command(["predict", "tiny", folder, "--csv", target]),
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not target.exists() or target.read_bytes().count(b"\n") < 2:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)

    _, said = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 3, said
    assert "of 2000 were predicted. Run the same command again to go on." in said
    assert 1 < target.read_bytes().count(b"\n") < 2000


def test_several_runs_answer_by_their_mean(trained, home, carclf):
    image = home / "in" / "images" / "red-00.jpg"

    alone, both = (
        json.loads(carclf("predict", "tiny", image, "--json", *others).stdout)[0]
        for others in ((), ("--with", "tiny"))
    )

    assert both["run"] == f"{alone['run']} + {alone['run']}"
    assert both["top"] == alone["top"]


def test_prediction_speaks_json(trained, home, carclf):
    image = home / "in" / "images" / "red-00.jpg"
    answer = json.loads(carclf("predict", "tiny", image, "--json").stdout)[0]

    assert answer["file"] == str(image)
    assert sum(one["probability"] for one in answer["top"]) == pytest.approx(
        1, abs=0.01
    )


def test_an_unreadable_file_is_named_the_others_answered_and_the_exit_code_1(
    trained, home, carclf
):
    broken = home / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff no more")
    good = home / "in" / "images" / "red-00.jpg"

    found = carclf("predict", "tiny", broken, good, code=1)

    assert "broken.jpg cannot be read" in found.stderr
    assert "red-00.jpg" in found.stdout
    assert "Traceback" not in found.stderr


def test_an_archive_and_its_table_are_imported_as_one_version(home, carclf):
    cars = drawing.draw_table(home / "unpacked")
    packed = packing.pack_folder(home / "car_ims.tgz", cars / "images")

    said = carclf("datasets", "import", packed, cars / "labels.csv", "--name", "packed")

    assert "packed: 36 images of 3 classes" in said.stdout
    assert "packed\t36\t3\t18\t6\t12" in carclf("datasets", "list").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["gopher://example.org/x.zip"], "begin with gopher:// are not known"),
        (["s3://bucket/x", "--endpoint", "minio"], "“minio” is no address"),
        (["s3://bucket/x", "--anonymous", "--profile", "work"], "exclude each other"),
    ],
)
def test_a_source_that_is_none_is_one_sentence(carclf, words, told):
    refused = carclf("datasets", "import", *words, code=1)

    assert told in refused.stderr


def test_labels_are_set_and_taken_back_by_file(trained, home, carclf):
    image = home / "in" / "images" / "red-01.jpg"
    carclf("label", "set", image, "Blue Bus")
    carclf("label", "undo", image)

    rows = carclf("label", "history", image).stdout.splitlines()
    assert [row.split("\t")[2] for row in rows] == ["Red Van", "Blue Bus", "Red Van"]


def test_a_photograph_is_dropped_by_file(trained, home, carclf):
    image = home / "in" / "images" / "red-01.jpg"

    said = carclf("label", "drop", image).stdout
    back = carclf("label", "undo", image).stdout

    assert "red-01.jpg: Red Van, dropped" in said
    assert "red-01.jpg: Red Van\n" in back


def test_freezing_takes_corrected_labels_into_a_new_version(trained, home, carclf):
    carclf("label", "set", home / "in" / "images" / "red-02.jpg", "Blue Bus")
    carclf("datasets", "freeze", "cars", "--as", "cars corrected")

    counts = carclf("datasets", "show", "cars corrected").stdout
    blue = [line.split("\t") for line in counts.splitlines() if "Blue Bus\t" in line]
    assert sum(int(row[2]) for row in blue) == 13


def test_a_version_in_use_is_not_deleted(trained, carclf):
    refused = carclf("datasets", "delete", "cars", "--yes", code=1)

    assert "is used by run “tiny”" in refused.stderr


def test_deleting_asks_and_a_script_must_say_yes(trained, carclf):
    assert "--yes" in carclf("runs", "delete", "tiny", code=1).stderr


def test_a_misspelt_setting_is_refused_by_name(trained, home, carclf):
    recipe = home / "wrong.yml"
    recipe.write_text("model: {droput_rate: 0.2}\n")

    refused = carclf("train", recipe, code=1)

    assert "model.droput_rate is not a setting (the nearest is dropout_rate)" in (
        refused.stderr
    )


def test_an_unknown_run_is_one_sentence(trained, carclf):
    said = carclf("evaluate", "nobody", code=1).stderr

    assert said.splitlines() == [
        "There is no run called “nobody”. `carclf runs list` shows those there are."
    ]


def test_a_misunderstood_command_exits_with_2(carclf):
    carclf("train", code=2)


def test_ctrl_c_stops_after_the_epoch_and_exits_with_3(trained, home, tmp_path):
    recipe = tmp_path / "long.yml"
    recipe.write_text((TINY % 5000).replace("name: tiny", "name: long"))

    code, said = _interrupted(home, "train", recipe)

    assert code == 3, said
    assert "Stopping after this epoch" in said


def test_ctrl_c_takes_the_recipes_behind_out_of_the_queue(
    trained, home, tmp_path, carclf
):
    for name in ("a-long", "b-behind"):
        text = (TINY % 5000).replace("name: tiny", f"name: {name}")
        (tmp_path / f"{name}.yml").write_text(text)

    code, said = _interrupted(home, "train", tmp_path)

    assert code == 3, said
    assert "Train b-behind: taken out of the queue." in said
    assert "b-behind\tstopped" in carclf("runs", "list").stdout


def _interrupted(home, *arguments) -> tuple[int, str]:
    """Return the exit code and the words of a command, after a Ctrl-C in an epoch."""
    process = subprocess.Popen(
        command(arguments),
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while not process.stdout.readline().startswith("epoch"):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE_S)
    return process.returncode, said


def test_a_detached_training_goes_on_without_the_command(trained, home, carclf):
    recipe = home / "detached.yml"
    recipe.write_text((TINY % 2).replace("name: tiny", "name: detached"))
    carclf("train", recipe, "--detach")

    limit = time.monotonic() + PATIENCE_S
    while "detached\tdone" not in carclf("runs", "list").stdout:
        assert time.monotonic() < limit
        time.sleep(0.5)
