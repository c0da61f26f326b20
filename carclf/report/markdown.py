"""A report as Markdown, with its charts and pictures as files beside it."""

import re
from collections.abc import Iterator, Sequence
from html import escape as as_html

from carclf.report.document import (
    Block,
    Chart,
    Charts,
    Code,
    Document,
    Facts,
    Items,
    Paragraph,
    Picture,
    Pictures,
    Section,
    Table,
    printable,
)
from carclf.settings import Settings

FILE = "report.md"
_FOLDER = "images"
_ACROSS = 4
# What Markdown would act upon, and what GitHub does besides: :emoji:, @names, links.
_MEANT = re.compile(r"([\\`*_\[\]|~@$]|:(?=//|[\w+-]+:))")
_AT_START = re.compile(r"^([-+=>#])|^(\d+)(?=[.)])")


def files(settings: Settings, document: Document) -> dict[str, bytes]:
    """Return the bytes of each file by its path in the report's folder."""
    style = (settings.assets / "report" / "chart.css").read_text(encoding="utf-8")
    found = {FILE: "\n".join(_page(document)).encode()}
    for block in _every_block(document):
        for name, data in _beside(block, style):
            found[f"{_FOLDER}/{name}"] = data
    return found


def escaped(text: str) -> str:
    """Return a line in which nothing is Markdown or HTML any more."""
    return _AT_START.sub(_disarmed, inline(text))


def inline(text: str) -> str:
    """Return the same for what stands within a line."""
    line = printable(" ".join(text.split()))
    return _MEANT.sub(r"\\\1", line.replace("&", "&amp;").replace("<", "&lt;"))


def _disarmed(start: re.Match[str]) -> str:
    # A digit cannot be escaped, the full stop behind it can.
    return f"\\{start[1]}" if start[1] else f"{start[2]}\\"


def _page(document: Document) -> Iterator[str]:
    yield f"# {escaped(document.title)}\n"
    yield f"{escaped(document.byline)}\n"
    for block in document.opening:
        yield from _written(block)
    for section in document.sections:
        yield from _section(section, 2)


def _section(section: Section, level: int) -> Iterator[str]:
    yield f"{'#' * level} {escaped(section.title)}\n"
    for block in section.blocks:
        yield from _written(block)
    for part in section.parts:
        yield from _section(part, level + 1)


def _written(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(text, kind):
            yield f"{'> ' * (kind == 'note')}{escaped(text)}\n"
        case Items(lines, is_ordered):
            bullet = "1." if is_ordered else "-"
            yield from (f"{bullet} {escaped(line)}" for line in lines)
            yield ""
        case Facts(rows):
            yield from (
                f"- {inline(name)}: **{inline(value)}**" for value, name in rows
            )
            yield ""
        case Table():
            yield from _table(block)
        case Chart():
            yield from _chart(block)
        case Charts(charts):
            for chart in charts:
                yield from _chart(chart)
        case Pictures():
            yield from _pictures(block)
        case Code():
            yield from _code(block)


def _table(table: Table) -> Iterator[str]:
    if table.caption:
        yield f"{escaped(table.caption)}\n"
    yield _row(table.head)
    sides = ("-" if place < table.words else "-:" for place in range(len(table.head)))
    yield f"| {' | '.join(sides)} |"
    for place, row in enumerate(table.rows):
        strong = "**" if place == table.marked else ""
        yield f"| {' | '.join(f'{strong}{inline(cell)}{strong}' for cell in row)} |"
    yield ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(inline(cell) for cell in cells)} |"


def _chart(chart: Chart) -> Iterator[str]:
    yield f"![{inline(chart.told)}]({_FOLDER}/{chart.name}.svg)\n"
    if chart.caption:
        yield f"{escaped(chart.caption)}\n"


def _pictures(block: Pictures) -> Iterator[str]:
    """Yield a table of pictures, their words below each."""
    if block.caption:
        yield f"{escaped(block.caption)}\n"
    for start in range(0, len(block.pictures), _ACROSS):
        row = block.pictures[start : start + _ACROSS]
        yield f"| {' | '.join(_image(one) for one in row)} |"
        if not start:
            yield "|" + " - |" * len(row)
        said = (f"**{inline(one.label)}** {inline(one.words)}".strip() for one in row)
        yield f"| {' | '.join(said)} |"
    yield ""


def _image(one: Picture) -> str:
    if one.jpeg is None:
        return "(file missing)"
    return f"![{inline(one.label)}]({_FOLDER}/{one.name}.jpg)"


def _code(block: Code) -> Iterator[str]:
    longest = max((len(one) for one in re.findall("`+", block.text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"<details><summary>{as_html(block.title)}</summary>\n"
    yield f"{fence}yaml\n{printable(block.text).rstrip()}\n{fence}\n"
    yield "</details>\n"


def _every_block(document: Document) -> Iterator[Block]:
    yield from document.opening
    waiting = list(document.sections)
    while waiting:
        section = waiting.pop(0)
        yield from section.blocks
        waiting += section.parts


def _beside(block: Block, style: str) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of each file that a block shows."""
    match block:
        case Chart():
            yield f"{block.name}.svg", _alone(block.svg, style)
        case Charts(charts):
            for chart in charts:
                yield from _beside(chart, style)
        case Pictures(pictures):
            for one in pictures:
                if one.jpeg is not None:
                    yield f"{one.name}.jpg", one.jpeg


def _alone(svg: str, style: str) -> bytes:
    """Return a chart that brings its colours and its paper along."""
    start = svg.index(">") + 1
    paper = '<rect width="100%" height="100%" style="fill: var(--paper)" />'
    whole = f"{svg[:start]}<style>{as_html(style)}</style>{paper}{svg[start:]}"
    return whole.encode()
