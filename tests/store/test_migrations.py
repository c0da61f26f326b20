"""A store that an earlier carclf made comes through with everything in it."""

import sqlite3

import pytest

from carclf import store
from carclf.store import jobs, labels, notes, preferences, schema, steps


@pytest.fixture
def old(tmp_path):
    """A store as the first schema made it, with a job that skipped a file."""
    path = tmp_path / "runs.db"
    with sqlite3.connect(path) as db:
        db.executescript(schema.FIRST_SCHEMA)
        db.executescript(
            """
            create table _sqlite_migrations (
                id integer primary key, migration_set text, name text, applied_at text);
            create unique index migrations_by_name
                on _sqlite_migrations (migration_set, name);
            insert into _sqlite_migrations (migration_set, name, applied_at)
                values ('carclf', 'm001_first_schema', '2026-01-01');
            insert into runs (id, name, config, seed, folder, environment, created_at)
                values (4, 'old', '{"seed": 1}', 1, 'experiments/4', '{}', 'then');
            insert into jobs (id, kind, title, status, settings, progress, run_id,
                position, exit_code, created_at)
                values (7, 'train', 'Train old', 'failed', '{"a": 1}', '{"done": 2}', 4,
                    2.5, 1, 'then');
            insert into skipped (job_id, path, reason) values (7, 'a.jpg', 'is empty.');
            insert into metrics values (4, 1, 'loss', 0.5);
            """
        )
    db.close()
    return path


def test_jobs_and_what_they_skipped_survive_the_new_schema(old):
    store.prepare(old)

    with store.connect(old) as db:
        job = jobs.get(db, 7)
        skipped = jobs.skipped(db, 7)
        broken = db.execute("pragma foreign_key_check").fetchall()
    assert (job.title, job.status, job.settings) == ("Train old", "failed", {"a": 1})
    assert (job.progress, job.result, job.run_id) == ({"done": 2}, {}, 4)
    assert (job.exit_code, job.created_at) == (1, "then")
    assert [(one.path, one.reason) for one in skipped] == [("a.jpg", "is empty.")]
    assert broken == []


def test_what_came_later_works_in_an_old_store(old):
    store.prepare(old)

    with store.connect(old) as db:
        notes.add(db, 4, "Imported.")
        preferences.set(db, "theme", "dark")
        probe = jobs.create(db, "probe", "Try one batch", {})
        db.execute("delete from runs where id = 4")
        assert (notes.of_run(db, 4), steps.of_run(db, 4)) == ([], [])
        # The job went with its run, and what it skipped with the job.
        assert [job.id for job in jobs.every(db)] == [probe.id]
        assert jobs.skipped(db, 7) == []


def test_preparing_an_old_store_twice_is_the_same_as_once(old):
    store.prepare(old)
    with store.connect(old) as db:
        schema = db.schema

    store.prepare(old)

    with store.connect(old) as db:
        assert db.schema == schema
        assert jobs.get(db, 7).title == "Train old"


def test_labels_of_before_are_not_dropped(old):
    with sqlite3.connect(old) as db:
        db.execute("insert into images values (1, 'a', 'a.jpg', 1, 1, 1, null, 'then')")
        db.execute("insert into labels values (1, 1, 'Van', 'import', 'then', null)")
    db.close()

    store.prepare(old)

    with store.connect(old) as db:
        assert labels.current(db, 1).is_dropped is False
        assert labels.names(db) == ["Van"]


def test_labels_of_before_belong_to_no_batch_and_can_be_undone(old):
    with sqlite3.connect(old) as db:
        db.execute("insert into images values (1, 'a', 'a.jpg', 1, 1, 1, null, 'then')")
        for event in [(1, 1, "Van", "import"), (2, 1, "Bus", "person")]:
            db.execute("insert into labels values (?, ?, ?, ?, 'then', null)", event)
    db.close()

    store.prepare(old)

    with store.connect(old) as db:
        assert labels.current(db, 1).batch is None
        assert labels.undo(db, 2, "person").name == "Van"
