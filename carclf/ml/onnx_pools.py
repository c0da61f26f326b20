"""Max pooling as ONNX Runtime computes it."""

from pathlib import Path
from typing import Any

import onnx
from onnx import helper


def simplify(path: Path) -> None:
    """Rewrite max pooling over four axes in an ONNX file as pooling over two.

    jax2onnx lets a window of 1 × height × width × 1 slide over all axes of the images,
    and ONNX Runtime pools over three at most.
    """
    model = onnx.load(path)
    nodes = model.graph.node
    makers = {name: node for node in nodes for name in node.output}
    for pool in [node for node in nodes if _is_over_all_axes(node)]:
        widened_twice = makers[pool.input[0]]
        widened = makers[widened_twice.input[0]]
        narrowed = next(node for node in nodes if pool.output[0] in node.input)
        place = list(nodes).index(pool)
        old = (widened, widened_twice, pool, narrowed)
        for node in _over_two_axes(pool, widened.input[0], narrowed.output[0])[::-1]:
            nodes.insert(place, node)
        for node in old:
            nodes.remove(node)
    onnx.save(model, path)


def _is_over_all_axes(node: Any) -> bool:
    return node.op_type == "MaxPool" and len(_arguments(node)["kernel_shape"]) == 4


def _arguments(node: Any) -> dict[str, Any]:
    return {one.name: helper.get_attribute_value(one) for one in node.attribute}


def _over_two_axes(pool: Any, source: str, target: str) -> list[Any]:
    """Return nodes that turn the images to channels first, pool, and turn them back."""
    given = _arguments(pool)
    arguments = {name: list(given[name])[1:3] for name in ("kernel_shape", "strides")}
    if "pads" in given:
        before, after = list(given["pads"])[1:3], list(given["pads"])[5:7]
        arguments["pads"] = [*before, *after]
    turned, pooled = f"{pool.name}_turned", f"{pool.name}_pooled"
    return [
        helper.make_node("Transpose", [source], [turned], perm=[0, 3, 1, 2]),
        helper.make_node("MaxPool", [turned], [pooled], **arguments),
        helper.make_node("Transpose", [pooled], [target], perm=[0, 2, 3, 1]),
    ]
