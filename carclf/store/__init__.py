"""The store: one SQLite file in which every process meets.

Only this package imports sqlite_utils. A connection stays on its thread, so a
handler opens its own, in a `with`.
"""

import sqlite3
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlite_utils

from carclf.errors import StoreError
from carclf.store.migrations import MIGRATIONS

__all__ = ["Database", "connect", "in_words", "now", "prepare", "stamp"]

# An import of a hundred thousand images writes for half as long; the others wait.
BUSY_TIMEOUT_S = 60.0
# Grows only as far as it is used. With SQLite's own 2 MB, looking through the labels of
# 100,000 images reads the same pages over and over.
CACHE_KB = 32_000


class Database(sqlite_utils.Database):
    """A connection whose blocks of writes wait for one another."""

    @contextmanager
    def atomic(self) -> Generator["Database", None, None]:
        """Run the block as one transaction, which may write from its start.

        SQLite's plain `begin` would let it read first, and then refuse its write at
        once, whatever the timeout, if another process wrote in between.
        Source: sqlite.org/rescode.html#busy_snapshot
        """
        if self.conn.in_transaction:
            with super().atomic():
                yield self
            return
        self.conn.execute("begin immediate")
        with self.conn:
            yield self

    @contextmanager
    def snapshot(self) -> Generator["Database", None, None]:
        """Let the block read as of one moment, whatever others write meanwhile."""
        self.conn.execute("begin")
        try:
            yield self
        finally:
            self.conn.rollback()


def now() -> str:
    """Return the time as the store keeps it: UTC, ISO 8601, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@contextmanager
def connect(db_path: Path) -> Iterator[Database]:
    """Open the store for the block, on this thread.

    Raises:
        StoreError: The file is locked by another program, damaged, or the disk
            is full. Anything already recorded stays as it was.
    """
    with in_words(db_path), closing(_opened(db_path)) as connection:
        yield Database(connection)


def _opened(db_path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(db_path, timeout=BUSY_TIMEOUT_S)
    try:
        connection.execute("pragma foreign_keys = on")
        connection.execute(f"pragma cache_size = -{CACHE_KB}")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def in_words(db_path: Path) -> Iterator[None]:
    """Turn what SQLite says of the store in the block into words for people.

    Raises:
        StoreError: As `connect`.
    """
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        raise StoreError(_in_words(db_path, error)) from error


def stamp(db_path: Path) -> str:
    """Return what differs after any write, by whichever process.

    It costs two looks at a folder, and opens nothing. A few differences mean nothing:
    moving what was written from the log into the file changes it too.
    """
    found = []
    # What is committed stands in the log until it is moved into the file itself.
    for path in (db_path, db_path.with_name(f"{db_path.name}-wal")):
        try:
            facts = path.stat()
        except FileNotFoundError:
            continue
        # A reader leaves an empty log behind, or none.
        if facts.st_size:
            found.append(f"{facts.st_mtime_ns} {facts.st_size}")
    return ", ".join(found)


def prepare(db_path: Path) -> None:
    """Make the store, or bring an older one up to date; safe to call at every start.

    Raises:
        StoreError: As `connect`, or a newer carclf wrote the file.
    """
    try:
        db_path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {db_path.parent} cannot be made: {error.strerror}. "
            "Set CARCLF_HOME to a folder you may write to."
        ) from error
    with connect(db_path) as db:
        _write_ahead(db)
        # A step may make a table anew; what refers to its rows must not go with it.
        db.conn.execute("pragma foreign_keys = off")
        # Taken at once, so that two processes starting together do not both migrate.
        db.conn.execute("begin immediate")
        foreign = {step.name for step in MIGRATIONS.applied(db)} - _known_steps()
        if foreign:
            db.rollback()
            raise StoreError(
                f"{db_path} was written by a newer carclf (it knows "
                f"{', '.join(sorted(foreign))}). Update carclf, or set CARCLF_HOME "
                "to another folder."
            )
        MIGRATIONS.apply(db)
        db.commit()


def _write_ahead(db: Database) -> None:
    """Let readers and a writer work at once, from now on.

    While another program does the same SQLite refuses at once, whatever the timeout.
    """
    limit = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            db.conn.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > limit:
                raise
            time.sleep(0.05)
        else:
            return


def _known_steps() -> set[str]:
    return {step.name for step in MIGRATIONS.pending(Database(memory=True))}


def _in_words(db_path: Path, error: sqlite3.DatabaseError) -> str:
    text = str(error)
    if "locked" in text or "busy" in text:
        return (
            f"{db_path} is locked by another program. Close whatever has it open "
            "(a database browser?) and try again; nothing was changed."
        )
    if "malformed" in text or "not a database" in text:
        return (
            f"{db_path} is damaged ({text}). Move it aside to start afresh, or "
            "restore a copy; the runs' own folders under experiments/ are untouched."
        )
    if "full" in text:
        return f"The disk that holds {db_path} is full. Free some space and try again."
    if "readonly" in text or "unable to open" in text:
        return (
            f"{db_path} cannot be opened for writing ({text}). Check its permissions "
            "and those of its folder, or set CARCLF_HOME to another folder."
        )
    return f"{db_path} could not be used: {text}."
