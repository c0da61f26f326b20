"""Which images train, which validate and which test."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from carclf.records import Split
from carclf.words import percent

# Of each class's training images, where no validation images are named.
VALIDATION_SHARE = 0.2


def choose_validation(
    training: Sequence[tuple[str, str]], share: float, seed: int
) -> set[str]:
    """Return the hashes of the training images that are to validate instead.

    The same share of every class, at least one, and never all: a class with a single
    image keeps it for training. Neither the order of files nor other classes matter.

    Args:
        training: (sha256, class) of each image.
    """
    by_class: dict[str, list[str]] = defaultdict(list)
    for sha256, label in training:
        by_class[label].append(sha256)
    chosen: set[str] = set()
    for hashes in by_class.values():
        wanted = max(1, round(len(hashes) * share)) if share else 0
        shuffled = sorted(hashes, key=lambda sha256: _ticket(seed, sha256))
        chosen.update(shuffled[: min(wanted, len(hashes) - 1)])
    return chosen


def in_words(given: set[Split | None], share: float, seed: int) -> str:
    """Return the rule by which a version was split, for people.

    Args:
        given: The splits that the source itself names; None where it names none.
    """
    named = [split for split in ("train", "validation", "test") if split in given]
    source = f"{' and '.join(named)} as given" if named else "none given"
    if not takes_validation(given, share):
        return source
    return (
        f"{source}; {percent(share)} of each class moved from train to validation, "
        f"seed {seed}"
    )


def takes_validation(given: set[Split | None], share: float) -> bool:
    """Say whether validation is still to be taken out of the training images."""
    return share > 0 and "validation" not in given and bool(given & {"train", None})


def _ticket(seed: int, sha256: str) -> str:
    return hashlib.sha256(f"{seed} {sha256}".encode()).hexdigest()
