"""An ONNX network, opened to predict with: by OpenVINO, on all cores."""

import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import openvino
from numpy.typing import NDArray

from carclf import devices
from carclf.errors import BundleError

Precision = Literal["f32", "bf16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)


class Network:
    """A network from images (n, height, width, 3), RGB 0-255, to its outputs.

    May be asked from any thread; one is answered after another, each on all cores.
    """

    def __init__(self, path: Path, precision: Precision = "f32") -> None:
        """Read a file of ONNX.

        Args:
            precision: bf16 is taken as leave to compute in bfloat16, where the
                processor does that itself. Source: docs.openvino.ai, Precision Control.

        Raises:
            BundleError: The file is damaged.
        """
        options = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": devices.cores(),
            "INFERENCE_PRECISION_HINT": precision if has_bfloat16() else "f32",
        }
        core = openvino.Core()
        try:
            compiled = core.compile_model(core.read_model(path), "CPU", options)
        except RuntimeError as error:
            raise BundleError(
                f"{path} cannot be read as an ONNX network. Train again, or restore "
                "it from a copy."
            ) from error
        self._request = compiled.create_infer_request()
        self._lock = threading.Lock()

    def run(
        self, images: NDArray[np.float32], wanted: Sequence[int]
    ) -> list[NDArray[np.float32]]:
        """Return some of the outputs, by their positions."""
        with self._lock:
            # What is not wanted is not copied; the rest is, before the next question.
            found = self._request.infer([images], share_inputs=True, share_outputs=True)
            return [np.array(found[output], np.float32) for output in wanted]


@cache
def has_bfloat16() -> bool:
    """Say whether the processor computes in bfloat16 itself."""
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
