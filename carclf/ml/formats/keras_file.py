"""Keras's own file."""

import shutil
from pathlib import Path

import keras

from carclf.ml.formats.source import Logits, Source, by_keras, load, version

FILE = "model.keras"


def write(source: Source, part: Path) -> Path:
    return Path(shutil.copyfile(source.bundle.folder / FILE, part / FILE))


def opened(path: Path) -> Logits:
    return by_keras(load(path))


def runtime() -> str:
    return f"Keras {version(keras)} on {keras.backend.backend()}"
