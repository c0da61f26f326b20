"""What an import of a folder would make of it; nothing is written by looking."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from carclf import images
from carclf.datasets import boxes, layouts, names, provenance, splits
from carclf.datasets.layouts import Account, Entry, Kind, Reading, Trouble
from carclf.datasets.layouts.reading import LayoutName, Meaning
from carclf.datasets.layouts.settle import meaning_of, settle
from carclf.datasets.layouts.tree import walk
from carclf.errors import DatasetError, UnreadableImageError
from carclf.records import SPLITS, Split
from carclf.words import count, percent

EXAMPLES = 5
# Within this time images' first bytes are read; the import reads the rest.
OPENING_S = 1.0
# Takes indices in an order that is even however early it ends.
# Source: the golden ratio's multiples, “low-discrepancy sequence”
_EVENLY = 0.6180339887498949


@dataclass(frozen=True)
class Finding:
    """Things that are missing or contradictory, all of one kind.

    Attributes:
        examples: The first few, each a sentence.
    """

    kind: Kind
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Subset:
    """A split by the source's own name for it; “” where it names none.

    Attributes:
        meaning: None for a name that is not understood.
    """

    name: str
    meaning: Meaning | None
    count: int


@dataclass(frozen=True)
class Proposal:
    """What a folder holds, what is wrong with it, and what an import would do.

    Attributes:
        layout: As recognised, or as a person said.
        words: The layout and the files that say it.
        problem: Why it cannot be imported so; empty if it can.
        counts: Images by class and split, as they would be imported.
        classes: All that there are, those to be left out among them.
        boxes: How many images have one.
        opened: How many files' first bytes were read.
        plan: What an import would do, a sentence each.
        samples: A few images of each of the first classes.
        files: The tables to choose from.
        columns: The table's, and `mapping`: by role, the one taken for it.
    """

    folder: Path
    reading: Reading
    layout: LayoutName
    words: str
    problem: str
    counts: dict[tuple[str, Split | None], int]
    classes: tuple[str, ...]
    boxes: int
    opened: int
    findings: tuple[Finding, ...]
    plan: tuple[str, ...]
    subsets: tuple[Subset, ...]
    samples: tuple[Entry, ...]
    files: tuple[str, ...]
    columns: tuple[str, ...]
    mapping: dict[str, str]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def look(
    folder: Path, reading: Reading | None = None, opening_s: float = OPENING_S
) -> Proposal:
    """Return what an import of the folder would do, and what is wrong with it.

    What cannot be imported as it is gives a proposal, too, with its `problem` and
    what there is to choose from.

    Args:
        opening_s: How long to read images' first bytes, in seconds.

    Raises:
        DatasetError: It is no folder, or may not be read.
    """
    reading = reading or Reading()
    tree = walk(folder)
    layout, account = _account(tree, reading)
    entries, troubles = settle(folder, account.records, reading)
    troubles = [*layouts.closed(tree), *account.troubles, *troubles]
    problem = account.problem or layouts.refusal(folder, account, entries, troubles)
    opened, of_images = _open(entries, opening_s)
    troubles += [*of_images, *_of_classes(entries), *_of_splits(entries)]
    return Proposal(
        folder=folder,
        reading=reading,
        layout=layout,
        words=account.words,
        problem=problem,
        counts=dict(
            sorted(
                Counter((one.label, one.split) for one in entries).items(),
                key=_by_class,
            )
        ),
        classes=tuple(sorted({record.label for record in account.records})),
        boxes=sum(one.box is not None for one in entries),
        opened=opened,
        findings=_findings(troubles),
        plan=() if problem else tuple(_plan(folder, entries, opened, reading)),
        subsets=_subsets(account, reading),
        samples=_samples(entries),
        files=account.files,
        columns=account.columns,
        mapping=dict(account.mapping),
    )


def _account(tree: layouts.Tree, reading: Reading) -> tuple[LayoutName, Account]:
    """Return what is made of the folder; a damaged file is a problem to be told."""
    try:
        return layouts.account_of(tree, reading)
    except DatasetError as error:
        name = reading.layout or layouts.recognised(tree, reading)
        return name, Account(layouts.LAYOUTS[name].words, problem=str(error))


def _open(entries: Sequence[Entry], seconds: float) -> tuple[int, list[Trouble]]:
    """Return how many images were opened, and what is wrong with them."""
    order = sorted(range(len(entries)), key=lambda index: index * _EVENLY % 1)
    end = time.monotonic() + seconds
    troubles: list[Trouble] = []
    for opened, index in enumerate(order):
        if time.monotonic() > end:
            return opened, troubles
        entry = entries[index]
        file = f"{entry.label}/{images.shown(entry.path)}"
        try:
            size = images.measure(entry.path)
        except UnreadableImageError as error:
            reason = images.trouble(entry.path, error)
            troubles.append(Trouble(file, reason, Kind.UNREADABLE))
            continue
        reason = boxes.fit(entry.box, *size)[1] if entry.box else ""
        if reason:
            troubles.append(Trouble(file, reason, Kind.BEYOND))
    return len(entries), troubles


def _of_classes(entries: Sequence[Entry]) -> Iterable[Trouble]:
    numbers = Counter(entry.label for entry in entries)
    alike: dict[str, list[str]] = defaultdict(list)
    for label in sorted(numbers):
        alike[names.letters(label)].append(label)
        if numbers[label] == 1:
            yield Trouble(f"“{label}”", "has one image.", Kind.SINGLE)
    for same in alike.values():
        if len(same) > 1:
            listed = ", ".join(f"{one} ({numbers[one]})" for one in same)
            yield Trouble(listed, "are told apart.", Kind.ALIKE)


def _of_splits(entries: Sequence[Entry]) -> Iterable[Trouble]:
    given = {entry.split for entry in entries}
    if entries and "test" not in given:
        named = ", ".join(split for split in SPLITS if split in given) or "none"
        reason = f"is the only split named: {named}." if given - {None} else ""
        yield Trouble("The source", reason or "names no splits.", Kind.NO_TEST)
    if given & {"test", "validation"}:
        learnt = {one.label for one in entries if one.split in ("train", None)}
        for label in sorted({one.label for one in entries} - learnt):
            reason = "has images to test or validate with, and none to train with."
            yield Trouble(f"“{label}”", reason, Kind.UNTRAINED)


def _findings(troubles: Iterable[Trouble]) -> tuple[Finding, ...]:
    by_kind: dict[Kind, list[Trouble]] = defaultdict(list)
    for trouble in troubles:
        by_kind[trouble.kind].append(trouble)
    return tuple(
        Finding(
            kind,
            len(found),
            tuple(f"{one.path} {one.reason}" for one in found[:EXAMPLES]),
        )
        for kind in Kind
        if (found := by_kind.get(kind))
    )


def _plan(
    folder: Path, entries: Sequence[Entry], opened: int, reading: Reading
) -> Iterable[str]:
    labels = {entry.label for entry in entries}
    yield (
        f"{count(len(entries), 'image')} of {count(len(labels), 'class', 'classes')} "
        "are kept once each, and become one version."
    )
    given = {entry.split for entry in entries}
    if given & {None}:
        unsplit = sum(one.split is None for one in entries)
        yield f"{count(unsplit, 'image')} without a split train."
    exported = provenance.read(folder)
    if exported is not None:
        yield (
            f"It was exported by carclf as “{exported.name}”: splits and background "
            "stay as they were there."
        )
    elif splits.takes_validation(given, splits.VALIDATION_SHARE):
        yield (
            f"{percent(splits.VALIDATION_SHARE)} of each class's training images, the "
            "same ones every time, validate."
        )
    with_box = sum(entry.box is not None for entry in entries)
    if with_box:
        yield f"The boxes of {count(with_box, 'image')} are kept."
    if reading.leave_out:
        yield f"Left out as you said: {', '.join(reading.leave_out)}."
    if opened < len(entries):
        yield (
            f"{opened:,} of {count(len(entries), 'image')} were opened for this look; "
            "the import reads them all."
        )


def _subsets(account: Account, reading: Reading) -> tuple[Subset, ...]:
    numbers = Counter(record.subset for record in account.records)
    return tuple(
        Subset(name, meaning_of(name, reading), number)
        for name, number in sorted(numbers.items())
    )


def _samples(
    entries: Sequence[Entry], classes: int = 12, each: int = 2
) -> tuple[Entry, ...]:
    """Return the first images of classes, evenly chosen among all of them."""
    by_class: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if len(by_class[entry.label]) < each:
            by_class[entry.label].append(entry)
    labels = sorted(by_class)
    step = max(1, -(-len(labels) // classes))
    return tuple(one for label in labels[::step] for one in by_class[label])


def _by_class(counted: tuple[tuple[str, Split | None], int]) -> tuple[str, int]:
    (label, split), _ = counted
    return label, SPLITS.index(split) if split else len(SPLITS)
