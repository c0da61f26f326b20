"""Evaluations: a run's epoch on a split, image by image."""

import json
from collections.abc import Sequence
from typing import Any, Literal, TypedDict, Unpack

from carclf.errors import StoreError
from carclf.records import Evaluation, Judged, Outcome, Prediction, Skipped, Split
from carclf.store import Database, now

Order = Literal[
    "most confident first",
    "least confident first",
    "highest loss first",
    "closest calls first",
    "least on the vehicle first",
]
_ORDERS: dict[Order, str] = {
    "most confident first": "probability desc",
    "least confident first": "probability",
    "highest loss first": "loss desc",
    "closest calls first": (
        "json_extract(top, '$[0][1]') - ifnull(json_extract(top, '$[1][1]'), 0)"
    ),
    "least on the vehicle first": "attention_share",
}


class Which(TypedDict, total=False):
    """Which predictions; what is left out or None excludes nothing.

    Attributes:
        has_attention: Only those whose attention share is known.
        within: Only those of these images.
    """

    is_correct: bool | None
    label: str | None
    predicted: str | None
    has_attention: bool
    within: Sequence[int] | None


def add(
    db: Database,
    run_id: int,
    epoch: int,
    version_id: int,
    split: Split,
    classes: Sequence[str],
    metrics: dict[str, float],
    judged: Sequence[Judged],
    skipped: Sequence[Skipped] = (),
) -> int:
    """Record an evaluation with every image of it, or nothing; return its id."""
    with db.atomic():
        cursor = db.execute(
            "insert into evaluations (run_id, epoch, version_id, split, image_count,"
            " metrics, classes, created_at) values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                run_id,
                epoch,
                version_id,
                split,
                len(judged),
                json.dumps(metrics),
                json.dumps(list(classes)),
                now(),
            ],
        )
        evaluation_id = cursor.lastrowid
        assert evaluation_id is not None
        db.table("predictions").insert_all(_row(evaluation_id, one) for one in judged)
        db.table("skipped").insert_all(
            {"evaluation_id": evaluation_id, "path": one.path, "reason": one.reason}
            for one in skipped
        )
    return evaluation_id


def get(db: Database, evaluation_id: int) -> Evaluation:
    rows = list(db.query("select * from evaluations where id = ?", [evaluation_id]))
    if not rows:
        raise StoreError(f"There is no evaluation {evaluation_id}.")
    return _evaluation(db, rows[0])


def of_run(db: Database, run_id: int) -> list[Evaluation]:
    """Return the evaluations of a run, newest first."""
    rows = list(
        db.query(
            "select * from evaluations where run_id = ? order by id desc", [run_id]
        )
    )
    return [_evaluation(db, row) for row in rows]


def every(db: Database) -> list[Evaluation]:
    """Return all evaluations, newest first."""
    rows = list(db.query("select * from evaluations order by id desc"))
    return [_evaluation(db, row) for row in rows]


def judged(
    db: Database,
    evaluation_id: int,
    *,
    order: Order = "most confident first",
    limit: int | None = None,
    offset: int = 0,
    **which: Unpack[Which],
) -> list[Judged]:
    """Return predictions of an evaluation that match, in the order asked for."""
    where, values = _filter(evaluation_id, which)
    rows = db.query(
        f"select * from predictions where {where} order by {_ORDERS[order]}, image_id"
        " limit ? offset ?",
        [*values, -1 if limit is None else limit, offset],
    )
    return [_judged(row) for row in rows]


def outcomes(db: Database, evaluation_id: int) -> list[Outcome]:
    """Return what became of every image, at a tenth of the cost of `judged`."""
    rows = db.execute(
        "select image_id, label, is_correct, true_probability from predictions"
        " where evaluation_id = ? order by image_id",
        [evaluation_id],
    )
    return [
        Outcome(image_id, label, bool(is_correct), share)
        for image_id, label, is_correct, share in rows
    ]


def of_images(
    db: Database, evaluation_id: int, image_ids: Sequence[int]
) -> list[Judged]:
    """Return the predictions of some images, in the order of `image_ids`."""
    marks = ", ".join("?" * len(image_ids))
    rows = db.query(
        f"select * from predictions where evaluation_id = ? and image_id in ({marks})",
        [evaluation_id, *image_ids],
    )
    found = {row["image_id"]: _judged(row) for row in rows}
    return [found[image_id] for image_id in image_ids if image_id in found]


def count(db: Database, evaluation_id: int, **which: Unpack[Which]) -> int:
    """Return how many predictions `judged` would give with the same filter."""
    where, values = _filter(evaluation_id, which)
    row = db.execute(
        f"select count(*) from predictions where {where}", values
    ).fetchone()
    return int(row[0])


def mean_attention(
    db: Database, evaluation_id: int, **which: Unpack[Which]
) -> tuple[float, float] | None:
    """Return the mean attention share and box share of what matches; None for none."""
    where, values = _filter(evaluation_id, which)
    row = db.execute(
        "select avg(attention_share), avg(box_share) from predictions"
        f" where {where} and attention_share is not null",
        values,
    ).fetchone()
    return None if row[0] is None else (float(row[0]), float(row[1]))


def _filter(evaluation_id: int, which: Which) -> tuple[str, list[Any]]:
    clauses = ["evaluation_id = ?"]
    values: list[Any] = [evaluation_id]
    for column in ("is_correct", "label", "predicted"):
        value = which.get(column)
        if value is not None:
            clauses.append(f"{column} = ?")
            values.append(value)
    if which.get("has_attention"):
        clauses.append("attention_share is not null")
    within = which.get("within")
    if within is not None:
        clauses.append("image_id in (select value from json_each(?))")
        values.append(json.dumps(list(within)))
    return " and ".join(clauses), values


def _row(evaluation_id: int, one: Judged) -> dict[str, Any]:
    return {
        "evaluation_id": evaluation_id,
        "image_id": one.image_id,
        "label": one.label,
        "predicted": one.prediction.label,
        "probability": one.prediction.probability,
        "true_probability": one.true_probability,
        "loss": one.loss,
        "is_correct": int(one.is_correct),
        "top": json.dumps(one.prediction.top),
        "attention_share": one.attention_share,
        "box_share": one.box_share,
    }


def _judged(row: dict[str, Any]) -> Judged:
    top = tuple((label, probability) for label, probability in json.loads(row["top"]))
    return Judged(
        image_id=row["image_id"],
        label=row["label"],
        prediction=Prediction(top),
        true_probability=row["true_probability"],
        loss=row["loss"],
        attention_share=row["attention_share"],
        box_share=row["box_share"],
    )


def _evaluation(db: Database, row: dict[str, Any]) -> Evaluation:
    skipped = db.query(
        "select path, reason from skipped where evaluation_id = ?", [row["id"]]
    )
    return Evaluation(
        id=row["id"],
        run_id=row["run_id"],
        epoch=row["epoch"],
        version_id=row["version_id"],
        split=row["split"],
        image_count=row["image_count"],
        metrics=json.loads(row["metrics"]),
        classes=tuple(json.loads(row["classes"])),
        created_at=row["created_at"],
        skipped=tuple(Skipped(one["path"], one["reason"]) for one in skipped),
    )
