"""The charts of a report: curves over epochs, and figures beside one another."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from carclf import words
from carclf.report.drawing import Drawing, Point, width_of

# More points than a line of this width can show.
_MOST_POINTS = 160
_ROW = 24.0
_LEGEND, _ABREAST = 17.0, 2


@dataclass(frozen=True)
class Line:
    """A curve.

    Attributes:
        points: (epoch, value), in order.
        kind: Its classes in chart.css, which give colour and dashes.
        ring: The point to mark, if any.
    """

    name: str
    points: Sequence[tuple[int, float]]
    kind: str
    ring: tuple[int, float] | None = None


@dataclass(frozen=True)
class Figure:
    """A share (0-1), with its interval where there is one.

    Attributes:
        text: What is written behind it.
        is_marked: Whether it stands out.
    """

    name: str
    share: float
    text: str
    low: float | None = None
    high: float | None = None
    is_marked: bool = False


@dataclass(frozen=True)
class _Frame:
    """Where values lie on a drawing: its edges, their ranges, and the ticks upwards."""

    left: float
    top: float
    right: float
    bottom: float
    x: tuple[float, float]
    y: tuple[float, float]
    ticks: Sequence[float] = ()

    def at(self, x: float, y: float) -> Point:
        along = (x - self.x[0]) / ((self.x[1] - self.x[0]) or 1)
        up = (y - self.y[0]) / ((self.y[1] - self.y[0]) or 1)
        return (
            self.left + along * (self.right - self.left),
            self.bottom - up * (self.bottom - self.top),
        )


def curves(
    title: str,
    lines: Sequence[Line],
    *,
    is_share: bool,
    width: float = 352,
    height: float = 214,
    legend_below: bool = False,
) -> Drawing:
    """Return lines over epochs, below a title.

    Args:
        legend_below: Write the names in rows below, for there are many.
    """
    named = [line for line in lines if line.name]
    below = _LEGEND * ceil(len(named) / _ABREAST) if legend_below else 0
    drawing = Drawing(width, height + below, _told(title, named, is_share))
    frame = _frame(lines, is_share, width, height, 28 if legend_below else 38)
    drawing.text((0, 12), title, "title")
    _axes(drawing, frame, is_share)
    for line in lines:
        _draw(drawing, frame, line, is_share)
    if legend_below:
        _legend_below(drawing, named, height)
    else:
        _legend_above(drawing, named, width)
    return drawing


def shares(
    title: str,
    figures: Sequence[Figure],
    *,
    from_zero: bool = False,
    width: float = 420,
) -> Drawing:
    """Return a row a figure: its name, a dot with its interval, its text.

    Args:
        from_zero: Let the scale begin at 0, and draw a line from there to each dot.
    """
    told = f"{title}: " + "; ".join(f"{one.name} {one.text}" for one in figures)
    bottom = 24 + _ROW * len(figures)
    drawing = Drawing(width, bottom + 18, told)
    names = min(130.0, max(width_of(one.name) for one in figures) + 14)
    texts = max(width_of(one.text) for one in figures) + 16
    ends = [*_ends(figures), *([0.0] * from_zero)]
    low, high, step = _range(ends, most=1.0, parts=2.5)
    frame = _Frame(names, 22, width - texts, bottom, (low, high), (0, 1))
    drawing.text((0, 12), title, "title")
    for tick in _ticks(low, high, step):
        x, _ = frame.at(tick, 0)
        drawing.line((x, 22), (x, bottom), "grid")
        drawing.text((x, bottom + 13), words.percent(tick), "tick mid")
    for place, one in enumerate(figures):
        y = 22 + _ROW * (place + 0.5)
        if from_zero:
            drawing.line((names, y), (frame.at(one.share, 0)[0], y), "stem")
        _figure(drawing, frame, one, y)
    return drawing


def _figure(drawing: Drawing, frame: _Frame, one: Figure, y: float) -> None:
    mark = " marked" if one.is_marked else ""
    drawing.text((0, y + 4), one.name, f"name{mark}", room=frame.left - 6)
    if one.low is not None and one.high is not None:
        (x1, _), (x2, _) = frame.at(one.low, 0), frame.at(one.high, 0)
        drawing.line((x1, y), (x2, y), f"interval{mark}")
        for x in (x1, x2):
            drawing.line((x, y - 4), (x, y + 4), f"interval{mark}")
    x, _ = frame.at(one.share, 0)
    drawing.circle((x, y), 4.5, f"dot{mark}", f"{one.name}: {one.text}")
    drawing.text((drawing.width, y + 4), one.text, f"value end{mark}")


def _ends(figures: Sequence[Figure]) -> list[float]:
    return [
        value
        for one in figures
        for value in (one.share, one.low, one.high)
        if value is not None
    ]


def _frame(
    lines: Sequence[Line], is_share: bool, width: float, height: float, top: float
) -> _Frame:
    values = [value for line in lines for _, value in line.points]
    epochs = [epoch for line in lines for epoch, _ in line.points]
    low, high, step = _range(values, most=1.0 if is_share else None)
    return _Frame(
        left=38,
        top=top,
        right=width - 6,
        bottom=height - 28,
        x=(min(epochs), max(*epochs, min(epochs) + 1)),
        y=(low, high),
        ticks=_ticks(low, high, step),
    )


def _axes(drawing: Drawing, frame: _Frame, is_share: bool) -> None:
    for tick in frame.ticks:
        _, y = frame.at(0, tick)
        drawing.line((frame.left, y), (frame.right, y), "grid")
        said = words.percent(tick) if is_share else f"{tick:.3g}"
        drawing.text((frame.left - 6, y + 3.5), said, "tick end")
    first, last = frame.x
    whole = max(1.0, _step(last - first))
    epochs = [tick for tick in _ticks(first, last, whole) if tick.is_integer()]
    for epoch in [first] + [one for one in epochs if one - first >= whole / 2]:
        x, _ = frame.at(epoch, 0)
        drawing.text((x, frame.bottom + 13), f"{epoch:.0f}", "tick mid")
    drawing.line((frame.left, frame.bottom), (frame.right, frame.bottom), "axis")
    middle = (frame.left + frame.right) / 2
    drawing.text((middle, frame.bottom + 25), "epoch", "tick mid")


def _draw(drawing: Drawing, frame: _Frame, line: Line, is_share: bool) -> None:
    placed = [frame.at(epoch, value) for epoch, value in thinned(line.points)]
    drawing.path(placed, f"line {line.kind}", line.name)
    if len(placed) == 1:
        drawing.circle(placed[0], 3, f"dot {line.kind}")
    if line.ring:
        epoch, value = line.ring
        said = words.percent(value, 1) if is_share else f"{value:.3g}"
        told = f"{line.name}, epoch {epoch}: {said}"
        drawing.circle(frame.at(epoch, value), 5, f"ring {line.kind}", told)


def thinned(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return the points; of very many, the first and last and some between."""
    stride = ceil(len(points) / _MOST_POINTS) or 1
    return [*points[:-1:stride], *points[-1:]]


