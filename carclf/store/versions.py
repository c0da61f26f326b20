"""Dataset versions: frozen lists of examples, and the questions asked of them."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from carclf.errors import StoreError
from carclf.records import SPLITS, Box, Example, Skipped, Split, Version
from carclf.store import Database, boxes, jobs, now
from carclf.store.labels import LAST_EVENT


def create(
    db: Database,
    name: str,
    content_hash: str,
    examples: Sequence[Example],
    *,
    treatment: dict[str, Any],
    source: str,
    split_rule: str,
    parent_id: int | None = None,
    skipped: Sequence[Skipped] = (),
) -> int:
    """Record a version with all of its members, or nothing of it; return its id."""
    with db.atomic():
        if db.execute("select 1 from versions where name = ?", [name]).fetchone():
            raise StoreError(
                f"A dataset version called “{name}” exists already. "
                "Choose another name."
            )
        cursor = db.execute(
            "insert into versions (name, hash, parent_id, treatment, source,"
            " split_rule, created_at, tally) values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                name,
                content_hash,
                parent_id,
                json.dumps(treatment),
                source,
                split_rule,
                now(),
                json.dumps(_tally(examples)),
            ],
        )
        version_id = cursor.lastrowid
        assert version_id is not None
        db.conn.executemany(
            "insert into members (version_id, image_id, label, split, file_name,"
            " box_left, box_top, box_right, box_bottom)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (_member(version_id, one) for one in examples),
        )
        db.table("skipped").insert_all(
            {"version_id": version_id, "path": one.path, "reason": one.reason}
            for one in skipped
        )
    return version_id


def get(db: Database, version_id: int) -> Version:
    found = _select(db, "where id = ?", [version_id])
    if not found:
        raise StoreError(f"There is no dataset version {version_id}.")
    return found[0]


def by_name(db: Database, name: str) -> Version:
    found = _select(db, "where name = ?", [name])
    if not found:
        names = ", ".join(f"“{version.name}”" for version in every(db)) or "none yet"
        raise StoreError(
            f"There is no dataset version called “{name}”. There are: {names}."
        )
    return found[0]


def every(db: Database) -> list[Version]:
    """Return all versions, newest first."""
    return _select(db, "order by id desc", [])


def holding(db: Database, image_id: int) -> list[Version]:
    """Return the versions that an image is in, newest first."""
    inside = "(select version_id from members where image_id = ?)"
    return _select(db, f"where id in {inside} order by id desc", [image_id])


def examples(
    db: Database,
    version_id: int,
    *,
    split: Split | None = None,
    label: str | None = None,
    text: str = "",
    only_relabelled: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> list[Example]:
    """Return examples of a version in a stable order: split, class, file name.

    Args:
        text: Kept are those whose class or file name holds it, in any case.
        only_relabelled: Kept are those whose label was changed since freezing.
    """
    where, values = _filter(version_id, split, label, text, only_relabelled)
    return list(_selected(db, where, values, limit, offset))


def each(db: Database, version_id: int, split: Split) -> Iterator[Example]:
    """Yield what `examples` returns of a split, without all of it in memory."""
    where, values = _filter(version_id, split, None, "", False)
    yield from _selected(db, where, values, None, 0)


def _selected(
    db: Database, where: str, values: list[Any], limit: int | None, offset: int
) -> Iterator[Example]:
    rows = db.query(
        "select m.*, i.path, i.sha256 from members m join images i on i.id = m.image_id"
        f" where {where} order by m.split, m.label, m.file_name, m.image_id"
        " limit ? offset ?",
        [*values, -1 if limit is None else limit, offset],
    )
    return (as_example(row) for row in rows)


def some_paths(db: Database, version_id: int, count: int) -> list[Path]:
    """Return the paths of up to `count` images, from all over a version."""
    rows = db.query(
        "with numbered as (select image_id, row_number() over (order by image_id) as n,"
        " count(*) over () as total from members where version_id = ?)"
        " select i.path from numbered join images i on i.id = numbered.image_id"
        " where n * ? / total != (n - 1) * ? / total",
        [version_id, count, count],
    )
    return [Path(row["path"]) for row in rows]


def count(
    db: Database,
    version_id: int,
    *,
    split: Split | None = None,
    label: str | None = None,
    text: str = "",
    only_relabelled: bool = False,
) -> int:
    """Return how many examples `examples` would give with the same filter."""
    where, values = _filter(version_id, split, label, text, only_relabelled)
    row = db.execute(f"select count(*) from members m where {where}", values).fetchone()
    return int(row[0])


def photographs(
    db: Database, version_id: int, split: Split
) -> dict[int, tuple[int, str]]:
    """Return (photograph, class) by image: what it was cut out of, or the image itself.

    Two versions that treat the same photographs differently agree in these.
    """
    rows = db.execute(
        "with recursive up (image_id, label, at, parent_id) as ("
        " select m.image_id, m.label, i.id, i.parent_id from members m"
        " join images i on i.id = m.image_id where m.version_id = ? and m.split = ?"
        " union all select up.image_id, up.label, i.id, i.parent_id"
        " from up join images i on i.id = up.parent_id)"
        " select image_id, at, label from up where parent_id is null",
        [version_id, split],
    )
    return {image_id: (at, label) for image_id, at, label in rows}


def box_of(db: Database, image_id: int) -> Box | None:
    """Return where the vehicle is in an image: as drawn, or as any version knows it."""
    said = boxes.standing(db, image_id)
    if said:
        return said[-1].box
    row = db.execute(
        "select box_left, box_top, box_right, box_bottom from members"
        " where image_id = ? and box_left is not null limit 1",
        [image_id],
    ).fetchone()
    return Box(*row) if row else None


def example(db: Database, version_id: int, image_id: int) -> Example:
    rows = list(
        db.query(
            "select m.*, i.path, i.sha256 from members m"
            " join images i on i.id = m.image_id"
            " where m.version_id = ? and m.image_id = ?",
            [version_id, image_id],
        )
    )
    if not rows:
        raise StoreError(f"Image {image_id} is not in dataset version {version_id}.")
    return as_example(rows[0])


def label(db: Database, version_id: int, image_id: int) -> str | None:
    """Return what an image was frozen as; None if the version does not hold it."""
    found = db.execute(
        "select label from members where version_id = ? and image_id = ?",
        [version_id, image_id],
    ).fetchone()
    return str(found[0]) if found else None


def counts(db: Database, version_id: int) -> list[tuple[str, Split, int]]:
    """Return (class, split, images), classes in alphabetical order."""
    found = db.execute("select tally from versions where id = ?", [version_id])
    return [
        (label, split, n) for row in found for label, split, n in json.loads(row[0])
    ]


def splits(db: Database, version_id: int) -> dict[int, Split]:
    """Return the split of every image of a version."""
    rows = db.execute(
        "select image_id, split from members where version_id = ?", [version_id]
    )
    return dict(rows.fetchall())


def image_ids(db: Database, version_id: int, labels: Sequence[str]) -> list[int]:
    """Return the images of some classes of a version, class by class."""
    rows = db.execute(
        "select image_id from members where version_id = ? and label in"
        " (select value from json_each(?)) order by label, split, file_name, image_id",
        [version_id, json.dumps(list(labels))],
    )
    return [row[0] for row in rows]


def some(db: Database, version_id: int, image_ids: Sequence[int]) -> dict[int, Example]:
    """Return those of the images that a version holds, by id."""
    rows = db.query(
        "select m.*, i.path, i.sha256 from members m join images i on i.id = m.image_id"
        " where m.version_id = ? and m.image_id in (select value from json_each(?))",
        [version_id, json.dumps(list(image_ids))],
    )
    return {row["image_id"]: as_example(row) for row in rows}


def sizes(db: Database, version_id: int) -> list[tuple[int, int]]:
    """Return width and height of every image, in pixels."""
    rows = db.execute(
        "select i.width, i.height from members m join images i on i.id = m.image_id"
        " where m.version_id = ?",
        [version_id],
    )
    return rows.fetchall()


def skipped(db: Database, version_id: int) -> list[Skipped]:
    rows = db.query(
        "select path, reason from skipped where version_id = ? order by id",
        [version_id],
    )
    return [Skipped(row["path"], row["reason"]) for row in rows]


def runs_on(db: Database, version_id: int) -> list[str]:
    """Return the names of the runs that learnt from a version or were judged on it."""
    rows = db.query(
        "select distinct r.name from runs r left join evaluations e"
        " on e.run_id = r.id where r.version_id = :id or e.version_id = :id"
        " order by r.id",
        {"id": version_id},
    )
    return [row["name"] for row in rows]


def delete(db: Database, version_id: int) -> Version:
    """Forget a version that nothing was built on; its images stay.

    Raises:
        StoreError: A run, an evaluation, another version or a job uses it.
    """
    with db.atomic():
        version = get(db, version_id)
        _refuse_used(db, version)
        jobs.refuse_needed(db, version.name, version_id=version_id)
        db.execute("delete from versions where id = ?", [version_id])
    return version


def _refuse_used(db: Database, version: Version) -> None:
    users = [
        *(f"run “{name}”" for name in runs_on(db, version.id)),
        *(
            f"version “{row['name']}”"
            for row in db.query(
                "select name from versions where parent_id = ?", [version.id]
            )
        ),
    ]
    if users:
        shown = ", ".join(users[:3]) + (
            f" and {len(users) - 3} more" * (len(users) > 3)
        )
        raise StoreError(
            f"“{version.name}” is used by {shown}, so it stays: without it their "
            "numbers could not be understood. Delete those first."
        )


def _select(db: Database, clause: str, values: list[Any]) -> list[Version]:
    return [
        _version(row) for row in db.query(f"select * from versions {clause}", values)
    ]


def _version(row: dict[str, Any]) -> Version:
    by_class = json.loads(row["tally"])
    return Version(
        id=row["id"],
        name=row["name"],
        hash=row["hash"],
        parent_id=row["parent_id"],
        treatment=json.loads(row["treatment"]),
        source=row["source"],
        split_rule=row["split_rule"],
        created_at=row["created_at"],
        classes=tuple(sorted({label for label, _, _ in by_class})),
        counts={
            split: sum(n for _, where, n in by_class if where == split)
            for split in SPLITS
        },
    )


def _filter(
    version_id: int,
    split: Split | None,
    label: str | None,
    text: str,
    only_relabelled: bool,
) -> tuple[str, list[Any]]:
    clauses: list[str] = ["m.version_id = ?"]
    values: list[Any] = [version_id]
    if split is not None:
        clauses.append("m.split = ?")
        values.append(split)
    if label is not None:
        clauses.append("m.label = ?")
        values.append(label)
    if text.strip():
        clauses.append("instr(lower(m.label || ' ' || m.file_name), ?) > 0")
        values.append(text.strip().lower())
    if only_relabelled:
        clauses.append(
            f"exists (select 1 from labels c where c.id = ({LAST_EVENT})"
            " and (c.name is not m.label or c.is_dropped))"
        )
    return " and ".join(clauses), values


def _tally(examples: Sequence[Example]) -> list[tuple[str, Split, int]]:
    """Return (class, split, images), in order."""
    found = Counter((one.label, one.split) for one in examples)
    return [(label, split, n) for (label, split), n in sorted(found.items())]


def _member(version_id: int, one: Example) -> tuple[str | int | None, ...]:
    box = one.box
    edges = (box.left, box.top, box.right, box.bottom) if box else (None,) * 4
    return (version_id, one.image_id, one.label, one.split, one.file_name, *edges)


def as_example(row: dict[str, Any]) -> Example:
    edges = [row[f"box_{edge}"] for edge in ("left", "top", "right", "bottom")]
    return Example(
        image_id=row["image_id"],
        path=Path(row["path"]),
        label=row["label"],
        split=row["split"],
        file_name=row["file_name"],
        sha256=row["sha256"],
        box=None if None in edges else Box(*edges),
    )
