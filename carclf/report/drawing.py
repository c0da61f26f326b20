"""SVG, element by element; the library that writes it escapes every text."""

from collections.abc import Sequence
from copy import copy
from xml.etree import ElementTree

from carclf.report.document import printable

Point = tuple[float, float]

# Of a letter, as a share of its size: what a label needs before it is drawn.
_LETTER = 0.56


class Drawing:
    """A picture of width × height units, painted by the classes of chart.css."""

    def __init__(self, width: float, height: float, told: str) -> None:
        self.width, self.told = width, told
        self.root = self._within = ElementTree.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {_number(width)} {_number(height)}",
                "width": _number(width),
                "height": _number(height),
                "role": "img",
                "aria-label": printable(told),
            },
        )

    def line(self, start: Point, end: Point, kind: str) -> None:
        (x1, y1), (x2, y2) = start, end
        self._add("line", kind, x1=x1, y1=y1, x2=x2, y2=y2)

    def path(self, points: Sequence[Point], kind: str, told: str = "") -> None:
        """Draw straight lines from point to point."""
        drawn = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
        _tell(self._add("polyline", kind, points=drawn), told)

    def circle(self, at: Point, radius: float, kind: str, told: str = "") -> None:
        x, y = at
        _tell(self._add("circle", kind, cx=x, cy=y, r=radius), told)

    def box(self, at: Point, width: float, height: float, kind: str) -> None:
        x, y = at
        self._add("rect", kind, x=x, y=y, width=max(0.0, width), height=height, rx=2)

    def text(
        self, at: Point, text: str, kind: str = "", room: float | None = None
    ) -> None:
        """Write a line; what does not fit into `room` units is cut, and told whole.

        Args:
            kind: Classes; `end` and `mid` say which point of the line is `at`.
        """
        x, y = at
        shown = text if room is None else fitting(text, room, 11)
        element = self._add("text", kind, x=x, y=y)
        element.text = printable(shown)
        _tell(element, text if shown != text else "")

    def link(self, to: str) -> "Drawing":
        """Return this drawing for what leads to a place of the same page."""
        linked = copy(self)
        linked._within = ElementTree.SubElement(self.root, "a", {"href": f"#{to}"})
        return linked

    def svg(self) -> str:
        return ElementTree.tostring(self.root, encoding="unicode")

    def _add(self, tag: str, kind: str, **values: float | str) -> ElementTree.Element:
        given = {
            name: value if isinstance(value, str) else _number(value)
            for name, value in values.items()
        }
        return ElementTree.SubElement(self._within, tag, given | {"class": kind})


def fitting(text: str, room: float, size: float) -> str:
    """Return the text, cut with an ellipsis where it would be wider than `room`."""
    most = max(3, int(room / (size * _LETTER)))
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def width_of(text: str, size: float = 11) -> float:
    """Return about how wide a line is, letters being of `size` units."""
    return len(text) * size * _LETTER


def _tell(element: ElementTree.Element, told: str) -> None:
    """Say more where the pointer rests."""
    if told:
        title = ElementTree.Element("title")
        title.text = printable(told)
        element.insert(0, title)
        # What was the text of the element now stands behind its title.
        title.tail, element.text = element.text, None


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
