"""From what a data set says to one entry an image, with what had to be decided."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from carclf.datasets import boxes, names
from carclf.datasets.layouts.account import Kind, Record, Trouble
from carclf.datasets.layouts.reading import Meaning, Reading
from carclf.datasets.layouts.tree import shown
from carclf.records import Box, Split

_TEST_FIRST: dict[Split | None, int] = {"test": 0, "validation": 1, "train": 2, None: 2}


@dataclass(frozen=True)
class Entry:
    """A file that should be an image, and what is said about it.

    Attributes:
        split: None where the source does not say.
    """

    path: Path
    label: str
    split: Split | None = None
    box: Box | None = None


def settle(
    root: Path, records: Sequence[Record], reading: Reading
) -> tuple[list[Entry], list[Trouble]]:
    """Return an entry for each image that is to be imported, in order of mention."""
    troubles: list[Trouble] = []
    by_file: dict[str, list[tuple[Record, Split | None]]] = defaultdict(list)
    left_out = set(reading.leave_out)
    for record in records:
        if record.label in left_out:
            continue
        meaning = meaning_of(record.subset, reading)
        if meaning is None:
            troubles.append(_of_no_split(record))
        elif meaning != "leave out":
            split = None if meaning == "none" else meaning
            by_file[record.file].append((record, split))
    troubles += _of_nothing(records, reading)
    entries = []
    for file, said in by_file.items():
        (record, split), objections = _one(said)
        entries.append(Entry(root / file, record.label, split, record.box))
        troubles += objections
    return entries, troubles


def meaning_of(subset: str, reading: Reading) -> Meaning | None:
    """Return what a source's word for a split means; None if it means nothing known."""
    if subset in reading.splits:
        return reading.splits[subset]
    if not subset:
        return "none"
    return names.split_of(subset)


def _of_nothing(records: Sequence[Record], reading: Reading) -> Iterator[Trouble]:
    """Yield the corrections that correct nothing, as misspelt ones do."""
    for label in sorted({*reading.leave_out} - {record.label for record in records}):
        reason = "is to be left out, and no image is of that class."
        yield Trouble(f"“{label}”", reason, Kind.NOTE)
    for name in sorted({*reading.splits} - {record.subset for record in records}):
        if reading.splits[name] != names.split_of(name):
            reason = (
                f"is said to mean {reading.splits[name]}, and no split is so named."
            )
            yield Trouble(f"“{name}”", reason, Kind.NOTE)


def _of_no_split(record: Record) -> Trouble:
    reason = (
        f"is of the split “{record.subset}”, which is none of train, validation and "
        "test, so it was left out."
    )
    return Trouble(shown(record.file), reason, Kind.SPLIT)


def _one(
    said: Sequence[tuple[Record, Split | None]],
) -> tuple[tuple[Record, Split | None], list[Trouble]]:
    """Return which of several mentions of one image counts, and what is odd."""
    if len(said) == 1:
        return said[0], []
    # The largest vehicle; of one mentioned twice, the test image, then the first.
    chosen = min(said, key=lambda one: (-boxes.area(one[0].box), _TEST_FIRST[one[1]]))
    file, label = shown(chosen[0].file), chosen[0].label
    labels = list(dict.fromkeys(record.label for record, _ in said))
    different = {record.box for record, _ in said} - {None}
    if len(different) == len(said):
        reason = f"shows {len(said)} vehicles; the largest is used, “{label}”."
        return chosen, [Trouble(file, reason, Kind.SEVERAL)]
    if len(labels) > 1:
        every = " and ".join(f"“{one}”" for one in labels)
        reason = f"is labelled {every}; “{label}” is used. Check which is right."
        return chosen, [Trouble(file, reason, Kind.CONFLICT)]
    reason = f"is named {len(said)} times, and used once."
    return chosen, [Trouble(file, reason, Kind.REPEATED)]
