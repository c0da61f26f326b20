"""The sample that a newcomer starts with."""

import threading
from dataclasses import replace

import pytest

from carclf import store
from carclf.datasets import health, sample
from carclf.errors import DatasetError
from carclf.settings import PROJECT
from carclf.store import versions as stored


def test_the_sample_is_imported_once(settings, db):
    first = sample.ensure(settings)
    again = sample.ensure(settings)

    assert first == again
    assert first.name == "sample"
    assert len(first.classes) == 13
    assert first.counts == {"train": 273, "validation": 65, "test": 130}
    assert len(stored.every(db)) == 1


def test_the_sample_is_whole_and_every_car_has_its_box(settings, db):
    version = sample.ensure(settings)

    assert stored.skipped(db, version.id) == []
    assert all(one.box for one in stored.examples(db, version.id))
    assert health.check(settings, version.id) == []


def test_two_programs_started_together_share_one_sample(settings, db):
    found = []
    starts = [
        threading.Thread(target=lambda: found.append(sample.ensure(settings)))
        for _ in range(3)
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()

    assert len({version.id for version in found}) == 1
    assert len(found) == 3
    for example in stored.examples(db, found[0].id):
        assert settings.resolve(example.path).is_file()


def test_a_missing_sample_is_named(settings, tmp_path):
    elsewhere = replace(settings, assets=tmp_path)

    with pytest.raises(DatasetError, match=r"sample does not exist"):
        sample.ensure(elsewhere)


def test_the_authors_of_the_sample_are_named_beside_it(settings):
    folder = PROJECT / "assets" / "sample"
    readme = (folder / "README.md").read_text(encoding="utf-8")

    for notice in (folder / "licences").glob("*.readme.txt"):
        assert f"licences/{notice.name}" in readme
    for label in sample.ensure(settings).classes:
        assert f"| {label} |" in readme
    assert "not photographs" in readme
    with store.connect(settings.db_path) as db:
        assert stored.by_name(db, "sample").source.endswith("sample")
