"""The one file in which every process meets, whatever state it is found in."""

import sqlite3
import threading
import types
from pathlib import Path

import pytest

from carclf import store
from carclf.errors import StoreError
from carclf.settings import Settings
from carclf.store import images, jobs, labels

TABLES = {
    *("images", "labels", "versions", "members", "runs", "jobs", "metrics"),
    *("checkpoints", "evaluations", "predictions", "skipped"),
}


def fill(db: store.Database, count: int = 2000) -> None:
    """Record enough images that the file has pages to damage."""
    with db.atomic():
        for number in range(count):
            images.add(db, f"{number:064d}", Path(f"{number}.jpg"), 1, 1, 1)


def fill_beyond_the_disk(db_path: Path) -> None:
    """Let a page limit stand in for the disk's: SQLite answers both with FULL."""
    with store.connect(db_path) as db:
        pages = db.execute("pragma page_count").fetchone()[0]
        db.execute(f"pragma max_page_count = {pages + 2}").fetchall()
        fill(db)


def test_a_new_store_has_a_table_for_every_noun(db):
    assert set(db.table_names()) >= TABLES
    assert db.execute("pragma journal_mode").fetchone() == ("wal",)
    assert db.execute("pragma foreign_keys").fetchone() == (1,)


def test_preparing_again_changes_nothing(settings, db):
    image_id = images.add(db, "0" * 64, Path("a.jpg"), 1, 1, 1)
    schema = db.schema

    store.prepare(settings.db_path)

    assert db.schema == schema
    assert images.get(db, image_id).path == Path("a.jpg")


def test_several_programs_may_start_at_once(tmp_path):
    db_path = tmp_path / "new" / "runs.db"
    troubles: list[Exception] = []

    def start() -> None:
        try:
            store.prepare(db_path)
        except StoreError as error:
            troubles.append(error)

    starts = [threading.Thread(target=start) for _ in range(8)]
    for one in starts:
        one.start()
    for one in starts:
        one.join()

    assert troubles == []
    with store.connect(db_path) as db:
        assert set(db.table_names()) >= TABLES


def test_a_program_may_start_while_another_makes_the_store(tmp_path, monkeypatch):
    db_path = tmp_path / "runs.db"
    other = sqlite3.connect(db_path)
    other.execute("begin immediate")
    waited = threading.Event()

    def sleep(_):
        other.rollback()
        waited.set()

    # SQLite itself would wait, too, for one that writes a table; not for the log.
    monkeypatch.setattr(store, "BUSY_TIMEOUT_S", 0.0)
    clock = types.SimpleNamespace(monotonic=lambda: -1.0, sleep=sleep)
    monkeypatch.setattr(store, "time", clock)

    store.prepare(db_path)

    assert waited.is_set()
    other.close()


def test_a_store_of_a_newer_carclf_is_left_alone(settings, db):
    db.execute(
        "insert into _sqlite_migrations (migration_set, name, applied_at)"
        " values ('carclf', 'm999_from_the_future', '2030-01-01')"
    )
    before = settings.db_path.read_bytes()

    with pytest.raises(
        StoreError, match=r"newer carclf .*m999_from_the_future.*Update"
    ):
        store.prepare(settings.db_path)

    assert settings.db_path.read_bytes() == before


def test_a_locked_store_is_reported_and_unchanged(settings, db, monkeypatch):
    monkeypatch.setattr(store, "BUSY_TIMEOUT_S", 0.05)
    image_id = images.add(db, "0" * 64, Path("a.jpg"), 1, 1, 1)
    db.execute("begin exclusive")

    with (
        pytest.raises(StoreError, match=r"runs\.db is locked .*nothing was changed"),
        store.connect(settings.db_path) as second,
    ):
        labels.set(second, image_id, "Red Van", "person")
    db.rollback()

    assert labels.history(db, image_id) == []


def test_a_writer_waits_for_another_to_finish(settings, db):
    image_id = images.add(db, "0" * 64, Path("a.jpg"), 1, 1, 1)
    db.execute("begin immediate")

    def write() -> None:
        with store.connect(settings.db_path) as second:
            labels.set(second, image_id, "Red Van", "person")

    waiting = threading.Thread(target=write)
    waiting.start()
    waiting.join(timeout=0.2)
    assert waiting.is_alive()
    db.commit()
    waiting.join()

    assert labels.current(db, image_id).name == "Red Van"


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 100, b"SQLite format 3\x00"]
)
def test_a_file_that_is_no_database_is_reported_as_damaged(settings, content):
    for path in settings.home.glob("runs.db*"):
        path.unlink()
    settings.db_path.write_bytes(content)

    with pytest.raises(StoreError, match=r"runs\.db is damaged .*Move it aside"):
        store.prepare(settings.db_path)

    assert settings.db_path.read_bytes() == content


def test_a_database_damaged_in_the_middle_is_reported(settings):
    with store.connect(settings.db_path) as db:
        fill(db)
        db.execute("pragma wal_checkpoint(truncate)").fetchall()
    data = bytearray(settings.db_path.read_bytes())
    data[4096:-4096] = bytes(range(256)) * ((len(data) - 8192) // 256)
    settings.db_path.write_bytes(data)

    with (
        pytest.raises(StoreError, match="damaged"),
        store.connect(settings.db_path) as db,
    ):
        images.get_many(db, range(2000))


def test_a_full_disk_is_reported_and_what_was_there_stays(settings):
    with store.connect(settings.db_path) as db:
        images.add(db, "f" * 64, Path("first.jpg"), 1, 1, 1)

    with pytest.raises(StoreError, match=r"disk that holds .*runs\.db is full"):
        fill_beyond_the_disk(settings.db_path)

    with store.connect(settings.db_path) as db:
        assert images.known(db, ["f" * 64, f"{0:064d}"]) == {"f" * 64}


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match=r"cannot be made: .*Set CARCLF_HOME"):
        store.prepare(tmp_path / "file" / "home" / "runs.db")


def test_a_place_that_is_a_folder_is_named(tmp_path):
    (tmp_path / "runs.db").mkdir()

    with pytest.raises(StoreError, match=r"runs\.db cannot be opened"):
        store.prepare(tmp_path / "runs.db")


def test_an_error_inside_a_transaction_leaves_nothing(db):
    def add_two() -> None:
        with db.atomic():
            images.add(db, "0" * 64, Path("a.jpg"), 1, 1, 1)
            images.add(db, "1" * 64, Path("b.jpg"), 1, 1, 1, parent_id=999)

    with pytest.raises(sqlite3.IntegrityError):
        add_two()

    assert images.known(db, ["0" * 64]) == set()


def test_what_is_written_is_seen_by_others_at_once(settings, db):
    job = jobs.create(db, "import", "Cars", {})

    with store.connect(settings.db_path) as other:
        assert jobs.get(other, job.id) == job


def test_a_row_that_points_nowhere_is_refused(settings):
    with (
        pytest.raises(sqlite3.IntegrityError),
        store.connect(settings.db_path) as db,
    ):
        labels.set(db, 999, "Red Van", "person")


def test_times_are_utc_to_the_millisecond():
    assert store.now().endswith("+00:00")
    assert len(store.now()) == len("2026-01-01T00:00:00.000+00:00")


def test_nothing_is_written_beside_the_store(settings: Settings):
    names = {path.name for path in settings.home.iterdir()}

    assert names <= {"runs.db", "runs.db-wal", "runs.db-shm"}
