"""What differs between the settings of runs, and nothing of what does not."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from carclf import recorded
from carclf.records import Run
from carclf.ui import cards


def table(runs: Sequence[Run]) -> str:
    """Return a table with a row a setting that differs, a column a run."""
    if len(runs) < 2:
        return cards.empty(
            "Choose two runs or more", "The settings in which they differ appear here."
        )
    columns = [_settings(run) for run in runs]
    names = sorted({name for column in columns for name in column} - {"name"})
    differing = [
        name for name in names if len({str(column.get(name)) for column in columns}) > 1
    ]
    if not differing:
        return cards.note("These runs have the same settings, seed included.")
    head = "".join(f"<th>{escape(run.name)}</th>" for run in runs)
    body = "".join(
        _row(name, [column.get(name) for column in columns]) for name in differing
    )
    return (
        '<div class="scroll"><table class="sheet" aria-label="Settings that differ">'
        f"<thead><tr><th>Setting</th>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _settings(run: Run) -> dict[str, Any]:
    # What was meant counts, whether it was written out or left to the weights.
    mode = recorded.mode(run)
    return dict(_flat(run.config)) | ({"learning.mode": mode} if mode else {})


def _flat(plain: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in plain.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        elif value is not None:
            yield f"{prefix}{key}", value


def _row(name: str, values: Sequence[Any]) -> str:
    cells = "".join(f"<td>{escape(_text(value))}</td>" for value in values)
    return f"<tr><td>{escape(name)}</td>{cells}</tr>"


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return " × ".join(map(str, value))
    return str(value)
