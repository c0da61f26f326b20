"""The schema, as the steps that led to it; a step, once released, never changes."""

from sqlite_utils import Database, Migrations

from carclf.store import schema

MIGRATIONS = Migrations("carclf")


@MIGRATIONS()
def m001_first_schema(db: Database) -> None:
    _execute(db, schema.FIRST_SCHEMA)


@MIGRATIONS()
def m002_training(db: Database) -> None:
    _execute(db, schema.TRAINING)


@MIGRATIONS()
def m003_pictures(db: Database) -> None:
    _execute(db, schema.PICTURES)


@MIGRATIONS()
def m004_comparing(db: Database) -> None:
    _execute(db, schema.COMPARING)


@MIGRATIONS()
def m005_health(db: Database) -> None:
    _execute(db, schema.HEALTH)


@MIGRATIONS()
def m006_labelling(db: Database) -> None:
    _execute(db, schema.LABELLING)


@MIGRATIONS()
def m007_background(db: Database) -> None:
    _execute(db, schema.BACKGROUND)


@MIGRATIONS()
def m008_preview(db: Database) -> None:
    _execute(db, schema.PREVIEW)


def _execute(db: Database, statements: str) -> None:
    for statement in statements.split(";"):
        if statement.strip():
            db.execute(statement)
