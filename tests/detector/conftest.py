"""The real Detectron2, and a network that was trained here to find red cars."""

import hashlib
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from carclf.background import weights
from carclf.config import Treatment
from carclf.detector import process
from carclf.errors import BackgroundError
from carclf.settings import Settings
from tests.detector import scenes
from tests.waiting import PATIENCE_S

TRAINED_ON, STEPS = 120, 160
HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def python() -> Path:
    """Return the Python that Detectron2 is installed for."""
    try:
        return weights.python_of(Settings.from_environment())
    except BackgroundError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def trained(python: Path, request: pytest.FixtureRequest) -> Path:
    """Return weights of a small Mask R-CNN, trained on drawn scenes for a minute.

    They are kept for the next time, until what they are made by changes.
    """
    recipe = [HERE / name for name in ("scenes.py", "small.yaml", "train_small.py")]
    made_by = b"".join(path.read_bytes() for path in recipe) + bytes([STEPS])
    name = f"carclf-{hashlib.sha256(made_by).hexdigest()[:16]}"
    target = request.config.cache.mkdir(name) / "model_final.pth"
    # Several processes of tests may want it at once.
    with FileLock(target.with_name("lock")):
        if not target.exists():
            _train(python, target)
    return target


def _train(python: Path, target: Path) -> None:
    """Write the weights, whole or not at all."""
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        made = Path(folder) / target.name
        drawn = scenes.write(made.with_name("scenes.npz"), TRAINED_ON)
        # Warnings are Detectron2's own, about the PyTorch of today.
        script = [python, "-W", "ignore", HERE / "train_small.py"]
        subprocess.run(
            [*script, drawn, made, str(STEPS)],
            env=process.environment(),
            check=True,
            timeout=2 * PATIENCE_S,
        )
        settings = made.with_suffix(".yaml")
        settings.replace(target.with_suffix(".yaml"))
        made.replace(target)


@pytest.fixture(scope="session")
def kept(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return settings whose folder of networks holds the trained one."""
    home = tmp_path_factory.mktemp("home")
    settings = replace(Settings.from_environment(), home=home)
    weights.pin(settings, treatment(trained))
    return settings


@pytest.fixture
def detector(python: Path, kept: Settings, trained: Path) -> Iterator[process.Detector]:
    """Return a detector of the test's own with the trained network."""
    path = weights.of(kept, weights.pin(kept, treatment(trained)))
    found = process.Detector(python, path, kept.cache / "detector.log")
    yield found
    found.close()


def treatment(trained: Path, **changes: object) -> Treatment:
    plain = {"remover": "detectron2-mask", "weights": str(trained), "size": 96}
    return Treatment.model_validate(plain | changes)
