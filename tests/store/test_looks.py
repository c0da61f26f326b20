"""What looking measured is kept by image, and what was found by version."""

from dataclasses import replace

import pytest

from carclf.datasets import remedies, versions
from carclf.records import Look
from carclf.store import checkups, looks, moves
from carclf.store import versions as stored

LOOK = Look(0, 0.5, 0.1, 0.9, 0.7, 0.3, 1, b"\1" * 64, b"\2" * 1024)


@pytest.fixture
def ids(db, version):
    return sorted(one.image_id for one in stored.examples(db, version.id))


def test_looks_come_back_as_they_were_kept_the_last_one_counting(db, version, ids):
    first = [replace(LOOK, image_id=one) for one in ids[:3]]
    looks.add(db, first, rules=1)
    looks.add(db, [replace(first[1], brightness=0.25)], rules=1)

    found = looks.of_version(db, version.id, 1)

    assert found == [first[0], replace(first[1], brightness=0.25), first[2]]
    assert looks.get(db, ids[2], 1) == first[2]
    assert looks.missing(db, version.id, 1) == set(ids[3:])


def test_looks_by_earlier_rules_count_as_missing(db, version, ids):
    looks.add(db, [replace(LOOK, image_id=one) for one in ids], rules=1)

    assert looks.missing(db, version.id, 2) == set(ids)
    assert looks.of_version(db, version.id, 2) == []
    assert looks.get(db, ids[0], 2) is None


def test_a_checkup_is_replaced_and_forgotten_by_other_rules(db, version):
    checkups.set(db, version.id, 1, [{"kind": "dark"}])
    checkups.set(db, version.id, 1, [{"kind": "grey"}])

    found = checkups.get(db, version.id, 1)

    assert found is not None
    assert found[0] == [{"kind": "grey"}]
    assert checkups.get(db, version.id, 2) is None


def test_a_deleted_version_takes_its_moves_and_its_checkup_along(
    settings, db, version, ids
):
    checkups.set(db, version.id, 1, [])
    moved = remedies.move(settings, version.id, ids, "train")
    remedies.undo(settings, moved.id)
    looks.add(db, [replace(LOOK, image_id=ids[0])], rules=1)

    versions.delete(settings, version.id)

    assert moves.since_frozen(db, version.id) == []
    assert checkups.get(db, version.id, 1) is None
    assert looks.get(db, ids[0], 1) is not None
    assert db.execute("pragma foreign_key_check").fetchall() == []
