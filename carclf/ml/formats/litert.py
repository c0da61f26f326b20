"""LiteRT's file, made from a SavedModel that is gone again afterwards."""

import shutil
from importlib.metadata import version
from pathlib import Path

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from tensorflow.lite.python.convert_phase import ConverterError

from carclf import devices
from carclf.errors import ExportError
from carclf.ml.formats import saved_model
from carclf.ml.formats.source import Logits, Source

FILE = "model.tflite"


def write(source: Source, part: Path) -> Path:
    """Write a network of LiteRT's built-in operations alone, for any batch.

    Raises:
        ExportError: It has an operation that LiteRT does not.
    """
    saved_model.require_tensorflow("LiteRT")
    between = part / "to_convert"
    source.model.export(between, format="tf_saved_model", verbose=False)
    try:
        content = tf.lite.TFLiteConverter.from_saved_model(str(between)).convert()
    except ConverterError as error:
        raise ExportError(
            "LiteRT has not all the operations of this network. Export to ONNX "
            f"instead. The converter said: {str(error).splitlines()[0]}"
        ) from error
    finally:
        shutil.rmtree(between)
    (part / FILE).write_bytes(content)
    return part / FILE


def opened(path: Path) -> Logits:
    network = Interpreter(str(path), num_threads=devices.cores())
    image = network.get_input_details()[0]["index"]

    def logits(images: NDArray[np.float32]) -> NDArray[np.float32]:
        network.resize_tensor_input(image, images.shape)
        network.allocate_tensors()
        network.set_tensor(image, images)
        network.invoke()
        answer = network.get_output_details()[0]["index"]
        return np.array(network.get_tensor(answer), np.float32)

    return logits


def runtime() -> str:
    return f"LiteRT {version('ai-edge-litert')}"
