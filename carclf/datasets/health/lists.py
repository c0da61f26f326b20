"""What a version's own list tells: classes, splits, sizes, what was left out."""

from collections import Counter
from collections.abc import Iterable, Sequence

from carclf.datasets.drafts import SAME_CONTENT
from carclf.datasets.health.finding import Finding
from carclf.records import Image, Skipped, Split
from carclf.words import count

Counts = Sequence[tuple[str, Split, int]]

FEWEST_TO_TRAIN = 10
# A fifth to validate and a fifth to test are two images each then; of fewer, one image
# more or less that is recognised moves the class's figure by more than half.
FEWEST_TO_SPLIT = 10
MOST_UNEVEN = 10
# Pixels of the shorter side. A network that reads 224 would have to invent nine of ten.
SMALLEST_SIDE = 64
# Width by height. Of 4,269 crops of cars, four are so much taller than wide: an upright
# car is, at most, as from its front. Of those four, one is on its side.
TALLEST = 1 / 1.3
# A car from the side is up to 3.96 times as long as high.
LONGEST = 4.2
_NAMED = 5


def check(counts: Counts, skipped: Sequence[Skipped]) -> list[Finding | None]:
    """Return what is found without asking for a single image."""
    return [
        _untrained(counts),
        _unsplit(counts),
        _unsplittable(counts),
        _few(counts),
        _uneven(counts),
        _left_out(skipped),
    ]


def check_sizes(images: Sequence[Image]) -> list[Finding | None]:
    """Return what the sizes of images tell, the smallest images first."""
    images = sorted(images, key=lambda one: min(one.width, one.height))
    return [
        _of_images(
            "tiny images",
            (one for one in images if min(one.width, one.height) < SMALLEST_SIDE),
            f"Smaller than {SMALLEST_SIDE} pixels on a side, too little to tell cars "
            "apart by",
            "Look at them; replace them, or drop them.",
        ),
        _of_images(
            "upended",
            (one for one in images if one.width < TALLEST * one.height),
            "Much taller than wide, as no upright car is",
            "Some lie on their side, some show a part of a car, some are in order. "
            "Look at them; turn them outside carclf and import them again, or drop "
            "them.",
        ),
        _of_images(
            "stripes",
            (one for one in images if one.width > LONGEST * one.height),
            "Longer and narrower than any car",
            "Squeezed to a network's square, little is left of them. Drop those that "
            "show a part of a car, or a banner.",
        ),
    ]


def check_copies(
    examples: Iterable[tuple[int, str]], skipped: Sequence[Skipped]
) -> list[Finding | None]:
    """Return what was left out at import because its content was there already.

    Args:
        examples: (image, “class/file”) of those that were kept.
    """
    copies = [one for one in skipped if one.reason.startswith(SAME_CONTENT)]
    if not copies:
        return []
    disputed = [one for one in copies if "labelled both" in one.reason]
    agreed = [one for one in copies if one not in disputed]
    kept = list(examples)
    return [
        _copies(
            "disputed copies",
            disputed,
            kept,
            "Left out as copies of others, under another class",
            "One of the two classes is wrong. Look at the picture that was kept, and "
            "label it as what it shows.",
        ),
        _copies(
            "copies",
            agreed,
            kept,
            "Left out as copies of others",
            "Nothing is lost: one of each was kept.",
        ),
    ]


def _untrained(counts: Counts) -> Finding | None:
    trained = {label for label, split, _ in counts if split == "train"}
    classes = sorted({label for label, _, _ in counts} - trained)
    if not classes:
        return None
    words = (
        "Without a single image to train with, and so never recognised: "
        f"{_classes(classes)}. Add photographs to train with, or move some to train."
    )
    return Finding("untrained class", words, classes=tuple(classes))


def _unsplit(counts: Counts) -> Finding | None:
    if any(split == "validation" for _, split, _ in counts):
        return None
    words = (
        "There are no validation images, so the best epoch cannot be told. Import the "
        "folder again with a share of train set aside."
    )
    return Finding("no validation", words)


def _unsplittable(counts: Counts) -> Finding | None:
    totals: Counter[str] = Counter()
    for label, _, number in counts:
        totals[label] += number
    small = {one: n for one, n in totals.items() if n < FEWEST_TO_SPLIT}
    if not small:
        return None
    words = (
        f"With fewer than {FEWEST_TO_SPLIT} images in all, too few to train, validate "
        f"and test with: {_by_number(small)}. Add photographs, or drop the class."
    )
    return Finding("too few to split", words, classes=tuple(sorted(small)))


def _few(counts: Counts) -> Finding | None:
    few = {
        label: number
        for label, split, number in counts
        if split == "train" and number < FEWEST_TO_TRAIN
    }
    if not few:
        return None
    words = (
        f"With fewer than {FEWEST_TO_TRAIN} images to train with, and so recognised "
        f"badly: {_by_number(few)}. Add photographs, or drop the class."
    )
    return Finding("few images", words, classes=tuple(sorted(few)))


def _uneven(counts: Counts) -> Finding | None:
    trained = [(number, label) for label, split, number in counts if split == "train"]
    if not trained:
        return None
    (least, smallest), (most, largest) = min(trained), max(trained)
    if most < MOST_UNEVEN * least:
        return None
    words = (
        f"Classes are uneven: {largest} has {most} images to train with, {smallest} "
        f"has {least}. The network will lean towards the larger ones."
    )
    return Finding("uneven classes", words)


def _left_out(skipped: Sequence[Skipped]) -> Finding | None:
    others = [one for one in skipped if not one.reason.startswith(SAME_CONTENT)]
    if not others:
        return None
    words = f"Left out or mended: {count(len(others), 'file')} ({_reasons(others)})."
    return Finding("skipped files", words)


def _of_images(
    kind: str, images: Iterable[Image], said: str, advice: str
) -> Finding | None:
    ids = tuple(one.id for one in images)
    if not ids:
        return None
    return Finding(kind, f"{said}: {count(len(ids), 'image')}. {advice}", ids)


def _copies(
    kind: str,
    copies: Sequence[Skipped],
    kept: Sequence[tuple[int, str]],
    said: str,
    advice: str,
) -> Finding | None:
    if not copies:
        return None
    by_start = {_first_words(one): one.path for one in copies}
    found = {
        image_id: f"{by_start[name]} is {name}"
        for image_id, name in kept
        if name in by_start
    }
    named = listed(list(found.values()))
    words = f"{said}: {count(len(copies), 'file')} ({named}). {advice}"
    return Finding(kind, words, tuple(found))


def _first_words(copy: Skipped) -> str:
    """Return “class/file” of the image that a copy was left out for."""
    reason = copy.reason.removeprefix(f"{SAME_CONTENT} ")
    for rest in (": one picture, labelled both", ", which is kept"):
        reason = reason.partition(rest)[0]
    return reason


def _classes(named: Sequence[str]) -> str:
    return f"{count(len(named), 'class', 'classes')} ({listed(named)})"


def _by_number(numbers: dict[str, int]) -> str:
    ranking = sorted((number, label) for label, number in numbers.items())
    return _classes([f"{label}: {number}" for number, label in ranking])


def _reasons(skipped: Sequence[Skipped]) -> str:
    return listed([f"{one.path} {one.reason.rstrip('.')}" for one in skipped])


def listed(names: Sequence[str]) -> str:
    """Return the first few, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return "; ".join(names[:_NAMED]) + more
