"""Answers that are right in part."""

import pytest

from carclf.evaluation import confusions, levels
from carclf.hierarchy import Hierarchy, Vehicle
from carclf.records import Judged, Prediction

NAMES = Hierarchy({})
S4_2007, S4_2012 = "Audi S4 Sedan 2007", "Audi S4 Sedan 2012"
S5 = "Audi S5 Coupe 2012"
RAM, DART = "Dodge Ram Pickup 3500 Crew Cab 2010", "Dodge Dart Sedan 2010"


def answers(*pairs):
    return [
        Judged(number, label, Prediction(((answer, 0.9),)), 0.1, 2.3)
        for number, (label, answer) in enumerate(pairs)
    ]


def rights(judged, hierarchy=NAMES):
    return {
        one.level: (one.right, one.images) for one in levels.scores(judged, hierarchy)
    }


def test_each_level_counts_what_it_has_in_common():
    judged = answers((S4_2007, S4_2007), (S4_2007, S4_2012), (S4_2012, S5), (S5, DART))

    assert rights(judged) == {
        "make": (3, 4),
        "make and model": (2, 4),
        "body": (2, 4),
        "year": (2, 4),
        "exact class": (1, 4),
    }


def test_a_level_counts_the_images_whose_class_tells_it():
    zr1 = "Chevrolet Corvette ZR1 2012"
    judged = answers((zr1, zr1), (zr1, S5), (S5, zr1), (S5, S5))

    assert rights(judged)["body"] == (1, 2)


def test_names_that_tell_nothing_leave_the_class_alone():
    assert rights(answers(("Baja Bug", "Van 7"), ("Van 7", "Van 7"))) == {
        "exact class": (1, 2)
    }


def test_corrections_count():
    known = Hierarchy({"A": Vehicle("Audi", "One"), "B": Vehicle("Audi", "Two")})

    assert rights(answers(("A", "B")), known)["make"] == (1, 1)


@pytest.mark.parametrize(
    ("label", "answer", "how"),
    [
        (S4_2007, S4_2012, "right make and model, wrong year"),
        ("Audi S5 Convertible 2012", S5, "right make, model and year, wrong body"),
        (S4_2012, S5, "right make, wrong model"),
        (S5, RAM, "wrong make"),
        ("Baja Bug", S5, "not told by the names"),
    ],
)
def test_a_mistake_is_named_by_how_near_it_is(label, answer, how):
    pairs = confusions.pairs(answers((label, answer)))

    assert levels.misses(pairs, NAMES) == [levels.MissCount(how, 1)]


def test_every_mistake_is_missed_in_one_way():
    judged = answers((S4_2007, S4_2012), (S4_2007, S5), (S5, RAM), (S5, S5))
    found = levels.misses(confusions.pairs(judged), NAMES)

    assert sum(one.images for one in found) == 3
    assert found[0].miss == "right make and model, wrong year"
