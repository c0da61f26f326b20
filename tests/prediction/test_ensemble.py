"""Several networks answer as one, or say why they cannot."""

import numpy as np
import pytest

from carclf.errors import BundleError
from carclf.prediction.ensemble import Ensemble
from carclf.records import Box
from tests.prediction.conftest import acquaint, bundle, paint


def shares(one, image):
    return dict(zip(one.classes, one.probabilities([image])[0], strict=True))


def test_the_answer_is_the_mean_class_by_class_whatever_their_order(tmp_path):
    first = bundle(tmp_path / "a")
    # The same outputs under other names: it calls red what is blue.
    other = bundle(tmp_path / "b", classes=("red", "green", "blue"))
    image = np.full((32, 48, 3), (250, 40, 90), np.uint8)

    found = Ensemble.of([("a", first), ("b", other)]).look(image)

    alone = [shares(one, image) for one in (first, other)]
    for label, share in found.answer.prediction.top:
        assert share == pytest.approx(np.mean([one[label] for one in alone]))
    assert [look.prediction.label for look in found.looks] == ["red", "blue"]


def test_alone_a_network_answers_as_it_does_by_itself(tmp_path):
    one = bundle(tmp_path / "a")
    image = np.full((60, 48, 3), (0, 200, 90), np.uint8)

    found = Ensemble.of([("a", one)]).look(image)

    assert found.answer.prediction == one.look(image).prediction


def test_networks_of_other_classes_have_no_common_answer(tmp_path):
    one = bundle(tmp_path / "a")
    other = bundle(tmp_path / "b", classes=("blue", "green", "pink"))

    with pytest.raises(BundleError, match=r"only “b” knows “pink”, and 1 more differ"):
        Ensemble.of([("a", one), ("b", other)])


def test_each_network_gets_the_image_as_its_own_bundle_says(tmp_path):
    cropped = {"height": 32, "width": 48, "treatment": {"remover": "box", "margin": 0}}
    ensemble = Ensemble.of(
        [
            ("whole", bundle(tmp_path / "a")),
            ("cropped", bundle(tmp_path / "b", preparation=cropped)),
        ]
    )
    image = np.full((80, 96, 3), (0, 0, 250), np.uint8)
    image[:32, :48] = (250, 0, 0)

    found = ensemble.look(image, Box(0, 0, 48, 32))

    assert [look.prediction.label for look in found.looks] == ["blue", "red"]
    assert found.answer.warnings == ()
    assert "no box is known" in ensemble.look(image).answer.warnings[0]


def test_an_image_is_unknown_only_if_every_network_that_can_say_finds_it_so(tmp_path):
    knows_red, knows_nothing = bundle(tmp_path / "a"), bundle(tmp_path / "b")
    acquaint(knows_red)
    green = np.full((32, 48, 3), (0, 250, 0), np.uint8)

    alone = Ensemble.of([("a", knows_red)]).look(green).answer
    both = Ensemble.of([("a", knows_red), ("b", knows_nothing)]).look(green).answer
    neither = Ensemble.of([("b", knows_nothing)]).look(green).answer

    assert (alone.is_unknown, both.is_unknown, neither.is_unknown) == (1, 1, 0)
    assert neither.strangeness is None
    assert not Ensemble.of([("a", knows_red)]).look(green * 0 + RED).answer.is_unknown


RED = np.array((225, 30, 30), np.uint8)


def test_a_batch_is_answered_as_its_images_are_one_by_one(tmp_path):
    ensemble = Ensemble.of([(name, bundle(tmp_path / name)) for name in "ab"])
    paths = [
        paint(tmp_path / f"{red}.png", (red, 90, 255 - red)) for red in (20, 140, 240)
    ]

    batch = ensemble.answers([ensemble.prepare(path) for path in paths])
    alone = [ensemble.answers([ensemble.prepare(path)])[0] for path in paths]

    assert [one.prediction.label for one in batch] == ["blue", "red", "red"]
    for one, other in zip(batch, alone, strict=True):
        assert dict(one.prediction.top) == pytest.approx(
            dict(other.prediction.top), abs=1e-6
        )


def test_no_network_at_all_is_asked_for(tmp_path):
    with pytest.raises(BundleError, match="at least one run"):
        Ensemble.of([])
