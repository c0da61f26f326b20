"""A network leaves carclf in a zip, and answers elsewhere as it does here."""

import re
import subprocess
import sys
import venv
import zipfile

import numpy as np
import pytest
from PIL import Image

from carclf import images, store
from carclf.bundle import Bundle
from carclf.exports import formats, snippets
from carclf.settings import PROJECT, Settings
from carclf.store import runs
from tests import drawing
from tests.cli.test_cli import caller
from tests.exports.test_preparation import odd_files
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.slow

RECIPE = """
name: tiny
data: {version: cars, image_size: [48, 64], resize: pad}
model: {backbone: tiny, weights: none}
compile: {optimizer: {adam: {learning_rate: 0.02}}}
fit: {epochs: 6}
learning: {mode: finetune, batch_norm: update, keep_every: 1, test_time_flip: true}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("cli-export")


@pytest.fixture(scope="module")
def carclf(home):
    return caller(home)


@pytest.fixture(scope="module")
def run(home, carclf):
    """A training on drawn cars, with the weights of all of its epochs."""
    carclf("datasets", "import", drawing.draw_table(home / "in"), "--name", "cars")
    (home / "tiny.yml").write_text(RECIPE)
    carclf("train", home / "tiny.yml")
    settings = Settings(home=home / "home")
    with store.connect(settings.db_path) as db:
        return runs.find(db, "tiny")


@pytest.fixture(scope="module")
def everything(run, home, carclf):
    """The run in every format that can be written here, unpacked."""
    known = [one.name for one in formats.FORMATS if formats.is_installed(one)]
    asked = [word for name in known for word in ("--format", name)]
    said = carclf("export", "tiny", *asked, "--to", home / "all.zip").stdout
    with zipfile.ZipFile(home / "all.zip") as packed:
        packed.extractall(home / "all")
    (folder,) = (home / "all").iterdir()
    return folder, said


@pytest.fixture(scope="module")
def photographs(home):
    """Files of every kind: turned, grey, transparent, of 16 bits, and the dataset's."""
    folder = home / "photographs"
    folder.mkdir()
    odd_files(folder)
    for turn in range(2, 9):
        exif = Image.Exif()
        exif[274] = turn
        picture = Image.fromarray(drawing.car("Blue Bus", turn)[0])
        picture.save(folder / f"turned-{turn}.jpg", exif=exif)
    return sorted([*folder.iterdir(), *(home / "in" / "images").iterdir()])


@pytest.fixture(scope="module")
def bundle(run, home):
    return Bundle.load(home / "home" / run.folder / "bundle")


def answers(text):
    """Return file, class and probability of each file's first line."""
    first = {}
    for line in text.splitlines():
        file, label, share = line.split("\t")
        first.setdefault(file, (label, float(share)))
    return first


def test_the_zip_holds_everything_in_one_folder(everything, run):
    folder, said = everything

    assert folder.name.startswith(f"run-001-epoch-{run.best_epoch:03d}-onnx-int8-")
    assert {"README.md", "bundle.json", "predict.py", "preparation.py"} < {
        path.name for path in folder.iterdir()
    }
    rows = {line.split("\t")[0]: line for line in said.splitlines()}
    for one in formats.FORMATS:
        if formats.is_installed(one):
            assert (folder / one.file).exists()
            assert "same answer on" in rows[one.name]
    assert re.search(r"\d %  ?→ \d|\d % → \d", rows["int8"])


def test_in_a_bare_environment_it_answers_as_the_app_does(
    everything, photographs, bundle, tmp_path
):
    python = bare_environment(tmp_path / "bare")
    command_line = [python, everything[0] / "predict.py", *photographs]

    said = subprocess.run(command_line, capture_output=True, text=True, check=True)

    found = answers(said.stdout)
    assert len(found) == len(photographs)
    for path in photographs:
        known = bundle.look(images.read_rgb(path)).prediction
        label, share = found[str(path)]
        assert label == known.label, path.name
        assert share == pytest.approx(known.probability, abs=0.002), path.name


def bare_environment(folder):
    """Return the Python of an environment with what predict.py needs, and no more."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    wanted = ["numpy", "onnxruntime", "pillow"]
    known = ["--constraint", PROJECT / "constraints.txt"]
    try:
        installed = subprocess.run(
            [python, "-m", "pip", "install", "-q", "--no-input", *known, *wanted],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("the index that is to give numpy, onnxruntime and pillow is slow")
    if installed.returncode != 0:
        last = (installed.stderr.strip().splitlines() or ["nothing"])[-1]
        pytest.skip(f"no index gives numpy, onnxruntime and pillow: {last}")
    return python


@pytest.mark.parametrize("one", formats.FORMATS, ids=lambda one: one.name)
def test_the_documented_lines_run_each_format(
    everything, photographs, bundle, one, tmp_path
):
    if not formats.is_installed(one):
        pytest.skip(f"{one.package} is not installed")
    folder, _ = everything
    photograph = next(path for path in photographs if path.name == "red-00.jpg")
    (folder / "photograph.jpg").write_bytes(photograph.read_bytes())
    (folder / "snippet.py").write_text(snippets.of(one.name))

    said = subprocess.run(
        [sys.executable, "snippet.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 0, said.stderr
    known = bundle.look(images.read_rgb(photograph)).prediction.label
    assert said.stdout.splitlines()[-1] == known


def test_the_card_is_of_this_run(everything, run):
    text = (everything[0] / "README.md").read_text(encoding="utf-8")

    assert text.startswith(f"# tiny, epoch {run.best_epoch}\n")
    assert "| test of cars | 12 |" in text
    assert "in 8 bits, on 12 images (test of cars)" in text
    assert "named the class that carclf names on 100.0 %" in text
    assert "mirror image; predict.py does so too" in text


def test_any_kept_epoch_is_exported_with_its_own_weights(run, home, carclf):
    other = next(epoch for epoch in range(1, 7) if epoch != run.best_epoch)
    carclf("export", "tiny", "--epoch", other, "--to", home / "other.zip")
    carclf("export", "tiny", "--to", home / "best.zip")

    inside = []
    for name in ("other", "best"):
        with zipfile.ZipFile(home / f"{name}.zip") as packed:
            packed.extractall(home / name)
        (folder,) = (home / name).iterdir()
        inside.append(Bundle.load(folder))
    pixels = [np.full((48, 64, 3), 90, np.uint8)]
    assert inside[0].facts["epoch"] == other
    assert not np.allclose(*(one.probabilities(pixels) for one in inside))


def test_exports_are_listed_and_removed(run, carclf):
    carclf("export", "tiny", "--format", "keras")
    name = f"run-001-epoch-{run.best_epoch:03d}-keras"
    assert name in carclf("export", "tiny", "--list").stdout

    carclf("export", "tiny", "--delete", name)

    assert name not in carclf("export", "tiny", "--list").stdout
    refused = carclf("export", "tiny", "--delete", name, code=1).stderr
    assert "has no export called" in refused


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--format", "onx"), "The nearest is onnx"),
        (("--epoch", "99"), "has not kept the weights of epoch 99"),
        (("--to", "nowhere/cars.zip"), "There is no folder nowhere"),
        (("--to", "cars.tar"), "is no .zip file"),
    ],
)
def test_what_cannot_be_exported_is_said_in_one_sentence(run, carclf, words, why):
    refused = carclf("export", "tiny", *words, code=1)

    assert why in refused.stderr
    assert "Traceback" not in refused.stderr