def _legend_above(drawing: Drawing, lines: Sequence[Line], width: float) -> None:
    x = width - 6
    for line in reversed(lines):
        x -= width_of(line.name)
        drawing.text((x, 28), line.name, "tick")
        drawing.line((x - 22, 24.5), (x - 5, 24.5), f"line {line.kind}")
        x -= 34


def _legend_below(drawing: Drawing, lines: Sequence[Line], top: float) -> None:
    room = drawing.width / _ABREAST
    for place, line in enumerate(lines):
        x, y = room * (place % _ABREAST), top + 14 + _LEGEND * (place // _ABREAST)
        drawing.line((x, y - 3.5), (x + 22, y - 3.5), f"line {line.kind}")
        drawing.text((x + 28, y), line.name, "tick", room=room - 36)


def _told(title: str, lines: Sequence[Line], is_share: bool) -> str:
    ends = [
        f"{line.name} from {_value(line.points[0][1], is_share)} "
        f"to {_value(line.points[-1][1], is_share)}"
        for line in lines
    ]
    return f"{title} by epoch: {', '.join(ends)}"


def _value(value: float, is_share: bool) -> str:
    return words.percent(value, 1) if is_share else f"{value:.3g}"


def _range(
    values: Sequence[float], most: float | None, parts: float = 4
) -> tuple[float, float, float]:
    """Return whole steps around the values, none above `most`, and the step."""
    low, high = min(values), max(values)
    step = _step((high - low) or abs(high) or 1.0, parts)
    bottom = floor(low / step) * step
    top = ceil(high / step) * step
    if low >= 0:
        bottom = max(0.0, bottom)
    if most is not None:
        top = min(most, top)
    return bottom, top if top > bottom else bottom + step, step


def _step(span: float, parts: float = 4) -> float:
    """Return 1, 2 or 5 times a power of ten, of which a span has `parts` at most."""
    rough = (span or 1.0) / parts
    power: float = 10.0 ** floor(log10(rough))
    return next(power * by for by in (1, 2, 5, 10) if power * by >= rough * 0.99)


def _ticks(low: float, high: float, step: float) -> list[float]:
    first = ceil(low / step - 1e-9)
    count = floor(high / step + 1e-9) - first + 1
    return [round((first + number) * step, 10) for number in range(count)]
