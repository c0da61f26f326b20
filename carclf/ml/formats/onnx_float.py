"""ONNX in 32 bits: the file that the app predicts with."""

import shutil
from pathlib import Path

import onnxruntime

from carclf.ml import onnx_file
from carclf.ml.formats.source import Logits, Source, version

FILE = "model.onnx"


def write(source: Source, part: Path) -> Path:
    return Path(shutil.copyfile(source.bundle.folder / FILE, part / FILE))


def opened(path: Path) -> Logits:
    return onnx_file.as_function(path)


def runtime() -> str:
    return f"ONNX Runtime {version(onnxruntime)}"
