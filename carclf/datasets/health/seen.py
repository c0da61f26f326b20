"""What looking at the images of a version tells of them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from carclf.datasets.health import lookalikes
from carclf.datasets.health.finding import Finding
from carclf.datasets.health.measures import BLANK, BLURRED, DARK, GREY, WASHED_OUT
from carclf.records import Example, Image, Look
from carclf.words import count


class _Rule(NamedTuple):
    """A finding of single images; the lowest `by` is the worst."""

    kind: str
    holds: Callable[[Look], bool]
    by: Callable[[Look], float]
    said: str
    advice: str


_BLANK = _Rule(
    "blank",
    lambda look: look.contrast < BLANK,
    lambda look: look.contrast,
    "Blank, all of one shade",
    "They show nothing; drop them.",
)
# Of images that are not blank.
_RULES = (
    _Rule(
        "dark",
        lambda look: look.brightness < DARK,
        lambda look: look.brightness,
        "Dark for the most part",
        "Some show no more than lamps: drop those.",
    ),
    _Rule(
        "washed out",
        lambda look: look.shade > WASHED_OUT,
        lambda look: -look.shade,
        "Without any dark place, as over-exposed or bleached pictures are",
        "Drop those in which little is to be seen.",
    ),
    _Rule(
        "blurred",
        lambda look: look.sharpness < BLURRED,
        lambda look: look.sharpness,
        "Without a sharp edge anywhere",
        "Badges and lamps are what tells similar cars apart: drop those in which they "
        "cannot be made out.",
    ),
    _Rule(
        "grey",
        lambda look: look.colour <= GREY,
        lambda look: look.colour,
        "Without colour",
        "A network may learn that a class is grey. They do no harm where every class "
        "has some.",
    ),
    _Rule(
        "turned",
        lambda look: look.orientation != 1,
        lambda look: look.orientation,
        "Stored on their side or mirrored, with a note of the camera's to turn them",
        "carclf turns them upright, here and in training; other programs may not.",
    ),
)
_OF_LIGHT = ("dark", "washed out")


def check(
    looks: Sequence[Look],
    examples: Sequence[Example],
    images: dict[int, Image],
    *,
    is_cut_out: bool = False,
) -> list[Finding | None]:
    """Return what single images are found to be, and which look the same.

    Args:
        is_cut_out: They are vehicles on a colour that somebody chose, so that their
            light says nothing.
    """
    seen = [look for look in looks if not _BLANK.holds(look)]
    rules = [one for one in _RULES if not (is_cut_out and one.kind in _OF_LIGHT)]
    alone = [_of_rule(_BLANK, looks), *(_of_rule(rule, seen) for rule in rules)]
    by_id = {one.image_id: one for one in examples}
    groups = [
        sorted((by_id[one] for one in group), key=lambda one: _best_first(one, images))
        for group in lookalikes.groups(seen)
    ]
    return [*alone, _conflicts(groups), _leaks(groups), _repeats(groups)]


def _of_rule(rule: _Rule, looks: Sequence[Look]) -> Finding | None:
    held = sorted((look for look in looks if rule.holds(look)), key=rule.by)
    ids = tuple(look.image_id for look in held)
    if not ids:
        return None
    words = f"{rule.said}: {count(len(ids), 'image')}. {rule.advice}"
    return Finding(rule.kind, words, ids)


def _best_first(one: Example, images: dict[int, Image]) -> tuple[bool, int, int]:
    """Sort by what is to be kept of a group: a test image, then the largest."""
    image = images[one.image_id]
    return one.split != "test", -image.width * image.height, one.image_id


def _conflicts(groups: Sequence[Sequence[Example]]) -> Finding | None:
    found = [group for group in groups if len({one.label for one in group}) > 1]
    return _of_groups(
        "conflict",
        found,
        "The same picture under several classes",
        "At most one of them is right. Label each as what it shows; drop what nobody "
        "can tell. Two models that look alike in one studio may be here by mistake.",
    )


def _leaks(groups: Sequence[Sequence[Example]]) -> Finding | None:
    found = [group for group in groups if len({one.split for one in group}) > 1]
    return _of_groups(
        "leak",
        found,
        "The same picture in several splits",
        "What is tested or validated was trained on, so the figures are too good. Move "
        "each group into one split, or drop all but one.",
    )


def _repeats(groups: Sequence[Sequence[Example]]) -> Finding | None:
    found = [group for group in groups if len({_place(one) for one in group}) == 1]
    return _of_groups(
        "repeats",
        found,
        "The same picture several times in one class and split",
        "It counts for more than others. Drop all but one of each group.",
    )


def _place(one: Example) -> tuple[str, str]:
    return one.label, one.split


def _of_groups(
    kind: str, groups: Sequence[Sequence[Example]], said: str, advice: str
) -> Finding | None:
    if not groups:
        return None
    ids = tuple(tuple(one.image_id for one in group) for group in groups)
    number = count(sum(map(len, ids)), "image")
    words = f"{said}: {number} in {count(len(ids), 'group')}. {advice}"
    return Finding(kind, words, groups=ids)
