"""From Keras layers to ONNX nodes, for the layers that backbones are made of.

Keras's own exporters take about as long for a ResNet50 as its features of some hundred
images do; this is far quicker, with any backend. What it does not know is left to them.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

OPSET = 17
# Readers of ONNX refuse files newer than themselves; this one is of the opset's time.
IR_VERSION = 8
_TO_CHANNELS_FIRST, _TO_CHANNELS_LAST = [0, 3, 1, 2], [0, 2, 3, 1]
_ACTIVATIONS = {"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh"}


class UnknownLayerError(Exception):
    """There is no way here for a layer, or not with these settings."""


def convert(model: keras.Model) -> onnx.ModelProto:
    """Return the network for float32 images (batch, height, width, channels).

    Raises:
        UnknownLayerError: It has a layer that is not known here.
    """
    graph = _Graph()
    image = graph.add("Transpose", ["image"], perm=_TO_CHANNELS_FIRST)
    outputs = graph.model(model, [image])
    for number, (name, tensor) in enumerate(zip(outputs, model.outputs, strict=True)):
        last = (
            graph.add("Transpose", [name], perm=_TO_CHANNELS_LAST)
            if len(tensor.shape) == 4
            else name
        )
        graph.nodes.append(helper.make_node("Identity", [last], [f"output{number}"]))
    made = helper.make_graph(
        graph.nodes,
        "carclf",
        [_described("image", model.input.shape)],
        [
            _described(f"output{number}", tensor.shape)
            for number, tensor in enumerate(model.outputs)
        ],
        graph.constants,
    )
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(made, opset_imports=opsets, ir_version=IR_VERSION)


def _described(name: str, shape: Sequence[int | None]) -> Any:
    axes = ["batch", *shape[1:]]
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, axes)


class _Graph:
    """Nodes and constants as they come; images in it have their channels first."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, kind: str, inputs: Sequence[str], **arguments: Any) -> str:
        """Append a node with one output; return the output's name."""
        name = f"{kind}_{len(self.nodes)}"
        node = helper.make_node(kind, list(inputs), [name], name=name, **arguments)
        self.nodes.append(node)
        return name

    def constant(self, values: Any, kind: Any = np.float32) -> str:
        name = f"constant_{len(self.constants)}"
        array = np.ascontiguousarray(keras.ops.convert_to_numpy(values), kind)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def model(self, model: keras.Model, inputs: Sequence[str]) -> list[str]:
        """Append a network and everything inside it."""
        known = {
            id(tensor): name for tensor, name in zip(model.inputs, inputs, strict=True)
        }
        waiting = list(model.outputs)
        while waiting:
            tensor = waiting[-1]
            if id(tensor) in known:
                waiting.pop()
                continue
            layer, position, _ = tensor._keras_history
            node = layer._inbound_nodes[position]
            missing = [one for one in node.input_tensors if id(one) not in known]
            if missing:
                waiting += missing
                continue
            names = [known[id(one)] for one in node.input_tensors]
            found = self._layer(layer, names, {t.shape for t in node.input_tensors})
            for output, name in zip(node.output_tensors, found, strict=True):
                known[id(output)] = name
        return [known[id(tensor)] for tensor in model.outputs]

    def _layer(self, layer: Any, inputs: list[str], shapes: set[Any]) -> list[str]:
        if isinstance(layer, keras.Model):
            return self.model(layer, inputs)
        kind = type(layer).__name__
        way = _WAYS.get(kind)
        # Keras's bare operations share names with layers, and hide constants.
        is_plain_sum = kind == "Add" and len(inputs) == 2 and len(shapes) == 1
        if way is None or not (isinstance(layer, keras.Layer) or is_plain_sum):
            raise UnknownLayerError(kind)
        return [way(self, layer, inputs)]


def _same(graph: _Graph, layer: Any, inputs: list[str]) -> str:
    return inputs[0]


def _conv(graph: _Graph, layer: Any, inputs: list[str]) -> str:
    # From (height, width, in, out).
    kernel = _array(layer.kernel).transpose(3, 2, 0, 1)
    return _activated(graph, layer, _convolved(graph, layer, inputs[0], kernel))


def _depthwise(graph: _Graph, layer: Any, inputs: list[str]) -> str:
    found = _convolved(graph, layer, inputs[0], _by_channel(layer.kernel))
    return _activated(graph, layer, found)


