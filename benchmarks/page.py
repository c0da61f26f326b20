"""What a benchmark found, and how it stands in docs/performance.md."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

HEAD = """# How fast carclf is

Written by `make bench`, not by hand. The figures of a table come from one run on one
machine, one after the other, so compare them within a table: the ratios hold better
elsewhere than the times do."""


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


def merged(
    page: str,
    machine: str,
    date: str,
    findings: Sequence[Finding],
    head: str = HEAD,
) -> str:
    """Return the page with these sections new, and all others as they were."""
    parts = page.split("\n## ")
    sections = {part.partition("\n")[0]: part.rstrip() for part in parts[1:]}
    for one in findings:
        sections[one.title] = _section(one, machine, date)
    return "\n\n## ".join([head, *sections.values()]) + "\n"


def _section(one: Finding, machine: str, date: str) -> str:
    measured = f"Measured on {date}: {machine}"
    parts = [one.title, one.words, table(one.headings, one.rows), measured]
    return "\n\n".join(parts)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---" for _ in headings]
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, rule, *rows))


def merged_rows(
    page: str, rows: Sequence[tuple[str, ...]], order: Sequence[str]
) -> list[tuple[str, ...]]:
    """Return the page's only table with these rows new, and all others as they were.

    Args:
        order: The first cells of the rows that the table may have, as they stand in it.
    """
    lines = [line for line in page.splitlines() if line.startswith("| ")][2:]
    old = [tuple(line.strip("| ").split(" | ")) for line in lines]
    known = {row[0]: row for row in (*old, *rows)}
    return [known[first] for first in order if first in known]


def machines(page: str) -> dict[str, str]:
    """Return what a page says figures were measured on, by date."""
    stated = re.findall(r"^Measured on (\S+): (.+)$", page, re.MULTILINE)
    return dict(stated)


def machine_lines(known: dict[str, str], dates: Collection[str]) -> str:
    """Return a line a date that rows were measured on, as `machines` reads them."""
    wanted = sorted(set(dates) & known.keys())
    lines = [f"Measured on {date}: {known[date]}" for date in wanted]
    return "\n\n".join(lines)


def megabytes(value: float) -> str:
    return f"{value / 1e6:.0f} MB"


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def rate(value: float) -> str:
    return f"{value:.1f} images/s"
