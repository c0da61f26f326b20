"""Every number of a report stands in the store, or follows from what does."""

import json
from collections import Counter

import pytest
from scipy.stats import binomtest
from sklearn.metrics import f1_score, precision_recall_fscore_support

from carclf import store
from carclf.report.gather import gather
from carclf.store import evaluations, runs, versions


def percent(share):
    return f"{share * 100:.1f} %"


@pytest.fixture
def judged(lab, two):
    """What each of the two runs said of the images, oldest run first."""
    with store.connect(lab.settings.db_path) as db:
        made = [evaluations.of_run(db, run.id)[0] for run in two]
        return [evaluations.judged(db, one.id) for one in made]


def test_the_headline_tells_the_best_run_its_accuracy_and_its_parent(
    page_of, two, judged
):
    right = sum(one.is_correct for one in judged[1])
    interval = binomtest(right, len(judged[1])).proportion_ci(method="wilson")
    low, high = interval.low * 100, interval.high * 100

    said = page_of(*two).lead()

    assert "“tuned”, a fine-tuned EfficientNetLite0, is right on 10 of 12" in said
    assert f"{percent(right / 12)} (95 % interval {low:.1f}–{high:.1f} %)" in said
    assert "the best of 2 runs" in said
    assert "16.7 points more than its parent “frozen”" in said


def test_a_difference_that_chance_explains_is_not_called_more(page_of, two, judged):
    before, after = ({one.image_id: one.is_correct for one in half} for half in judged)
    fixed = sum(after[one] and not before[one] for one in after)
    broke = sum(before[one] and not after[one] for one in after)

    said = page_of(*two).lead()

    p = binomtest(fixed, fixed + broke).pvalue
    assert p > 0.05
    assert f"no more than chance can explain (exact McNemar test, p = {p:#.3g})" in said


def test_a_difference_beyond_chance_is_called_so(lab, page_of):
    parent = lab.run("bad")
    child = lab.run("good", parent=(parent, 4))
    lab.evaluation(parent, set(range(8)))
    lab.evaluation(child, set())

    said = page_of(parent, child).lead()

    assert f"more than chance (exact McNemar test, p = {2 * 0.5**8:#.3g})" in said


def test_without_a_parent_the_best_run_is_set_against_the_next_best(lab, page_of):
    good, better = lab.run("good"), lab.run("better")
    lab.evaluation(good, {0, 1, 2})
    lab.evaluation(better, {0})

    said = page_of(good, better).lead()

    p = binomtest(2, 2).pvalue
    assert "16.7 points more than the next best, “good”" in said
    assert f"p = {p:#.3g}" in said


def test_a_tie_is_not_called_a_victory(lab, page_of):
    for name in ("one", "other"):
        lab.evaluation(lab.run(name), {0, 1})
    with store.connect(lab.settings.db_path) as db:
        page = page_of(*runs.every(db))

    assert "one of the best of 2 runs judged on them" in page.lead()
    assert "That is as often as the next best" in page.lead()


def test_the_table_of_runs_is_that_of_the_evaluations(lab, page_of, two, judged):
    with store.connect(lab.settings.db_path) as db:
        histories = [runs.history(db, run.id) for run in two]

    table = page_of(*two).table("numbers")

    for run, history, half in zip(two, histories, judged, strict=True):
        row, best = table[run.name], history[3].metrics
        labels = [one.label for one in half]
        called = [one.prediction.label for one in half]
        right = sum(map(str.__eq__, labels, called))
        assert row["Test"] == percent(right / len(half))
        macro = f1_score(labels, called, average="macro")
        assert row["Macro F1"] == f"{macro:.3f}"
        assert (row["Epochs"], row["Best epoch"]) == ("5", "4")
        assert row["Validation"] == percent(best["val_accuracy"])
        gap = (best["accuracy"] - best["val_accuracy"]) * 100
        assert row["Gap"] == f"{gap:+.1f}"


def test_the_change_against_the_parent_is_counted_image_by_image(page_of, two, judged):
    before, after = (
        {one.image_id for one in half if one.is_correct} for half in judged
    )

    said = page_of(*two).words("changes")

    assert f"put right {len(after - before)} that “frozen” had got wrong" in said
    assert f"got wrong {len(before - after)} that it had right" in said
    assert f"{len(after & before)} are right in both" in said


def test_classes_and_confusions_agree_with_scikit_learn(lab, page_of, two, judged):
    labels = [one.label for one in judged[1]]
    called = [one.prediction.label for one in judged[1]]
    names = sorted(set(labels))
    _, recalls, _, counts = precision_recall_fscore_support(
        labels, called, labels=names
    )
    wrong = Counter(
        pair for pair in zip(labels, called, strict=True) if len({*pair}) > 1
    )

    closer = gather(lab.settings, [run.id for run in two]).closer
    rows = page_of(*two).tables("mistakes")[0][1:]

    found = {one.name: (one.recall, one.images) for one in closer.classes}
    assert found == dict(zip(names, zip(recalls, counts, strict=True), strict=True))
    assert {(row[0], row[1]): row[2] for row in rows} == {
        pair: f"{count} of {labels.count(pair[0])}" for pair, count in wrong.items()
    }


@pytest.mark.parametrize(
    ("change", "is_told"),
    [("json_set(metrics, '$.calibration_error', 0.0421)", True),
     ("json_remove(metrics, '$.calibration_error')", False)],
)  # fmt: skip
def test_a_calibration_error_is_told_where_one_was_recorded(
    lab, page_of, two, change, is_told
):
    with store.connect(lab.settings.db_path) as db:
        db.execute(f"update evaluations set metrics = {change}")

    said = page_of(*two).words("conclusion")

    assert ("off by 4.2 points on average" in said) == is_told
    assert ("calibration" in said) == is_told


def test_the_data_are_counted_by_class_and_split(lab, page_of, two):
    with store.connect(lab.settings.db_path) as db:
        counted = versions.counts(db, lab.version_id)
        # One image more of a class in one split, and one less in another.
        counted[:2] = [
            (label, split, n + more)
            for (label, split, n), more in zip(counted, (1, -1), strict=False)
        ]
        db["versions"].update(lab.version_id, {"tally": json.dumps(counted)})

    table = page_of(*two).table("data")

    for label, split, count in counted:
        assert table[label][split.capitalize()] == str(count)
    assert table["All classes"]["Together"] == str(sum(n for _, _, n in counted))


def test_runs_are_set_beside_one_another_only_on_the_same_images(lab, page_of, two):
    other = lab.run("elsewhere")
    lab.evaluation(other, set(), split="validation")

    page = page_of(*two, other)

    assert page.table("numbers")["elsewhere"]["Test"] == "not judged"
    assert page.table("numbers", 1)["elsewhere"]["Images"] == "validation of “drawn”"
    assert "“tuned”" in page.lead()
