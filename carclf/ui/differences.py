"""What differs between runs: their settings, and what they ran on."""

from collections.abc import Sequence
from html import escape

from carclf import recorded
from carclf.recorded import Value
from carclf.records import Run
from carclf.ui import cards

SETTINGS, ENVIRONMENT = "Settings", "Environment"


def table(
    runs: Sequence[Run], what: str = SETTINGS, *, only_differing: bool = True
) -> str:
    """Return a table with a row a setting (or a version), a column a run.

    Args:
        what: SETTINGS or ENVIRONMENT.
        only_differing: Leave out what all of them share.
    """
    if (len(runs) < 2 and only_differing) or not runs:
        return cards.empty(
            "Choose two runs or more",
            f"The {what.lower()} in which they differ appear here."
            if what == SETTINGS
            else "The versions and devices in which they differ appear here.",
        )
    read = recorded.settings if what == SETTINGS else recorded.environment
    columns = [read(run) for run in runs]
    names = sorted({name for column in columns for name in column} - {"name"})
    differing = [
        name for name in names if len({str(column.get(name)) for column in columns}) > 1
    ]
    listed = differing if only_differing else names
    if not listed:
        return cards.note(
            f"These runs have the same {what.lower()}"
            f"{', seed included' * (what == SETTINGS)}."
        )
    head = "".join(f'<th scope="col">{escape(run.name)}</th>' for run in runs)
    body = "".join(
        _row(
            name,
            [column.get(name) for column in columns],
            name in differing and not only_differing,
        )
        for name in listed
    )
    title = f"{what} that differ" if only_differing else what
    return (
        f'<div class="scroll"><table class="sheet beside" aria-label="{title}">'
        f'<thead><tr><th scope="col">{what}</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _row(name: str, values: Sequence[Value], is_marked: bool) -> str:
    cells = "".join(
        f"<td>{'–' if value is None else escape(str(value))}</td>" for value in values
    )
    mark = ' class="differs"' if is_marked else ""
    return f'<tr{mark}><th scope="row">{escape(name)}</th>{cells}</tr>'
