"""How much of what spoke for an answer lay on the vehicle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from carclf.evaluation import attention
from carclf.records import Area

EDGE = some.floats(0, 1)


def test_evidence_inside_counts_whole_and_outside_not_at_all():
    evidence = np.zeros((4, 4), np.float32)
    evidence[1, 1], evidence[3, 3] = 3, 1

    assert attention.share_inside(evidence, Area(0.25, 0.25, 0.5, 0.5)) == 0.75
    assert attention.share_inside(evidence, Area(0.5, 0, 1, 0.5)) == 0


def test_a_place_that_the_edge_crosses_counts_in_part():
    evidence = np.zeros((2, 2), np.float32)
    evidence[0, 0] = 1

    assert attention.share_inside(evidence, Area(0, 0, 0.25, 0.25)) == 0.25


@given(edges=some.tuples(EDGE, EDGE, EDGE, EDGE), rows=some.integers(1, 9))
def test_a_network_that_looks_everywhere_alike_has_the_share_of_the_box(edges, rows):
    left, right = sorted(edges[:2])
    top, bottom = sorted(edges[2:])
    area = Area(left, top, right, bottom)

    inside = attention.share_inside(np.full((rows, 7), 0.3, np.float32), area)

    assert inside == pytest.approx(area.share, abs=1e-6)


def test_the_share_is_that_of_a_finely_drawn_map():
    """Each place drawn as 100 × 100 points, and those in the box counted."""
    evidence = np.random.default_rng(1).random((7, 7)).astype(np.float32)
    drawn = np.kron(evidence, np.ones((100, 100)))
    area = Area(0.13, 0.31, 0.77, 0.9)

    inside = drawn[217:630, 91:539].sum() / drawn.sum()

    assert attention.share_inside(evidence, area) == pytest.approx(inside, rel=1e-6)


def test_without_evidence_there_is_no_share():
    assert (
        attention.share_inside(np.zeros((3, 3), np.float32), Area(0, 0, 1, 1)) is None
    )
