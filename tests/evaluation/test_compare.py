from dataclasses import replace

import pytest
from scipy.stats import binomtest

from carclf.errors import CarclfError
from carclf.evaluation import compare
from carclf.records import Evaluation, Judged, Prediction


def judged(answers: str) -> list[Judged]:
    """Return a judgement a letter: r for right, w for wrong."""
    return [
        Judged(i, "Van", Prediction(((("Van" if a == "r" else "Bus"), 0.8),)), 0.5, 0.7)
        for i, a in enumerate(answers)
    ]


def test_what_was_fixed_and_what_broke_is_told_by_image():
    found = compare.compare(judged("rrwwr"), judged("rwrwr"))

    assert found.fixed == (2,)
    assert found.broke == (1,)
    assert (found.both_right, found.both_wrong) == (2, 1)
    assert found.difference == 0


def test_the_p_value_is_the_exact_mcnemar_test():
    found = compare.compare(judged("w" * 9 + "r"), judged("r" * 9 + "w"))

    assert found.p_value == pytest.approx(binomtest(9, 10, 0.5).pvalue)
    assert found.is_more_than_chance


def test_the_interval_holds_the_difference_and_excludes_zero_when_it_is_clear():
    found = compare.compare(judged("w" * 40 + "r" * 60), judged("r" * 100))

    assert 0 < found.low < found.difference == 0.4 < found.high


def test_equal_runs_differ_by_chance_only():
    found = compare.compare(judged("rrww"), judged("rrww"))

    assert (found.p_value, found.low, found.high) == (1.0, 0.0, 0.0)


def test_runs_without_a_common_image_are_not_compared():
    elsewhere = [replace(one, image_id=one.image_id + 10) for one in judged("rw")]

    with pytest.raises(CarclfError, match="no image in common"):
        compare.compare(judged("rw"), elsewhere)


def test_different_splits_are_refused():
    one = Evaluation(1, 1, 1, 7, "test", 2, {}, ("Bus", "Van"), "2026-01-01")

    with pytest.raises(CarclfError, match="different images"):
        compare.refuse_different_splits(one, replace(one, split="validation"))


@pytest.mark.parametrize(("fixed", "broke"), [(0, 0), (1, 0), (3, 3), (12, 4), (2, 30)])
def test_any_number_of_changes_gives_the_p_value_of_scipy(fixed, broke):
    a, b = "w" * fixed + "r" * broke + "r", "r" * fixed + "w" * broke + "r"

    found = compare.compare(judged(a), judged(b))

    changed = fixed + broke
    wanted = binomtest(fixed, changed, 0.5).pvalue if changed else 1.0
    assert found.p_value == pytest.approx(wanted)
