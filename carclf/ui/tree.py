"""The run tree, drawn: each run a line along its epochs, leaving that of its parent."""

from collections.abc import Collection, Mapping, Sequence
from html import escape

import gradio as gr

from carclf import metrics, recorded, words
from carclf.lineage import Relative, gain, is_of_the_same_images
from carclf.records import Reached
from carclf.ui import cards, lines
from carclf.ui.branches import Page, Row

# A click on a run is a `select` whose index is the run's id and whose value says what
# is to be done; the arrow keys go from run to run.
_CLICKS = """
element.addEventListener('click', event => {
  const button = event.target.closest('button[data-run]');
  if (button) trigger('select', {
    index: Number(button.dataset.run), value: button.dataset.does});
});
element.addEventListener('keydown', event => {
  const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
  const nodes = [...element.querySelectorAll('button.node')];
  const at = nodes.indexOf(document.activeElement);
  if (!step || at < 0) return;
  event.preventDefault();
  nodes[Math.min(Math.max(at + step, 0), nodes.length - 1)].focus();
});
"""
CHOOSE, FOLD, UNFOLD = "choose", "fold", "unfold"
# A curve with more points than the screen has room for looks the same with these.
_MOST_POINTS = 120
_TICKS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000)


def create() -> gr.HTML:
    """Return an empty tree, to be filled with `draw(...)`."""
    return gr.HTML(js_on_load=_CLICKS, apply_default_css=False)


def draw(
    page: Page, courses: Mapping[int, Sequence[Reached]], chosen: Collection[int]
) -> str:
    """Return a page of the tree; the chosen runs stand out.

    Args:
        courses: Validation accuracy by run, epoch by epoch.
    """
    if not page.rows:
        return cards.empty("No run here", "Train one, then fine-tune from it.")
    drawing = _Drawing(page, courses, chosen)
    rows = "".join(drawing.row(row) for row in page.rows)
    return (
        f'<div class="run-tree">{drawing.legend()}'
        f'<div class="field">{drawing.axis()}'
        f'<ol role="list" aria-label="Run tree">{rows}</ol></div></div>'
    )


class _Drawing:
    """The scales that all rows of a page share."""

    def __init__(
        self,
        page: Page,
        courses: Mapping[int, Sequence[Reached]],
        chosen: Collection[int],
    ) -> None:
        self._length, self._courses, self._chosen = page.length, courses, chosen
        drawn = [row.one for row in page.rows if row.one]
        named = sorted(drawn, key=lambda one: one.run.id)
        images = list(dict.fromkeys(one.images for one in named))
        self._colours = {name: lines.of_run(at).color for at, name in enumerate(images)}
        values = [one.value for course in courses.values() for one in course]
        self._highest = max([0.01, *values])

    def legend(self) -> str:
        """Return what colours and lines mean."""
        images = "".join(
            f'<span style="--hue:{colour}"><i></i>{escape(name)}</span>'
            for name, colour in self._colours.items()
        )
        return (
            f'<p class="legend">{images}<span><i class="frozen"></i>frozen</span>'
            f'<span><i class="tuned"></i>fine-tuned</span>'
            "<span><b></b>best epoch</span>"
            f"<span>height: validation accuracy, 0 to "
            f"{words.percent(self._highest)}</span></p>"
        )

    def axis(self) -> str:
        """Return the scale of epochs, and its lines behind all rows."""
        step = next((one for one in _TICKS if self._length / one <= 8), _TICKS[-1])
        ticks = "".join(
            f'<i style="--x:{self._x(at)}"><span>{at}</span></i>'
            for at in range(0, self._length + 1, step)
        )
        title = "<em>epochs since the first weights</em>"
        return f'<div class="axis" aria-hidden="true">{ticks}{title}</div>'

    def row(self, row: Row) -> str:
        plot = "".join(
            [
                *(f'<i class="pass" style="--x:{self._x(x)}"></i>' for x in row.passes),
                self._line(row) if row.one else "",
                '<i class="in" style="--x:' + self._x(row.place) + '"></i>'
                if row.arrives
                else "",
                *(self._fork(row, at, epoch) for at, epoch in row.leaves),
            ]
        )
        said = (
            self._node(row, row.one)
            if row.one
            else f'<b class="origin">{escape(row.title)}</b>'
            if row.title
            else _more(row)
        )
        kind = "run" if row.one else "from" if row.title else "more"
        hue = self._colours[row.one.images] if row.one else "var(--tick)"
        return (
            f'<li class="{kind}{" aside" * row.is_aside}" '
            f'style="--hue:{hue};--depth:{row.depth}">'
            f'<div class="said">{said}</div>'
            f'<div class="plot" aria-hidden="true">{plot}</div></li>'
        )

    def _x(self, place: float) -> str:
        return f"{100 * place / self._length:.2f}%"

    def _fork(self, row: Row, at: int, epoch: int) -> str:
        # All lines that leave an origin leave it at once.
        number = f"<span>{epoch}</span>" if row.one else ""
        return f'<i class="out" style="--x:{self._x(at)}">{number}</i>'

    def _line(self, row: Row) -> str:
        """Return a run's line, its curve above it and its best epoch on that."""
        one = row.one
        assert one is not None
        mode = "frozen" if recorded.mode(one.run) == "freeze" else "tuned"
        done, planned = row.place + one.epochs, row.end
        found = self._span("line " + mode, row.place, done)
        if planned > done:
            found += self._span("line planned", done, planned)
        course = list(self._courses.get(one.run.id, ()))
        if one.start and row.parent and is_of_the_same_images(one, row.parent):
            # The curve goes on from where the parent's was.
            course = [Reached(one.start.value, 0), *course]
        if len(course) > 1:
            found += self._curve(row.place, course)
        best = one.bests.get("val_accuracy")
        return found if best is None else found + self._best(row.place, best)

    def _best(self, start: int, best: Reached) -> str:
        at = start + best.epoch
        # Near the right end there is room for the figure on the left alone.
        side = ' class="left"' if at > 0.9 * self._length else ""
        return (
            f'<b style="--x:{self._x(at)};--y:{best.value / self._highest:.3f}">'
            f"<span{side}>{words.percent(best.value, 1)}</span></b>"
        )

    def _span(self, kind: str, start: int, end: int) -> str:
        width = f"{100 * (end - start) / self._length:.2f}%"
        return f'<i class="{kind}" style="--x:{self._x(start)};--w:{width}"></i>'

    def _curve(self, start: int, course: Sequence[Reached]) -> str:
        first, last = course[0].epoch, course[-1].epoch
        wide = max(1, last - first)
        points = [
            f"{100 * (one.epoch - first) / wide:.2f},"
            f"{100 - 100 * one.value / self._highest:.1f}"
            for one in _thinned(course)
        ]
        width = f"{100 * wide / self._length:.2f}%"
        return (
            f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" '
            f'style="--x:{self._x(start + first)};--w:{width}">'
            f'<polygon points="0,100 {" ".join(points)} 100,100"/>'
            f'<polyline points="{" ".join(points)}"/></svg>'
        )

    def _node(self, row: Row, one: Relative) -> str:
        run = one.run
        pressed = "true" if run.id in self._chosen else "false"
        star = '<span class="star" title="Starred">★</span>' * one.marks.is_starred
        is_usual = run.status in ("done", "imported")
        badge = f'<span class="badge {run.status}">{run.status}</span>'
        tags = "".join(
            f'<span class="tag">{escape(tag)}</span>' for tag in one.marks.tags
        )
        return (
            f"{_fold(row, one)}"
            f'<button type="button" class="node" data-run="{run.id}" '
            f'data-does="{CHOOSE}" aria-pressed="{pressed}">'
            f'<span class="who"><b>{escape(run.name)}</b>{star}'
            f"{'' if is_usual else badge}{tags}</span>"
            f'<span class="got">{escape(accuracy(one))}</span>'
            f"<small>{escape(_what(one, row.parent))}</small>"
            f'<small class="gain">{_gain(one, row.parent)}</small></button>'
        )


