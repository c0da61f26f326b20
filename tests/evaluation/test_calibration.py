"""How far probabilities can be believed, counted again by other means."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from carclf.evaluation import sentences
from carclf.evaluation.calibration import calibration
from carclf.records import Judged, Prediction


def judged_with(shares, rights):
    """Return a judgement for each probability, right or wrong as said."""
    return [
        Judged(
            number,
            "Van",
            Prediction((("Van" if right else "Bus", float(share)),)),
            0.5,
            0.7,
        )
        for number, (share, right) in enumerate(zip(shares, rights, strict=True))
    ]


@pytest.fixture
def drawn():
    """Two thousand answers, ten points less often right than they say."""
    generator = np.random.default_rng(4)
    shares = generator.uniform(0.2, 1, 2000)
    return shares, generator.random(2000) < shares - 0.1


def test_the_bins_are_those_of_scikit_learn(drawn):
    found = calibration(judged_with(*drawn))

    right, said = calibration_curve(drawn[1], drawn[0], n_bins=15)
    assert [one.accuracy for one in found.bins] == pytest.approx(right)
    assert [one.confidence for one in found.bins] == pytest.approx(said)
    assert sum(one.images for one in found.bins) == 2000


def test_the_error_is_the_mean_gap_over_images(drawn):
    found = calibration(judged_with(*drawn))

    gaps = {}
    for share, right in zip(*drawn, strict=True):
        gaps.setdefault(int(np.ceil(share * 15)), []).append(share - right)
    by_hand = sum(abs(sum(each)) for each in gaps.values()) / 2000
    assert found.error == pytest.approx(by_hand)
    assert found.gap == pytest.approx(drawn[0].mean() - drawn[1].mean())


def test_one_and_nought_have_a_bin():
    found = calibration(judged_with([0.0, 1.0], [False, True]))

    assert [(one.low, one.images) for one in found.bins] == [
        (0.0, 1),
        (pytest.approx(14 / 15), 1),
    ]
    assert found.error == 0


def test_what_chance_alone_makes_is_exceeded_once_in_twenty():
    generator = np.random.default_rng(5)
    shares = generator.uniform(0.2, 1, 150)
    by_chance = calibration(judged_with(shares, shares > 0)).by_chance

    beyond = [
        calibration(judged_with(shares, generator.random(150) < shares)).error
        > by_chance
        for _ in range(200)
    ]

    assert 0.01 < np.mean(beyond) < 0.12


@pytest.mark.parametrize(
    ("less", "said"),
    [(0.15, "Over-confident by 1"), (-0.15, "Under-confident by 1"), (0, "believed")],
)
def test_the_words_say_which_way_it_errs(less, said):
    generator = np.random.default_rng(6)
    shares = generator.uniform(0.3, 0.8, 3000)
    judged = judged_with(shares, generator.random(3000) < shares - less)

    told = sentences.believed(calibration(judged), judged)

    assert said in told
    assert "expected calibration error is" in told