def _separable(graph: _Graph, layer: Any, inputs: list[str]) -> str:
    kernel = _by_channel(layer.depthwise_kernel)
    between = _convolved(graph, layer, inputs[0], kernel, has_bias=False)
    pointwise = graph.constant(_array(layer.pointwise_kernel).transpose(3, 2, 0, 1))
    bias = [graph.constant(layer.bias)] if layer.use_bias else []
    found = graph.add("Conv", [between, pointwise, *bias])
    return _activated(graph, layer, found)


def _by_channel(kernel: Any) -> NDArray[Any]:
    """Return a depthwise kernel (height, width, in, multiplier) as one of groups."""
    values = _array(kernel)
    height, width = values.shape[:2]
    return values.transpose(2, 3, 0, 1).reshape(-1, 1, height, width)


def _convolved(
    graph: _Graph, layer: Any, name: str, kernel: NDArray[Any], *, has_bias: bool = True
) -> str:
    channels = layer.input.shape[-1]
    inputs = [name, graph.constant(kernel)]
    if layer.use_bias and has_bias:
        inputs.append(graph.constant(layer.bias))
    return graph.add(
        "Conv",
        inputs,
        strides=list(layer.strides),
        dilations=list(layer.dilation_rate),
        group=channels // kernel.shape[1],
        auto_pad=_padding(layer),
    )


def _padding(layer: Any) -> str:
    ways = {"same": "SAME_UPPER", "valid": "VALID"}
    if layer.padding not in ways or layer.data_format != "channels_last":
        raise UnknownLayerError(f"{layer.name} with {layer.padding} padding")
    return ways[layer.padding]


def _activated(graph: _Graph, layer: Any, name: str) -> str:
    kind = layer.activation.__name__
    if kind == "linear":
        return name
    if kind == "relu6":
        return _clipped(graph, name, 6.0)
    if kind in ("silu", "swish"):
        return graph.add("Mul", [name, graph.add("Sigmoid", [name])])
    if kind == "gelu":
        return _gelu(graph, name)
    if kind in _ACTIVATIONS:
        return graph.add(_ACTIVATIONS[kind], [name])
    if kind in ("hard_sigmoid", "hard_silu"):
        share = graph.add("HardSigmoid", [name], alpha=1 / 6, beta=0.5)
        return share if kind == "hard_sigmoid" else graph.add("Mul", [name, share])
    raise UnknownLayerError(f"activation {kind}")


def _gelu(graph: _Graph, name: str) -> str:
    below = graph.add("Erf", [graph.add("Mul", [name, graph.constant(0.5**0.5)])])
    share = graph.add("Add", [below, graph.constant(1.0)])
    half = graph.add("Mul", [name, graph.constant(0.5)])
    return graph.add("Mul", [half, share])


def _clipped(graph: _Graph, name: str, highest: float) -> str:
    return graph.add("Clip", [name, graph.constant(0.0), graph.constant(highest)])


def _relu(graph: _Graph, layer: Any, inputs: list[str]) -> str:
    if layer.negative_slope or layer.threshold:
        raise UnknownLayerError("a ReLU with a slope or a threshold")
    if layer.max_value is None:
        return graph.add("Relu", inputs)
    return _clipped(graph, inputs[0], float(layer.max_value))


def _activation(graph: _Graph, layer: Any, inputs: list[str]) -> str:
    return _activated(graph, layer, inputs[0])


def _normalised(graph: _Graph, layer: Any, inputs: list[str]) -> str:
    mean, variance = _array(layer.moving_mean), _array(layer.moving_variance)
    scale = _array(layer.gamma) if layer.scale else np.ones_like(mean)
    offset = _array(layer.beta) if layer.center else np.zeros_like(mean)
    constants = [graph.constant(one) for one in (scale, offset, mean, variance)]
    return graph.add(
        "BatchNormalization", [inputs[0], *constants], epsilon=layer.epsilon
    )


def _normalised_by_layer(graph: _Graph, layer: Any, inputs: list[str]) -> str:
    rank = len(layer.input.shape)
    if list(layer.axis) not in ([-1], [rank - 1]) or not (layer.scale and layer.center):
        raise UnknownLayerError("a LayerNormalization of more than channels")
    constants = [graph.constant(one) for one in (layer.gamma, layer.beta)]
    name = inputs[0]
    if rank == 4:
        # ONNX normalises the last axis only.
        name = graph.add("Transpose", [name], perm=_TO_CHANNELS_LAST)
    name = graph.add(
        "LayerNormalization", [name, *constants], axis=-1, epsilon=layer.epsilon
    )
    if rank == 4:
        name = graph.add("Transpose", [name], perm=_TO_CHANNELS_FIRST)
    return name


