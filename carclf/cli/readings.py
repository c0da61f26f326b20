"""What look and import share: corrections to how a folder is read, as options."""

from collections.abc import Iterable
from typing import Annotated

import typer

from carclf.datasets.layouts import LAYOUTS, Reading
from carclf.datasets.layouts.reading import from_plain
from carclf.errors import DatasetError

Layout = Annotated[
    str, typer.Option(help=f"The layout, if not the recognised: {', '.join(LAYOUTS)}.")
]
File = Annotated[str, typer.Option(help="Which table to read, if there are several.")]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        help="A column of the table: class=make_model. Also file, split, left, top, "
        "right, bottom, width, height. May repeat.",
    ),
]
NoHeader = Annotated[
    bool,
    typer.Option(
        "--no-header",
        help="The table's first line names no columns; they are “column 1”, …",
    ),
]
Splits = Annotated[
    list[str] | None,
    typer.Option(
        "--split",
        help="What a split's name means: holdout=test. Also train, validation, none, "
        "“leave out”. May repeat.",
    ),
]
FirstLevel = Annotated[
    str, typer.Option(help="What the first folders are called for: class or split.")
]
LeaveOut = Annotated[
    list[str] | None,
    typer.Option("--leave-out", help="A class not to import. May repeat."),
]


def reading(
    layout: str,
    file: str,
    columns: list[str] | None,
    no_header: bool,
    splits: list[str] | None,
    first_level: str,
    leave_out: list[str] | None,
) -> Reading:
    """Return the corrections that the options state.

    Raises:
        DatasetError: One of them is not understood.
    """
    return from_plain(
        {
            "layout": layout or None,
            "file": file,
            "columns": dict(_pairs("--column", columns or ())),
            "has_header": not no_header,
            "splits": dict(_pairs("--split", splits or ())),
            "first_level": first_level or None,
            "leave_out": leave_out or (),
        }
    )


def _pairs(option: str, written: Iterable[str]) -> Iterable[tuple[str, str]]:
    for one in written:
        name, sign, value = one.partition("=")
        if not sign or not value:
            raise DatasetError(
                f"{option} takes a name and what it means, such as class=make_model, "
                f"and not “{one}”."
            )
        yield name.strip(), value.strip()
