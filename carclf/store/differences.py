"""In what two versions differ, image by image.

`before` and `after` are ids of versions. An image is found again in the other version
by its content; if the two treat photographs differently, by the photograph it was made
from.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from carclf.records import Example, Split
from carclf.store import Database
from carclf.store.versions import as_example

Kind = Literal["added", "removed", "relabelled", "moved"]
KINDS: tuple[Kind, ...] = get_args(Kind)
# Of kinds that only the other way round are what another is.
_CHANGED: dict[Kind, str] = {
    "relabelled": "o.label != m.label",
    "moved": "o.split != m.split",
}
_ORDER = "m.split, m.label, m.file_name, m.image_id"
_SAME_IMAGE = "m.image_id"


@dataclass(frozen=True)
class Difference:
    """An image that is otherwise in one version than in the other.

    Attributes:
        example: As the later version has it; of a removed one, as the earlier had it.
        label_before: None where it was not in the version; so the others.
    """

    example: Example
    label_before: str | None
    label_after: str | None
    split_before: Split | None
    split_after: Split | None


def count(db: Database, before: int, after: int) -> dict[Kind, int]:
    """Return how many images differ in each way; one may in two."""
    return {kind: count_of(db, kind, before, after) for kind in KINDS}


def count_of(db: Database, kind: Kind, before: int, after: int) -> int:
    """Return how many images differ in one way."""
    clause, values = _clause(db, kind, before, after)
    return int(db.execute(f"select count(*) {clause}", values).fetchone()[0])


def count_pairs(
    db: Database, kind: Kind, before: int, after: int
) -> list[tuple[str, str, int]]:
    """Return (before, after, images) of classes or splits, most images first."""
    what = {"relabelled": "label", "moved": "split"}[kind]
    clause, values = _clause(db, kind, before, after)
    return list(
        db.execute(
            f"select o.{what}, m.{what}, count(*) as n {clause}"
            f" group by o.{what}, m.{what} order by n desc, o.{what}, m.{what}",
            values,
        )
    )


def page(
    db: Database, kind: Kind, before: int, after: int, limit: int, offset: int = 0
) -> list[Difference]:
    """Return those of a kind in a stable order: split, class, file name."""
    return list(_selected(db, kind, before, after, limit, offset))


def each(db: Database, kind: Kind, before: int, after: int) -> Iterator[Difference]:
    """Yield all of a kind, without all of them in memory."""
    return _selected(db, kind, before, after, -1, 0)


def _selected(
    db: Database, kind: Kind, before: int, after: int, limit: int, offset: int
) -> Iterator[Difference]:
    clause, values = _clause(db, kind, before, after)
    others = "o.label as other_label, o.split as other_split"
    if kind not in _CHANGED:
        others = "null as other_label, null as other_split"
    rows = db.query(
        f"with found as (select m.*, {others} {clause}"
        f" order by {_ORDER} limit ? offset ?)"
        " select m.*, i.path, i.sha256 from found m join images i on i.id = m.image_id"
        f" order by {_ORDER}",
        [*values, limit, offset],
    )
    for row in rows:
        one = as_example(row)
        here = (one.label, one.split)
        there = (row["other_label"], row["other_split"])
        (old, was), (new, now) = (here, there) if kind == "removed" else (there, here)
        yield Difference(one, old, new, was, now)


def _clause(db: Database, kind: Kind, before: int, after: int) -> tuple[str, list[int]]:
    """Return what selects the members `m` of a kind, beside `o` if both have it."""
    mine, other = (before, after) if kind == "removed" else (after, before)
    twin = f"o.version_id = ? and o.image_id = {_twin(db, before, after)}"
    if kind in _CHANGED:
        return (
            f"from members m join members o on {twin}"
            f" where m.version_id = ? and {_CHANGED[kind]}",
            [other, mine],
        )
    return (
        "from members m where m.version_id = ?"
        f" and not exists (select 1 from members o where {twin})",
        [mine, other],
    )


def _twin(db: Database, before: int, after: int) -> str:
    """Return what the id of an image's counterpart in the version `o` is."""
    found = db.execute(
        "select treatment from versions where id in (?, ?)", [before, after]
    )
    treatments = [json.loads(row[0]) for row in found]
    if all(one == treatments[0] for one in treatments):
        return _SAME_IMAGE
    roots = _roots(db, before, after)
    return (
        f"(select t.image_id from {roots} r join {roots} t"
        " on t.photograph = r.photograph where r.version_id = m.version_id"
        " and r.image_id = m.image_id and t.version_id = o.version_id)"
    )


def _roots(db: Database, before: int, after: int) -> str:
    """Return the name of a table, of this connection, of what images were made from."""
    name = f"roots_{before}_{after}"
    known = "select 1 from temp.sqlite_master where name = ?"
    if db.execute(known, [name]).fetchone():
        return name
    db.execute(
        f"create temp table {name} (version_id integer, image_id integer,"
        " photograph integer, primary key (version_id, image_id)) without rowid"
    )
    db.execute(
        "with recursive up (version_id, image_id, at, parent_id) as ("
        " select m.version_id, m.image_id, i.id, i.parent_id from members m"
        " join images i on i.id = m.image_id where m.version_id in (?, ?)"
        " union all select up.version_id, up.image_id, i.id, i.parent_id"
        " from up join images i on i.id = up.parent_id)"
        f" insert into {name} select version_id, image_id, at from up"
        " where parent_id is null",
        [before, after],
    )
    db.execute(f"create index temp.{name}_by_photograph on {name} (photograph)")
    return name
