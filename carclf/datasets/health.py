"""What may be wrong with a version, found by cheap checks; nothing is changed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from carclf import store
from carclf.datasets.drafts import SAME_CONTENT
from carclf.records import Example, Image, Skipped
from carclf.settings import Settings
from carclf.store import images as stored_images
from carclf.store import labels, versions
from carclf.words import count

FEWEST_TO_TRAIN = 10
MOST_UNEVEN = 10
SMALLEST_SIDE = 64
_NAMED = 5


@dataclass(frozen=True)
class Finding:
    """Something to look at.

    Attributes:
        kind: A word or two, to group by.
        words: What was found and what to do about it, for people.
        image_ids: The images it is about, where there are such.
    """

    kind: str
    words: str
    image_ids: tuple[int, ...] = ()


def check(settings: Settings, version_id: int) -> list[Finding]:
    """Return what was found, gravest first; an empty list means all is well.

    Reads the store and the folder's names, and opens no image.
    """
    with store.connect(settings.db_path) as db:
        examples = versions.examples(db, version_id)
        skipped = versions.skipped(db, version_id)
        images = stored_images.get_many(db, (one.image_id for one in examples))
        changed = [
            change.image_id for change in labels.changed_since_frozen(db, version_id)
        ]
    findings = [
        _missing(settings, examples),
        _altered(settings, examples, images),
        _untrained(examples),
        _unsplit(examples),
        _few(examples),
        _uneven(examples),
        _copies(examples, skipped),
        _left_out(skipped),
        _tiny(images.values()),
        _relabelled(changed),
    ]
    return [finding for finding in findings if finding is not None]


def _missing(settings: Settings, examples: Sequence[Example]) -> Finding | None:
    gone = [one for one in examples if _size_on_disk(settings, one) is None]
    if not gone:
        return None
    words = (
        f"Gone from {settings.data / 'images'}: {count(len(gone), 'photograph')} "
        f"({_list(one.file_name for one in gone)}). Put the folder back, or import the "
        "photographs again."
    )
    return Finding("missing files", words, _ids(gone))


def _altered(
    settings: Settings, examples: Sequence[Example], images: dict[int, Image]
) -> Finding | None:
    altered = [
        one
        for one in examples
        if _size_on_disk(settings, one) not in (None, images[one.image_id].size_bytes)
    ]
    if not altered:
        return None
    words = (
        "Altered on the disk since they were imported: "
        f"{count(len(altered), 'photograph')} "
        f"({_list(one.file_name for one in altered)}). Import the originals again."
    )
    return Finding("altered files", words, _ids(altered))


def _size_on_disk(settings: Settings, example: Example) -> int | None:
    path = settings.resolve(example.path)
    return path.stat().st_size if path.is_file() else None


def _untrained(examples: Sequence[Example]) -> Finding | None:
    trained = {one.label for one in examples if one.split == "train"}
    others = [one for one in examples if one.label not in trained]
    if not others:
        return None
    classes = sorted({one.label for one in others})
    words = (
        "Without a single image to train with, and so never recognised: "
        f"{_classes(classes)}. Add photographs to train with."
    )
    return Finding("untrained class", words, _ids(others))


def _unsplit(examples: Sequence[Example]) -> Finding | None:
    if any(one.split == "validation" for one in examples):
        return None
    words = (
        "There are no validation images, so the best epoch cannot be told. Import the "
        "folder again with a share of train set aside."
    )
    return Finding("no validation", words)


def _few(examples: Sequence[Example]) -> Finding | None:
    counts = Counter(one.label for one in examples if one.split == "train")
    few = sorted(
        (number, label) for label, number in counts.items() if number < FEWEST_TO_TRAIN
    )
    if not few:
        return None
    words = (
        f"With fewer than {FEWEST_TO_TRAIN} images to train with, and so recognised "
        f"badly: {_classes([f'{label}: {number}' for number, label in few])}. Add "
        "photographs, or leave the class out."
    )
    labels_of_few = {label for _, label in few}
    return Finding(
        "few images", words, _ids(one for one in examples if one.label in labels_of_few)
    )


def _uneven(examples: Sequence[Example]) -> Finding | None:
    counts = Counter(one.label for one in examples if one.split == "train")
    if not counts:
        return None
    ranking = counts.most_common()
    (largest, most), (smallest, least) = ranking[0], ranking[-1]
    if most < MOST_UNEVEN * least:
        return None
    words = (
        f"Classes are uneven: {largest} has {most} images to train with, {smallest} "
        f"has {least}. The network will lean towards the larger ones."
    )
    return Finding("uneven classes", words)


def _copies(examples: Sequence[Example], skipped: Sequence[Skipped]) -> Finding | None:
    copies = [one for one in skipped if one.reason.startswith(SAME_CONTENT)]
    if not copies:
        return None
    disputed = [one for one in copies if "labelled both" in one.reason]
    words = (
        f"Left out as copies of others: {count(len(copies), 'file')}, {len(disputed)} "
        f"under another class ({_reasons(disputed or copies)})."
    )
    originals = tuple(
        example.image_id
        for example in examples
        if any(_is_copy_of(example, copy) for copy in copies)
    )
    return Finding("copies", words, originals)


def _is_copy_of(example: Example, copy: Skipped) -> bool:
    name = f"{example.label}/{example.file_name}"
    return copy.reason.startswith(
        (f"{SAME_CONTENT} {name}:", f"{SAME_CONTENT} {name},")
    )


def _left_out(skipped: Sequence[Skipped]) -> Finding | None:
    others = [one for one in skipped if not one.reason.startswith(SAME_CONTENT)]
    if not others:
        return None
    words = f"Left out or mended: {count(len(others), 'file')} ({_reasons(others)})."
    return Finding("skipped files", words)


def _tiny(images: Iterable[Image]) -> Finding | None:
    tiny = [one for one in images if min(one.width, one.height) < SMALLEST_SIDE]
    if not tiny:
        return None
    words = (
        f"Smaller than {SMALLEST_SIDE} pixels on a side, too little to tell cars apart "
        f"by: {count(len(tiny), 'image')}. Look at them; replace them, or label them "
        "as no vehicle and freeze a new version."
    )
    return Finding("tiny images", words, tuple(one.id for one in tiny))


def _relabelled(changed: Sequence[int]) -> Finding | None:
    if not changed:
        return None
    words = (
        f"Changed since this version was frozen: {count(len(changed), 'label')}. "
        "Freeze a new version to train with them as they are now."
    )
    return Finding("relabelled", words, tuple(changed))


def _classes(named: Sequence[str]) -> str:
    return f"{count(len(named), 'class', 'classes')} ({_list(named)})"


def _reasons(skipped: Sequence[Skipped]) -> str:
    return _list(f"{one.path} {one.reason.rstrip('.')}" for one in skipped)


def _list(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return "; ".join(every[:_NAMED]) + more


def _ids(examples: Iterable[Example]) -> tuple[int, ...]:
    return tuple(one.image_id for one in examples)
