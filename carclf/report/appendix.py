"""What is needed to do it again: settings, versions of code, and hashes."""

import re
from dataclasses import replace
from typing import Any

from carclf import recorded, words
from carclf.report.document import Block, Code, Paragraph, Section, Table
from carclf.report.findings import Findings, Told
from carclf.report.method import began

# Where a message goes is nobody else's business, and may hold a key.
_PRIVATE = "notify"
_FOLDERS = re.compile(r"^(?:[A-Za-z]:|~)?[\\/].*?([^\\/]+[\\/][^\\/]+)$")


def section(findings: Findings) -> Section:
    parts = [
        Section("Runs and weights", "lineage", (_lineage(findings),)),
        Section("Settings", "settings", _configs(findings)),
        Section("Environment", "environment", _environment(findings)),
    ]
    if findings.data:
        parts.append(Section("Dataset versions", "hashes", (_hashes(findings),)))
    return Section("Appendix", "appendix", (), tuple(parts))


def _lineage(findings: Findings) -> Table:
    rows = []
    for one in findings.runs:
        parent = findings.parent_of(one)
        result = one.result
        rows.append(
            (
                one.run.name,
                str(one.run.id),
                one.run.status,
                began(one.run, parent.run if parent else None),
                one.images,
                f"epoch {result.epoch}" if result else "–",
            )
        )
    head = ("Run", "Number", "Status", "From", "Images", "Judged")
    return Table(head, tuple(rows), words=6)


def _configs(findings: Findings) -> tuple[Block, ...]:
    said = (
        "The config.yml of each run. Of a path, only the last folder and the file are "
        "kept, and the address that is told of a run's end is left out."
    )
    return (Paragraph(said), *(_config(one) for one in findings.runs))


def _config(one: Told) -> Code:
    plain = {
        key: _plain(value) for key, value in one.run.config.items() if key != _PRIVATE
    }
    text = recorded.as_yaml(replace(one.run, config=plain))
    return Code(f"config.yml of “{one.run.name}”", text)


def _plain(value: Any) -> Any:
    """Return a setting without the folders of somebody's machine in it."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, str):
        return _FOLDERS.sub(r"…/\1", value)
    return value


def _environment(findings: Findings) -> tuple[Block, ...]:
    """Return versions of code and libraries, once for all runs that agree."""
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for one in findings.runs:
        facts = tuple(
            (name, str(value)) for name, value in recorded.environment(one.run).items()
        )
        groups.setdefault(facts, []).append(f"“{one.run.name}”")
    blocks: list[Block] = []
    for facts, names in groups.items():
        who = words.listed(names)
        if not facts:
            blocks.append(Paragraph(f"Of {who} no versions of code were recorded."))
        else:
            blocks.append(Table(("What", "Version"), facts, f"Of {who}", words=2))
    return tuple(blocks)


def _hashes(findings: Findings) -> Table:
    rows = [
        (one.version.name, one.version.hash, words.date(one.version.created_at))
        for one in findings.data
    ]
    return Table(("Version", "SHA-256 of its list", "Made"), tuple(rows), words=3)