def _scaled(graph: _Graph, layer: Any, inputs: list[str]) -> str:
    if len(layer.input.shape) != 4:
        raise UnknownLayerError("a LayerScale of other than images")
    return graph.add(
        "Mul", [*inputs, graph.constant(_array(layer.gamma)[:, None, None])]
    )


def _affine(graph: _Graph, layer: Any, inputs: list[str]) -> str:
    """Append a layer that computes each pixel's channels from that pixel's alone.

    It is asked what it makes of black and of pure red, green and blue.
    """
    channels = layer.input.shape[-1]
    pixels = 255 * np.eye(channels + 1, channels, -1, dtype=np.float32)
    found = _array(layer(pixels[:, None, None, :]))[:, 0, 0, :]
    kernel = (found[1:] - found[0]).T / 255
    constants = [graph.constant(kernel[:, :, None, None]), graph.constant(found[0])]
    return graph.add("Conv", [inputs[0], *constants])


def _zero_padded(graph: _Graph, layer: Any, inputs: list[str]) -> str:
    (top, bottom), (left, right) = layer.padding
    pads = graph.constant([0, 0, top, left, 0, 0, bottom, right], np.int64)
    return graph.add("Pad", [inputs[0], pads])


def _pooled(kind: str) -> Callable[[_Graph, Any, list[str]], str]:
    def way(graph: _Graph, layer: Any, inputs: list[str]) -> str:
        return graph.add(
            kind,
            inputs,
            kernel_shape=list(layer.pool_size),
            strides=list(layer.strides),
            auto_pad=_padding(layer),
        )

    return way


def _pooled_over_all(kind: str) -> Callable[[_Graph, Any, list[str]], str]:
    def way(graph: _Graph, layer: Any, inputs: list[str]) -> str:
        found = graph.add(kind, inputs)
        return found if layer.keepdims else graph.add("Flatten", [found])

    return way


def _dense(graph: _Graph, layer: Any, inputs: list[str]) -> str:
    bias = [graph.constant(layer.bias)] if layer.use_bias else []
    if len(layer.input.shape) == 4:
        # The same at every position is a convolution.
        kernel = graph.constant(_array(layer.kernel).T[:, :, None, None])
        return _activated(graph, layer, graph.add("Conv", [*inputs, kernel, *bias]))
    if len(layer.input.shape) != 2:
        raise UnknownLayerError("a Dense layer over a sequence")
    found = graph.add("Gemm", [*inputs, graph.constant(layer.kernel), *bias])
    return _activated(graph, layer, found)


def _joined(graph: _Graph, layer: Any, inputs: list[str]) -> str:
    if layer.axis not in (-1, 3):
        raise UnknownLayerError("a Concatenate of other axes than the channels")
    return graph.add("Concat", inputs, axis=1)


def _reshaped(graph: _Graph, layer: Any, inputs: list[str]) -> str:
    shape = tuple(layer.target_shape)
    if len(layer.input.shape) != 2 or shape[:2] != (1, 1) or len(shape) != 3:
        raise UnknownLayerError("a Reshape of more than channels")
    wanted = graph.constant([0, shape[2], 1, 1], np.int64)
    return graph.add("Reshape", [inputs[0], wanted])


def _combined(kind: str) -> Callable[[_Graph, Any, list[str]], str]:
    def way(graph: _Graph, layer: Any, inputs: list[str]) -> str:
        first, *others = inputs
        for other in others:
            first = graph.add(kind, [first, other])
        return first

    return way


def _array(values: Any) -> NDArray[Any]:
    found: NDArray[Any] = keras.ops.convert_to_numpy(values)
    return found


_WAYS: dict[str, Callable[[_Graph, Any, list[str]], str]] = {
    "Activation": _activation,
    "Add": _combined("Add"),
    "ApplicationsPreprocessing": _affine,
    "AveragePooling2D": _pooled("AveragePool"),
    "BatchNormalization": _normalised,
    "Concatenate": _joined,
    "Conv2D": _conv,
    "Dense": _dense,
    "DepthwiseConv2D": _depthwise,
    "Dropout": _same,
    "GlobalAveragePooling2D": _pooled_over_all("GlobalAveragePool"),
    "GlobalMaxPooling2D": _pooled_over_all("GlobalMaxPool"),
    "Identity": _same,
    "LayerNormalization": _normalised_by_layer,
    "LayerScale": _scaled,
    "MaxPooling2D": _pooled("MaxPool"),
    "Multiply": _combined("Mul"),
    "Normalization": _affine,
    "ReLU": _relu,
    "Rescaling": _affine,
    "Reshape": _reshaped,
    "SeparableConv2D": _separable,
    "StochasticDepth": _same,
    "ZeroPadding2D": _zero_padded,
}
