"""The interval of a share agrees with another reckoning, also at its ends."""

import pytest
from scipy.stats import binomtest

from carclf.evaluation.interval import wilson


@pytest.mark.parametrize(
    ("right", "of"), [(0, 1), (1, 1), (0, 20), (20, 20), (7, 12), (7221, 8041)]
)
def test_the_interval_is_scipys(right, of):
    found = binomtest(right, of).proportion_ci(0.95, method="wilson")

    assert wilson(right, of) == pytest.approx((found.low, found.high), abs=1e-12)


def test_nothing_counted_tells_nothing():
    assert wilson(0, 0) == (0, 1)
