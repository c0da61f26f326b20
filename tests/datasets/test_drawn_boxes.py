"""A box that a person drew counts for removers and for what is frozen next."""

import pytest

from carclf.config import Treatment
from carclf.datasets import versions
from carclf.records import Box
from carclf.store import boxes, images
from carclf.store import versions as stored

DRAWN = Box(10, 20, 50, 60)


@pytest.fixture
def one(db, version):
    """An image whose box was drawn after its version was frozen."""
    example = stored.examples(db, version.id)[0]
    boxes.set(db, example.image_id, DRAWN, "person")
    return example


def test_a_drawn_box_is_kept_with_the_next_frozen_version_alone(
    settings, version, db, one
):
    again = versions.freeze(settings, version.id, "with a box")

    assert stored.example(db, again.id, one.image_id).box == DRAWN
    assert stored.example(db, version.id, one.image_id).box == one.box != DRAWN
    assert again.hash == version.hash


def test_the_box_remover_crops_to_a_drawn_box(settings, version, db, one):
    how = Treatment(remover="box", output="crop", margin=0.0)

    made = versions.treat(settings, version.id, how, "cropped")

    ids = [example.image_id for example in stored.examples(db, made.id)]
    [cropped] = [
        image
        for image in images.get_many(db, ids).values()
        if image.parent_id == one.image_id
    ]
    assert (cropped.width, cropped.height) == (40, 40)
