"""The learning rate of every step is known before a training begins."""

import numpy as np
import pytest

from carclf import schedule
from carclf.config import from_plain


def settings(epochs=4, rate=0.1, **how):
    return from_plain(
        {
            "compile": {"optimizer": {"sgd": {"learning_rate": rate}}},
            "fit": {"epochs": epochs},
            "learning": {"schedule": how},
        }
    )


def test_without_a_schedule_the_rate_stays():
    assert schedule.learning_rates(settings(), 5) == pytest.approx(np.full(20, 0.1))


def test_a_warm_up_rises_from_nothing_to_the_highest_rate():
    rates = schedule.learning_rates(settings(warmup_epochs=1), 5)

    assert rates[:6] == pytest.approx([0, 0.02, 0.04, 0.06, 0.08, 0.1])
    assert rates[5:] == pytest.approx(np.full(15, 0.1))


def test_a_cosine_falls_from_the_highest_rate_to_its_final_share():
    cosine = settings(name="cosine", final_share=0.2)

    rates = schedule.learning_rates(cosine, 500)

    assert rates[0] == 0.1
    assert rates[1000] == pytest.approx((0.1 + 0.02) / 2)
    assert rates[-1] == pytest.approx(0.02, abs=1e-6)
    assert (np.diff(rates) <= 0).all()


def test_a_warm_up_may_be_longer_than_the_training():
    rates = schedule.learning_rates(settings(epochs=1, warmup_epochs=10), 4)

    assert rates == pytest.approx([0, 0.0025, 0.005, 0.0075])
