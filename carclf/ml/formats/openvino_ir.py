"""OpenVINO's files, made from the ONNX network."""

from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray

from carclf.ml.formats.source import Logits, Source, version

FOLDER, FILE = "openvino", "model.xml"


def write(source: Source, part: Path) -> Path:
    """Write model.xml and model.bin into a folder of their own.

    `Core.read_model` reads ONNX as `openvino.convert_model` does, and unlike that one
    never reports its use to anybody.
    """
    model = openvino.Core().read_model(source.bundle.folder / "model.onnx")
    logits = openvino.Model([model.output(0)], model.get_parameters(), "carclf")
    (part / FOLDER).mkdir()
    openvino.save_model(logits, part / FOLDER / FILE, compress_to_fp16=False)
    return part / FOLDER


def opened(path: Path) -> Logits:
    # Some processors would compute in 16 bits, where nobody has asked for it.
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(path / FILE, "CPU", exact)

    def logits(images: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.array(compiled(images)[0], np.float32)

    return logits


def runtime() -> str:
    return f"OpenVINO {version(openvino)}"
