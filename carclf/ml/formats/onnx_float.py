"""ONNX in 32 bits: the file that the app predicts with, in ONNX Runtime."""

import shutil
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from carclf import devices
from carclf.ml.formats.source import Logits, Source, version

FILE = "model.onnx"


def write(source: Source, part: Path) -> Path:
    return Path(shutil.copyfile(source.bundle.folder / FILE, part / FILE))


def opened(path: Path) -> Logits:
    session = open_session(path)
    given, wanted = session.get_inputs()[0].name, session.get_outputs()[0].name

    def logits(images: NDArray[np.float32]) -> NDArray[np.float32]:
        pixels = images.astype(np.float32, copy=False)
        return np.asarray(session.run([wanted], {given: pixels})[0], np.float32)

    return logits


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """Open an ONNX network on all cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = devices.cores()
    # Errors only: what remains is advice about graphs we did not write.
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        path, options, providers=["CPUExecutionProvider"]
    )


def runtime() -> str:
    return f"ONNX Runtime {version(onnxruntime)}"
