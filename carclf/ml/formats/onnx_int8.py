"""ONNX in 8 bits, as much of the network as keeps its answers.

Weights in 8 bits a channel, values between layers in 8 bits by the range they took on
calibration images. Source: onnxruntime.ai, Quantize ONNX Models.
"""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from carclf.ml import agreement
from carclf.ml.formats.onnx_float import opened, runtime
from carclf.ml.formats.source import Source
from carclf.ml.precision import ENOUGH

__all__ = ["opened", "runtime", "write"]

FILE = "model-int8.onnx"


class _Images(CalibrationDataReader):
    """One image after another, as onnxruntime.quantization asks for them."""

    def __init__(self, images: NDArray[np.uint8]) -> None:
        self._left: Iterator[NDArray[np.uint8]] = iter(images)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        image = next(self._left, None)
        return None if image is None else {"image": image[None].astype(np.float32)}


def write(source: Source, part: Path) -> Path:
    """Write the network with as many of its layers in 8 bits as keep its answers.

    Of the attempts, the first whose answers agree with those in 32 bits is taken, or
    the one that agrees best.
    """
    network = part / "to_quantise.onnx"
    _logits_alone(source.bundle.folder / "model.onnx", network)
    best = -1.0
    for left_out in _attempts(onnx.load(network)):
        attempt = part / "attempt.onnx"
        _quantise(network, attempt, source.calibration, left_out)
        answers = opened(attempt)(source.validation)
        found = agreement.of(source.known, answers).same_answer_rate
        if found > best:
            best = found
            attempt.replace(part / FILE)
        if best >= ENOUGH:
            break
    for rest in (network, part / "attempt.onnx"):
        rest.unlink(missing_ok=True)
    return part / FILE


def _logits_alone(bundled: Path, path: Path) -> None:
    """Write the network without its explanation, its normalisations folded in."""
    model = onnx.load(bundled)
    # What only the other outputs need is dropped by the optimiser.
    del model.graph.output[1:]
    model.graph.input[0].name, given = "image", model.graph.input[0].name
    for node in model.graph.node:
        node.input[:] = ["image" if name == given else name for name in node.input]
    quant_pre_process(model, path, skip_symbolic_shape=True)


def _attempts(model: onnx.ModelProto) -> Iterator[list[str]]:
    """Yield names of nodes to leave in 32 bits, more each time."""
    nodes = model.graph.node
    yield []
    weighted = [node for node in nodes if node.op_type in ("Conv", "Gemm", "MatMul")]
    # Pixels come in and classes go out here, and few weights are lost by it.
    ends = [node.name for node in (weighted[:2] + weighted[-1:])]
    yield ends
    # A channel of its own each, so their weights and values differ most in range.
    own = [node.name for node in weighted if _is(node, "group", lambda of: of > 1)]
    summing = [node.name for node in nodes if node.op_type not in ("Conv", "Gemm")]
    yield [*ends, *own, *summing]


def _is(node: onnx.NodeProto, name: str, says: Callable[[Any], bool]) -> bool:
    return any(one.name == name and says(one.i) for one in node.attribute)


def _quantise(
    network: Path, path: Path, calibration: NDArray[np.uint8], left_out: list[str]
) -> None:
    # It logs an advice for every layer that it leaves as it is.
    logging.getLogger().setLevel(logging.ERROR)
    quantize_static(
        network,
        path,
        _Images(calibration),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        # Weights of 7 bits cannot overflow on processors without VNNI, so the answers
        # are the same on all.
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=left_out,
    )