def accuracy(one: Relative) -> str:
    """Return such as “71.5 % validation”, over test images if it was judged on them."""
    if one.test is not None:
        return f"{words.percent(one.test.metrics['accuracy'], 1)} test"
    validation = one.best("val_accuracy")
    if validation is None:
        return "no accuracy yet"
    return f"{words.percent(validation, 1)} validation"


def _what(one: Relative, parent: Relative | None) -> str:
    parts = [recorded.network(one.run), one.images]
    if parent is not None and one.run.parent_epoch is None:
        parts.append("starts from the best epoch")
    if one.background != "none":
        parts.append(f"background {one.background}")
    return " · ".join(parts)


def _gain(one: Relative, parent: Relative | None) -> str:
    """Return what a run gained on its parent: since the epoch, and over its best."""
    if parent is None:
        return ""
    found = gain(one, parent)
    if found is None:
        is_alike = is_of_the_same_images(one, parent)
        return "" if is_alike else "other images than its parent"
    best = _points(found.over_best, f"Over its parent’s best, on {found.where} images")
    if found.over_start is None:
        return f"{best} over its best"
    epoch = one.run.parent_epoch
    start = _points(
        found.over_start, f"Over its parent’s epoch {epoch}, on validation images"
    )
    return f"{start} over epoch {epoch}, {best} over its best"


def _points(difference: float, title: str) -> str:
    tone = "up" if difference > 0 else "down"
    said = metrics.points(difference).removesuffix(" points")
    return f'<em class="{tone}" title="{escape(title)}">{said}</em>'


def _fold(row: Row, one: Relative) -> str:
    if not row.below:
        return '<span class="fold"></span>'
    is_open = not row.hidden
    does, sign = (FOLD, "−") if is_open else (UNFOLD, "+")
    what = words.count(row.hidden or row.below, "run")
    said = f"{'Hide' if is_open else 'Show'} {what} below {one.run.name}"
    return (
        f'<button type="button" class="fold" data-run="{one.run.id}" data-does="{does}"'
        f' aria-expanded="{"true" if is_open else "false"}" aria-label="{escape(said)}"'
        f' title="{escape(said)}">{sign}</button>'
    )


def _more(row: Row) -> str:
    assert row.parent is not None
    said = f"Show {row.hidden:,} more from {row.parent.run.name}"
    return (
        f'<button type="button" class="rest" data-run="{row.parent.run.id}"'
        f' data-does="{UNFOLD}">{escape(said)}</button>'
    )


def _thinned(course: Sequence[Reached]) -> Sequence[Reached]:
    step = -(-len(course) // _MOST_POINTS)
    return course if step == 1 else [*course[:-1:step], course[-1]]
