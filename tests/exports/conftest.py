"""Exports without the network behind them: what was measured, and a zip."""

import zipfile
from dataclasses import replace
from functools import partial

import pytest

from carclf import store
from carclf.config import TrainConfig
from carclf.exports import folder
from carclf.exports.folder import Accuracy, Export, Measured, ScriptCheck
from carclf.store import runs

ONNX = Measured(
    "onnx", "model.onnx", 13_600_000, 3e-7, 1.0, 64, 0.0112, "ONNX Runtime 1"
)
INT8 = replace(
    ONNX,
    format="int8",
    file="model-int8.onnx",
    size_bytes=3_900_000,
    difference=None,
    same_answer_rate=0.984,
    accuracy=Accuracy(0.912, 0.905, 0.985, 2000, "test of cars"),
)


@pytest.fixture
def run(settings):
    """A run that never trained: exports need to know only its folder."""
    config = TrainConfig().model_dump(mode="json")
    with store.connect(settings.db_path) as db:
        return runs.create(db, "my *first* run", config, version_id=None)


@pytest.fixture
def export(settings, run):
    """Return a function that puts an export beside the run."""
    return partial(put_export, settings, run)


def put_export(settings, run, name, *formats, at="2026-01-02T03:04:05+00:00"):
    """Put an export into a run's folder, as carclf writes one."""
    place = folder.place(settings, run, name)
    script = ScriptCheck(24, 1.0, 0.0004)
    made = Export(name, place, run.id, 12, at, "2 cores", formats or (ONNX,), script)
    place.mkdir(parents=True)
    with zipfile.ZipFile(made.zip_path, "w") as packed:
        packed.writestr(f"{name}/README.md", "a card")
    folder.write_facts(made, place)
    return made
