"""Which images validate: a fair share, and the same on every machine."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as some

from carclf.datasets.splits import choose_validation, in_words

COUNTS = some.dictionaries(some.sampled_from("ABCDE"), some.integers(1, 60), min_size=1)


def training(counts: dict[str, int]) -> list[tuple[str, str]]:
    return [
        (f"{label}{number:063d}", label)
        for label, count in counts.items()
        for number in range(count)
    ]


@given(counts=COUNTS, share=some.floats(0.01, 0.9), seed=some.integers(0, 2**31))
def test_every_class_gives_its_share_and_keeps_at_least_one(counts, share, seed):
    images = training(counts)

    chosen = choose_validation(images, share, seed)

    taken = Counter(label for sha256, label in images if sha256 in chosen)
    for label, count in counts.items():
        wanted = max(1, round(count * share))
        assert taken[label] == min(wanted, count - 1)


@given(counts=COUNTS, shuffled=some.randoms())
def test_the_order_of_files_and_other_classes_do_not_matter(counts, shuffled):
    images = training(counts)
    chosen = choose_validation(images, 0.2, 123)

    others = training({"Z": 30})
    mixed = [*images, *others]
    shuffled.shuffle(mixed)

    again = choose_validation(mixed, 0.2, 123)
    assert again - {sha256 for sha256, _ in others} == chosen


def test_another_seed_chooses_others():
    images = training({"A": 50, "B": 50})

    assert choose_validation(images, 0.2, 1) != choose_validation(images, 0.2, 2)


def test_no_share_takes_nothing():
    assert choose_validation(training({"A": 10}), 0.0, 1) == set()


def test_the_rule_is_told_in_words():
    assert in_words({"train", "test"}, 0.2, 123) == (
        "train and test as given; 20 % of each class moved from train to validation, "
        "seed 123"
    )
    assert in_words({"train", "validation"}, 0.2, 1) == "train and validation as given"
    assert in_words({None}, 0.0, 1) == "none given"
