"""How often an answer is right in part: the make, the model, the body, the year."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from carclf.evaluation.confusions import Pair
from carclf.hierarchy import Hierarchy, Part, Vehicle
from carclf.records import Judged

Level = Literal["make", "make and model", "body", "year", "exact class"]
Miss = Literal[
    "right make and model, wrong year",
    "right make, model and year, wrong body",
    "right make, wrong model",
    "wrong make",
    "not told by the names",
]

_MODEL: tuple[Part, ...] = ("make", "model")
_PARTS: dict[Level, tuple[Part, ...]] = {
    "make": ("make",),
    "make and model": _MODEL,
    "body": ("body",),
    "year": ("year",),
}


@dataclass(frozen=True)
class LevelScore:
    """How many answers were right on one level.

    Attributes:
        images: Those whose label tells this level.
    """

    level: Level
    right: int
    images: int


@dataclass(frozen=True)
class MissCount:
    """How many images were missed in one way; every mistake is one of them."""

    miss: Miss
    images: int


def scores(judged: Sequence[Judged], hierarchy: Hierarchy) -> list[LevelScore]:
    """Return how often each level was right, for the levels that labels tell.

    The class itself comes last, and counts all images.
    """
    counted = Counter((one.label, one.prediction.label) for one in judged)
    vehicles = {name: hierarchy.of(name) for pair in counted for name in pair}
    found = []
    for level, parts in _PARTS.items():
        keys = {name: _key(vehicle, parts) for name, vehicle in vehicles.items()}
        told = {pair: n for pair, n in counted.items() if None not in keys[pair[0]]}
        right = sum(n for (label, said), n in told.items() if keys[label] == keys[said])
        if told:
            found.append(LevelScore(level, right, sum(told.values())))
    exact = sum(n for (label, said), n in counted.items() if label == said)
    return [*found, LevelScore("exact class", exact, len(judged))]


def misses(pairs: Sequence[Pair], hierarchy: Hierarchy) -> list[MissCount]:
    """Return how confusions go wrong, the nearest misses first."""
    counted: Counter[Miss] = Counter()
    for pair in pairs:
        counted[miss(pair, hierarchy)] += pair.count
    return [MissCount(one, counted[one]) for one in MISSES if counted[one]]


def miss(pair: Pair, hierarchy: Hierarchy) -> Miss:
    """Return how far an answer is from its label."""
    label, answer = hierarchy.of(pair.label), hierarchy.of(pair.predicted)
    return next(one for one, holds in MISSES.items() if holds(label, answer))


def _key(vehicle: Vehicle, parts: Sequence[Part]) -> tuple[str | None, ...]:
    return tuple(getattr(vehicle, part) for part in parts)


def _same_model(label: Vehicle, answer: Vehicle) -> bool:
    is_told = label.make is not None and label.model is not None
    return is_told and _key(label, _MODEL) == _key(answer, _MODEL)


def _other_year(label: Vehicle, answer: Vehicle) -> bool:
    are_told = label.year is not None and answer.year is not None
    return are_told and label.year != answer.year


# The first that holds says what a mistake is.
MISSES: dict[Miss, Callable[[Vehicle, Vehicle], bool]] = {
    "right make and model, wrong year": (
        lambda label, answer: _same_model(label, answer) and _other_year(label, answer)
    ),
    "right make, model and year, wrong body": _same_model,
    "right make, wrong model": (
        lambda label, answer: label.make is not None and label.make == answer.make
    ),
    "wrong make": (
        lambda label, answer: label.make is not None and answer.make is not None
    ),
    "not told by the names": lambda label, answer: True,
}
