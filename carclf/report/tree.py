"""The experiment tree, drawn: which run began where another had got to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from carclf.report.drawing import Drawing

_ROW, _INDENT, _WIDTH = 38.0, 20.0, 420.0
_MOST_INDENT = 120.0


@dataclass(frozen=True)
class Node:
    """A run in the tree.

    Attributes:
        detail: Where it began, and what it is.
        tone: Whether `gain` is a gain, a loss or neither.
        is_outside: A parent that the report is not about.
    """

    id: int
    parent_id: int | None
    name: str
    detail: str
    figure: str
    gain: str = ""
    tone: Literal["up", "down", "plain"] = "plain"
    is_marked: bool = False
    is_outside: bool = False


def draw(nodes: Sequence[Node]) -> Drawing:
    """Return the tree, a row a run and each below its parent, oldest first."""
    placed = _in_order(nodes)
    drawing = Drawing(_WIDTH, _ROW * len(placed) + 8, _told(placed))
    deepest = max(depth for _, depth in placed)
    indent = min(_INDENT, _MOST_INDENT / max(1, deepest))
    rows = {
        node.id: (12 + indent * depth, row) for row, (node, depth) in enumerate(placed)
    }
    for node, _ in placed:
        x, row = rows[node.id]
        if node.parent_id in rows:
            _branch(drawing, rows[node.parent_id], (x, row))
    for node, _ in placed:
        _node(drawing, node, *rows[node.id])
    return drawing


def _branch(
    drawing: Drawing, parent: tuple[float, int], child: tuple[float, int]
) -> None:
    (x1, above), (x2, row) = parent, child
    drawing.path([(x1, _y(above)), (x1, _y(row)), (x2, _y(row))], "branch")


def _node(drawing: Drawing, node: Node, x: float, row: int) -> None:
    y = _y(row)
    mark = " marked" if node.is_marked else " outside" if node.is_outside else ""
    room = _WIDTH - 112 - x
    if not node.is_outside:
        drawing = drawing.link(f"run-{node.id}")
    drawing.circle((x, y), 5.5, f"node{mark}", node.name)
    drawing.text((x + 14, y - 2), node.name, f"name bold{mark}", room=room)
    drawing.text((x + 14, y + 13), node.detail, "tick", room=_WIDTH - 14 - x)
    drawing.text((_WIDTH - 44, y - 2), node.figure, f"value end{mark}")
    drawing.text((_WIDTH, y - 2), node.gain, f"value end {node.tone}")


def _y(row: int) -> float:
    return 20 + _ROW * row


def _in_order(nodes: Sequence[Node]) -> list[tuple[Node, int]]:
    """Return (node, depth), every child after its parent."""
    known = {node.id for node in nodes}
    children: dict[int | None, list[Node]] = {}
    for node in sorted(nodes, key=lambda one: one.id):
        parent = node.parent_id if node.parent_id in known else None
        children.setdefault(parent, []).append(node)
    found: list[tuple[Node, int]] = []
    waiting = [(node, 0) for node in reversed(children.get(None, []))]
    while waiting:
        node, depth = waiting.pop()
        found.append((node, depth))
        below = reversed(children.get(node.id, []))
        waiting += [(child, depth + 1) for child in below]
    return found


def _told(placed: Sequence[tuple[Node, int]]) -> str:
    said = [f"{node.name}, {node.detail}, {node.figure}" for node, _ in placed]
    return "Experiment tree: " + "; ".join(said)
