"""What a benchmark found, and how it stands in docs/performance.md."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One section of the page.

    Attributes:
        words: What was done, so that a reader can do it again.
        headings: Of the columns; the first column names what was measured.
    """

    title: str
    words: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def seconds(value: float) -> str:
    return f"{value:.0f} s" if value >= 10 else f"{value:.1f} s"


def milliseconds(value: float) -> str:
    return f"{1000 * value:.1f} ms"


def times(value: float) -> str:
    return f"{value:.1f} ×"


def render(machine: str, date: str, findings: Sequence[Finding]) -> str:
    """Return the page as Markdown."""
    parts = [
        "# How fast carclf is",
        "",
        "Written by `make bench`; not by hand. The figures of a table come from one",
        "run on one machine, one after the other, so compare them within a table:",
        "the ratios hold better elsewhere than the times do.",
        "",
        f"Measured on {date}: {machine}",
    ]
    for one in findings:
        parts += ["", f"## {one.title}", "", one.words, ""]
        parts += [table(one.headings, one.rows)]
    return "\n".join(parts) + "\n"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---" for _ in headings]
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, rule, *rows))
