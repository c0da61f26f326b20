"""Moves to another split are events of an image in one version."""

import pytest

from carclf.errors import StoreError
from carclf.store import members, moves, versions
from carclf.store.members import Filter


@pytest.fixture
def image_id(db, version):
    return versions.examples(db, version.id, split="test")[0].image_id


def test_moves_are_taken_back_one_by_one_down_to_how_it_was_frozen(
    db, version, image_id
):
    for split in ("train", "validation"):
        moves.set(db, version.id, image_id, split, "person")

    stands = [[one.split for one in moves.standing(db, version.id, image_id)]]
    for _ in range(2):
        moves.undo(db, version.id, image_id, "person")
        stands.append([one.split for one in moves.standing(db, version.id, image_id)])

    assert stands == [["train", "validation"], ["train"], []]
    assert moves.since_frozen(db, version.id) == []
    with pytest.raises(StoreError, match="no move to take back"):
        moves.undo(db, version.id, image_id, "person")


def test_an_image_of_no_version_moves_nowhere(db, version, image_id):
    moves.set(db, version.id, image_id, "train", "person")

    assert moves.standing(db, None, image_id) == []


def test_ids_are_those_of_all_pages_in_their_order(db, version):
    wanted = Filter(text="bus", split="train")
    pages = [members.page(db, version.id, wanted, 2, at) for at in range(0, 12, 2)]

    found = members.ids(db, version.id, wanted)

    assert found == [one.image_id for page in pages for one in page]
    assert len(found) == members.count(db, version.id, wanted) > 0
