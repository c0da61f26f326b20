"""From a Keras model to ONNX."""

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from carclf.ml import networks, onnx_layers, onnx_pools


def write(model: keras.Model, path: Path) -> None:
    """Write the model for inputs float32 (batch, height, width, 3), of any batch.

    Names of outputs differ between ways of export; their order is the model's.
    """
    try:
        onnx.save(onnx_layers.convert(model), path)
    except onnx_layers.UnknownLayerError:
        _write_by_keras(model, path)


def _write_by_keras(model: keras.Model, path: Path) -> None:
    for layer in networks.normalizations(model):
        # As TensorFlow's tensors they would become inputs of the exported network.
        layer.mean, layer.variance = (
            keras.ops.convert_to_numpy(one) for one in (layer.mean, layer.variance)
        )
    # Keras exports only what has been called, and JAX wants it called for real.
    model(np.zeros((1, *model.input.shape[1:]), np.float32), training=False)
    with warnings.catch_warnings():
        # Keras looks for the old np.object, to hand it to tf2onnx.
        warnings.filterwarnings("ignore", "In the future `np.object`", FutureWarning)
        model.export(path, format="onnx", verbose=False)
    if keras.backend.backend() == "jax":
        onnx_pools.simplify(path)
        # Larger arrays lay beside the network, and are inside it now.
        path.with_name(f"{path.name}.data").unlink(missing_ok=True)


def add_head(
    backbone: Path, kernel: NDArray[np.float32], offset: NDArray[np.float32], path: Path
) -> None:
    """Write a network of a backbone and a head: logits, last feature map, class maps.

    Args:
        backbone: An ONNX file that gives pooled features and the last feature map.
        kernel: Shape (channels, classes); `offset` has shape (classes,).
    """
    model = onnx.load(backbone)
    graph = model.graph
    pooled, features = graph.output
    graph.initializer.extend(
        numpy_helper.from_array(np.ascontiguousarray(array), name)
        for array, name in ((kernel, "head_kernel"), (offset, "head_offset"))
    )
    graph.node.extend(
        [
            helper.make_node(
                "Gemm", [pooled.name, "head_kernel", "head_offset"], ["logits"]
            ),
            # At each position without the offset; their mean plus it is the logit.
            helper.make_node("MatMul", [features.name, "head_kernel"], ["class_maps"]),
        ]
    )
    outputs = [_output("logits", 2), features, _output("class_maps", 4)]
    del graph.output[:]
    graph.output.extend(outputs)
    onnx.save(model, path)


def _output(name: str, axes: int) -> Any:
    kind = onnx.TensorProto.FLOAT
    return helper.make_tensor_value_info(name, kind, [None] * axes)
