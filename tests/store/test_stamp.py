"""Whether anything was written can be told without opening the store."""

import subprocess
import sys

from carclf import store
from carclf.store import preferences

WRITE = """
import sys
from pathlib import Path
from carclf import store
from carclf.store import preferences
with store.connect(Path(sys.argv[1])) as db:
    preferences.set(db, "name", sys.argv[2])
"""


def test_a_write_is_seen_while_others_have_the_store_open(settings):
    with store.connect(settings.db_path) as db:
        stamps = [store.stamp(settings.db_path)]
        for value in range(5):
            preferences.set(db, "name", value)
            stamps.append(store.stamp(settings.db_path))

    assert len(set(stamps)) == 6


def test_a_write_of_another_process_is_seen(settings):
    before = store.stamp(settings.db_path)

    subprocess.run([sys.executable, "-c", WRITE, settings.db_path, "value"], check=True)

    assert store.stamp(settings.db_path) != before


def test_reading_changes_nothing(settings):
    with store.connect(settings.db_path) as db:
        preferences.set(db, "name", "value")
    before = store.stamp(settings.db_path)

    with store.connect(settings.db_path) as db:
        assert preferences.get(db, "name", None) == "value"
        while_open = store.stamp(settings.db_path)

    assert before == while_open == store.stamp(settings.db_path)


def test_a_store_that_is_not_there_has_a_stamp_too(tmp_path):
    assert store.stamp(tmp_path / "runs.db") == ""
