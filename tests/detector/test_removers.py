"""The removers that ask Detectron2, on a network trained here for a minute."""

from dataclasses import replace

import numpy as np
import pytest

from carclf import background, images, store
from carclf.background import weights
from carclf.background.box import overlap
from carclf.background.detectron2 import largest
from carclf.datasets import versions
from carclf.errors import BackgroundError
from carclf.records import Box
from carclf.store import versions as stored
from tests.detector import scenes
from tests.detector.conftest import treatment

pytestmark = [pytest.mark.detectron2, pytest.mark.slow]


@pytest.fixture
def remover(kept, trained):
    """Return a function that makes a remover with the trained network."""

    def create(name="detectron2-mask", **changes):
        how = treatment(trained, remover=name, **changes)
        return background.create(weights.pin(kept, how), kept)

    return create


def test_a_car_is_cropped_to_where_it_is(remover):
    image, truth, _ = scenes.scene(3000)

    cutout = remover("detectron2-box", margin=0).remove(image)

    box = cutout.box
    assert overlap(box, truth) > 0.75
    assert cutout.vehicles == 1
    assert 0.5 <= cutout.score <= 1
    assert (cutout.image == image[box.top : box.bottom, box.left : box.right]).all()


def test_a_car_is_cut_out_on_the_colour_asked_for(remover):
    image, _, truth = scenes.scene(3001)

    cutout = remover(fill="#00ff00").remove(image)

    assert (cutout.image[~cutout.mask] == (0, 255, 0)).all()
    assert (cutout.image[cutout.mask] == image[cutout.mask]).all()
    assert (cutout.mask & truth).sum() / (cutout.mask | truth).sum() > 0.7


def test_red_and_blue_are_not_mistaken_for_each_other(remover):
    """The network learnt red cars: it would find blue ones if channels were swapped."""
    seen = [scenes.scene(3100 + seed) for seed in range(8)]
    finder = remover("detectron2-box")

    right = [overlap(finder.remove(image).box, truth) for image, truth, _ in seen]
    swapped = [
        finder.remove(np.ascontiguousarray(image[:, :, ::-1])).box
        for image, _, _ in seen
    ]

    assert min(right) > 0.5
    # Blue becomes red by the swap, so then it is the other car that is found.
    others = [
        0 if box is None else overlap(box, truth)
        for box, (_, truth, _) in zip(swapped, seen, strict=True)
    ]
    assert max(others) < 0.1


def test_nothing_to_find_leaves_the_image_whole_and_says_so(remover):
    empty = np.full((96, 128, 3), 120, np.uint8)

    cutout = remover().remove(empty)

    assert cutout.box is None
    assert cutout.vehicles == 0
    assert (cutout.image == empty).all()


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 300, 3), (300, 2, 3)])
def test_pictures_of_any_shape_are_taken(remover, shape):
    image = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)

    assert remover().remove(image).image.size > 0


def test_many_at_once_are_what_each_alone_is(remover):
    seen = [scenes.scene(3200 + seed)[0] for seed in range(5)]
    finder = remover()

    together = finder.remove_all(seen, [None] * 5)

    for image, one in zip(seen, together, strict=True):
        alone = finder.remove(image)
        assert one.box == alone.box
        assert (one.image == alone.image).all()


def test_the_vehicle_of_largest_area_counts():
    boxes = np.array([[0, 0, 10, 10], [5, 5, 9, 90], [0, 0, 30, 2]], np.float32)

    assert largest(boxes) == 1
    assert largest(boxes[:0]) is None


def test_a_version_is_treated_and_one_lost_photograph_is_listed(
    kept, trained, tmp_path
):
    settings = replace(kept, home=tmp_path / "home", networks_folder=kept.networks)
    store.prepare(settings.db_path)
    for seed in range(8):
        label = "Red" if seed % 2 else "Other"
        picture = scenes.scene(3300 + seed)[0]
        images.write(tmp_path / "cars" / label / f"{seed}.png", picture)
    version = versions.import_folder(settings, tmp_path / "cars", "cars")
    with store.connect(settings.db_path) as db:
        rows = stored.examples(db, version.id)
    settings.resolve(rows[0].path).unlink()

    made = versions.treat(settings, version.id, treatment(trained), "cut")

    with store.connect(settings.db_path) as db:
        (skipped,) = stored.skipped(db, made.id)
    assert sum(made.counts.values()) == 7
    assert skipped.path == rows[0].file_name
    assert made.treatment["weights"].startswith("model_final.pth#")
    assert made.treatment["classes"] == ["car", "truck"]


def test_weights_without_masks_say_so_where_masks_are_wanted(
    kept, trained, monkeypatch
):
    finder = background.create(weights.pin(kept, treatment(trained)), kept)
    found = finder._detector.detect([scenes.scene(1)[0]], finder._wish)
    monkeypatch.setattr(
        finder._detector, "detect", lambda *_: [replace(found[0], masks=None)]
    )

    with pytest.raises(BackgroundError, match="Choose detectron2-box"):
        finder.remove(scenes.scene(1)[0])


def test_a_known_box_is_not_looked_at(remover):
    image, truth, _ = scenes.scene(3400)

    found = remover("detectron2-box").remove(image, Box(0, 0, 5, 5)).box

    assert overlap(found, truth) > 0.6
