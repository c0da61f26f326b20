"""How a folder is to be read, where that differs from what looking at it tells."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError

from carclf.config.section import Section
from carclf.errors import DatasetError

LayoutName = Literal["table", "devkit", "coco", "voc", "folders"]
Role = Literal[
    "class", "file", "split", "left", "top", "right", "bottom", "width", "height"
]
# A split's images may train as if no split were named, or be left out.
Meaning = Literal["train", "validation", "test", "none", "leave out"]


class Reading(Section):
    """Corrections to a proposal; what is empty is taken as recognised."""

    layout: LayoutName | None = None
    """The layout, if not the one recognised."""
    file: str = ""
    """The table to read, relative to the folder, where there are several."""
    has_header: bool = True
    """Whether the first line of a table names its columns; else they are numbered."""
    columns: dict[Role, str] = Field(default_factory=dict)
    """Which column of a table holds what."""
    splits: dict[str, Meaning] = Field(default_factory=dict)
    """What the source's own names of splits mean."""
    first_level: Literal["class", "split"] | None = None
    """What the names of the first folders are."""
    leave_out: tuple[str, ...] = ()
    """Classes that are not imported."""


def from_plain(values: Mapping[str, Any]) -> Reading:
    """Return the corrections that a form, a command or a job states.

    Raises:
        DatasetError: One of them is unknown, or has a value that it cannot have.
    """
    try:
        return Reading.model_validate(dict(values))
    except ValidationError as error:
        problem = error.errors()[0]
        where = " ".join(str(key) for key in problem["loc"] if key != "[key]")
        said = problem["msg"].replace("Input should be", "it must be")
        raise DatasetError(f"“{where}” cannot be read so: {said}.") from error
