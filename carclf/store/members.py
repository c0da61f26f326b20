"""The images of a version, as somebody looks for them: filtered, counted, by pages."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from carclf.records import Example, Split
from carclf.store import Database, versions
from carclf.store.labels import BY_IMAGE, LAST_EVENT
from carclf.store.versions import as_example

# What became of an image since the version was frozen.
State = Literal["as frozen", "relabelled", "not a vehicle", "dropped", "moved"]
STATES: dict[State, str] = {
    "as frozen": "c.name is m.label and not c.is_dropped",
    "relabelled": "c.name is not null and c.name != m.label",
    "not a vehicle": "c.name is null",
    "dropped": "c.is_dropped",
    "moved": "exists (select 1 from moves v where v.id = (select max(id) from moves"
    " where version_id = m.version_id and image_id = m.image_id)"
    " and v.split != m.split)",
}
_ORDER = "m.split, m.label, m.file_name, m.image_id"


@dataclass(frozen=True)
class Filter:
    """Which images of a version; what is None or empty lets every one pass.

    Attributes:
        classes: As they were frozen.
        source: Who or what set the label that counts now, such as `person`.
        text: Words that are each in the class or in the file's name, in any case.
    """

    classes: Collection[str] | None = None
    split: Split | None = None
    state: State | None = None
    source: str | None = None
    has_box: bool | None = None
    text: str = ""


def count(db: Database, version_id: int, wanted: Filter) -> int:
    """Return how many images pass."""
    where, values = _clauses(db, version_id, wanted)
    is_whole = wanted.classes is None and wanted.split is None
    by = BY_IMAGE if is_whole and _said(wanted) else ""
    found = db.execute(f"select count(*) from members m {by} where {where}", values)
    return int(found.fetchone()[0])


def page(
    db: Database, version_id: int, wanted: Filter, limit: int, offset: int = 0
) -> list[Example]:
    """Return those that pass in a stable order: split, class, file name."""
    where, values = _clauses(db, version_id, wanted)
    # What lies before the page is passed over in the index alone.
    rows = db.query(
        "select m.*, i.path, i.sha256 from members m join images i on i.id = m.image_id"
        f" where m.rowid in (select m.rowid from members m where {where}"
        f" order by {_ORDER} limit ? offset ?) order by {_ORDER}",
        [*values, limit, offset],
    )
    return [as_example(row) for row in rows]


def ids(db: Database, version_id: int, wanted: Filter) -> list[int]:
    """Return all that pass, in the order of `page`."""
    where, values = _clauses(db, version_id, wanted)
    rows = db.execute(
        f"select m.image_id from members m where {where} order by {_ORDER}", values
    )
    return [image_id for (image_id,) in rows]


def _clauses(
    db: Database, version_id: int, wanted: Filter
) -> tuple[str, list[str | int]]:
    clauses = ["m.version_id = ?"]
    values: list[str | int] = [version_id]

    def add(clause: str, *more: str | int) -> None:
        clauses.append(clause)
        values.extend(more)

    if wanted.split is not None:
        add("m.split = ?", wanted.split)
    if wanted.classes is not None:
        add(_is_in("m.label"), json.dumps(list(wanted.classes)))
    if wanted.has_box is not None:
        add(f"m.box_left is {'not null' if wanted.has_box else 'null'}")
    for said in _said(wanted):
        add(f"exists (select 1 from labels c where c.id = ({LAST_EVENT}) and {said})")
    if wanted.source is not None:
        values.append(wanted.source)
    for word in wanted.text.casefold().split():
        named = [one for one in _classes(db, version_id) if word in one.casefold()]
        add(
            f"({_is_in('m.label')} or instr(folded(m.file_name), ?) > 0)",
            json.dumps(named),
            word,
        )
    # SQLite's own lower() knows no letters beyond ASCII.
    db.conn.create_function("folded", 1, str.casefold, deterministic=True)
    return " and ".join(clauses), values


def _said(wanted: Filter) -> list[str]:
    """Return what must hold of the event `c` that counts now; a `?` is the source."""
    states = [STATES[wanted.state]] if wanted.state is not None else []
    return states + ["c.source = ?"] * (wanted.source is not None)


def _classes(db: Database, version_id: int) -> set[str]:
    return {label for label, _, _ in versions.counts(db, version_id)}


def _is_in(column: str) -> str:
    return f"{column} in (select value from json_each(?))"
