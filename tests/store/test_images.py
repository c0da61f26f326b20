"""The same bytes are the same image."""

from pathlib import Path

import pytest

from carclf.errors import StoreError
from carclf.store import images


def test_the_same_bytes_are_one_image_whatever_the_name(db):
    first = images.add(db, "a" * 64, Path("data/a.jpg"), 4, 3, 10)
    again = images.add(db, "a" * 64, Path("data/b.jpg"), 4, 3, 10)

    assert first == again
    assert images.get(db, first).path == Path("data/a.jpg")


def test_an_image_knows_what_it_was_made_from(db):
    parent = images.add(db, "a" * 64, Path("a.jpg"), 4, 3, 10)
    child = images.add(db, "b" * 64, Path("b.jpg"), 2, 2, 5, parent)

    assert images.get(db, child).parent_id == parent


def test_many_images_are_fetched_at_once_and_missing_ones_left_out(db):
    with db.atomic():
        ids = [
            images.add(db, f"{number:064d}", Path(f"{number}.jpg"), 1, 1, 1)
            for number in range(12_000)
        ]

    found = images.get_many(db, [*ids, 999_999])

    assert set(found) == set(ids)


def test_known_hashes_are_told_from_others(db):
    images.add(db, "a" * 64, Path("a.jpg"), 1, 1, 1)

    assert images.known(db, ["a" * 64, "b" * 64]) == {"a" * 64}
    assert images.known(db, []) == set()


def test_an_unknown_image_is_named(db):
    with pytest.raises(StoreError, match="no image 7"):
        images.get(db, 7)
