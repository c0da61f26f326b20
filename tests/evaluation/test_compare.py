from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from carclf import store
from carclf.config import Treatment
from carclf.datasets import versions
from carclf.errors import CarclfError
from carclf.evaluation import compare
from carclf.records import Evaluation, Judged, Outcome, Prediction
from tests import judging


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


def test_different_splits_are_refused(db, version):
    one = Evaluation(1, 1, 1, version.id, "test", 2, {}, ("Bus", "Van"), "2026-01-01")

    compare.refuse_different_splits(db, one, one)
    with pytest.raises(CarclfError, match="test of “cars” and validation of “cars”"):
        compare.refuse_different_splits(db, one, replace(one, split="validation"))


def test_what_changed_most_comes_first():
    a, b = judged("wwrr"), judged("rrww")
    surer = [replace(one, true_probability=0.5 + one.image_id / 10) for one in b]

    found = compare.compare(a, surer)

    assert found.fixed == (1, 0)
    assert found.broke == (2, 3)


def test_classes_are_those_of_the_counts_by_pandas():
    chance = np.random.default_rng(3)
    labels = chance.choice(["Bus", "Car", "Van"], 200)
    a, b = (
        [
            Outcome(i, label, bool(right), 0.5)
            for i, (label, right) in enumerate(
                zip(labels, chance.random(200) < share, strict=True)
            )
        ]
        for share in (0.6, 0.7)
    )

    found = {one.label: one for one in compare.by_class(a, b)}

    frame = pd.DataFrame({"label": labels, "a": [x.is_correct for x in a]})
    frame["b"] = [x.is_correct for x in b]
    for label, group in frame.groupby("label"):
        one = found[label]
        assert (one.images, one.before) == (
            len(group),
            pytest.approx(group["a"].mean()),
        )
        assert one.difference == pytest.approx(group["b"].mean() - group["a"].mean())
        assert one.fixed == (group["b"] & ~group["a"]).sum()
        assert one.broke == (group["a"] & ~group["b"]).sum()


def test_the_interval_is_that_of_resampling_the_images_themselves():
    chance = np.random.default_rng(0)
    a, b = "r" * 50 + "w" * 30 + "r" * 20, "r" * 50 + "r" * 30 + "w" * 20

    found = compare.compare(judged(a), judged(b))

    change = np.array([(y == "r") - int(x == "r") for x, y in zip(a, b, strict=True)])
    means = chance.choice(change, (20_000, len(change))).mean(axis=1)
    assert (found.low, found.high) == pytest.approx(
        np.percentile(means, [2.5, 97.5]), abs=0.011
    )


def test_corrected_p_values_are_those_of_holms_own_example():
    # Holm 1979: the smallest is multiplied by the number of tests, the next by one
    # less, and none may be below the one before it.
    found = compare.adjusted([0.01, 0.04, 0.03, 0.005])

    assert found == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert compare.adjusted([]) == []
    assert compare.adjusted([0.9, 0.8]) == [1.0, 1.0]


def test_treated_photographs_are_paired_with_the_whole_ones(settings, version):
    treated = versions.treat(settings, version.id, Treatment(remover="box"), "boxes")
    with store.connect(settings.db_path) as db:
        before = judging.evaluation(db, version, wrong={0, 1})
        after = judging.evaluation(db, treated, wrong={1})
        pair = compare.pair(db, before, after)

    found = compare.compare(pair.a, pair.b)

    assert (found.image_count, len(found.fixed), len(found.broke)) == (12, 1, 0)
    (photograph,) = found.fixed
    assert pair.images_a[photograph] == photograph
    assert pair.images_b[photograph] != photograph


@pytest.mark.parametrize(("fixed", "broke"), [(0, 0), (1, 0), (3, 3), (12, 4), (2, 30)])
def test_any_number_of_changes_gives_the_p_value_of_scipy(fixed, broke):
    a, b = "w" * fixed + "r" * broke + "r", "r" * fixed + "w" * broke + "r"

    found = compare.compare(judged(a), judged(b))

    changed = fixed + broke
    wanted = binomtest(fixed, changed, 0.5).pvalue if changed else 1.0
    assert found.p_value == pytest.approx(wanted)
