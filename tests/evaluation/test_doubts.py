"""Which labels are doubted, against an independent account of confident learning."""

import numpy as np
import pytest

from carclf.evaluation import doubts

CLASSES = ("Bus", "Coupe", "Van")


def drawn(flipped=(), images=90, seed=0):
    """Return labels and shares of a good network; the labels at `flipped` are wrong."""
    random = np.random.default_rng(seed)
    true = np.arange(images) % len(CLASSES)
    shares = random.dirichlet(np.full(len(CLASSES), 0.5), images) * 0.4
    shares[np.arange(images), true] += 0.6
    given = true.copy()
    for at in flipped:
        given[at] = (true[at] + 1) % len(CLASSES)
    return given, shares.astype(np.float32)


def off_the_diagonal(given, shares):
    """Return what the paper's confident joint counts beside its diagonal.

    Source: Northcutt et al. 2021, section 3.1: thresholds are mean self-confidences; an
    image counts where it is likeliest among the classes above their threshold.
    """
    classes = shares.shape[1]
    threshold = [shares[given == one, one].mean() for one in range(classes)]
    found = []
    for label, row in zip(given, shares, strict=True):
        above = [one for one in range(classes) if row[one] >= threshold[one]]
        likeliest = max(above, key=lambda one: row[one]) if above else label
        found.append(likeliest != label)
    return np.array(found)


@pytest.mark.parametrize("seed", range(5))
def test_likely_errors_are_those_of_the_paper(seed):
    given, shares = drawn(range(0, 90, 9), seed=seed)

    found = doubts.likely_errors(given, shares)

    assert found.tolist() == off_the_diagonal(given, shares).tolist()


def test_labels_that_were_flipped_come_first():
    flipped = (4, 17, 40, 41, 63, 88)
    given, shares = drawn(flipped)

    ranked = doubts.rank(range(90), [CLASSES[one] for one in given], CLASSES, shares)

    first = ranked[: len(flipped)]
    assert {one.image_id for one in first} == set(flipped)
    assert first[0].reason == "likely wrong label"
    assert all(one.prediction.label != one.label for one in first)
    assert sorted(one.image_id for one in ranked) == list(range(90))


def test_close_calls_come_by_their_margin_and_the_rest_by_loss():
    shares = np.array(
        [[0.9, 0.1, 0], [0.52, 0.48, 0], [0.6, 0.4, 0], [0.51, 0.49, 0]], np.float32
    )

    ranked = doubts.rank([1, 2, 3, 4], ["Bus"] * 4, CLASSES, shares)

    assert [(one.image_id, one.reason) for one in ranked] == [
        (4, "close call"),
        (2, "close call"),
        (3, "high loss"),
        (1, "high loss"),
    ]
    assert ranked[0].share == pytest.approx(0.51)


def test_a_class_that_the_network_does_not_know_is_no_error_of_the_label():
    given, shares = drawn()
    labels = [CLASSES[one] for one in given]
    labels[3] = "Lorry"

    ranked = doubts.rank(range(90), labels, CLASSES, shares)

    [unknown] = [one for one in ranked if one.image_id == 3]
    assert (unknown.share, unknown.reason) == (0.0, "high loss")


def test_nothing_is_ranked_of_nothing():
    assert doubts.rank([], [], CLASSES, np.zeros((0, 3), np.float32)) == []
