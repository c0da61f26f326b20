"""Two versions side by side: what one has that the other has not, in words."""

from dataclasses import dataclass

from carclf import store, words
from carclf.records import SPLITS, Version
from carclf.settings import Settings
from carclf.store import Database, differences, versions
from carclf.store.differences import Kind

# What each kind of difference means, said of the later version.
MEANING: dict[Kind, str] = {
    "added": "not in the earlier version",
    "removed": "not in the later version",
    "relabelled": "of another class now",
    "moved": "in another split now",
}
_MOST_PAIRS = 5


@dataclass(frozen=True)
class Comparison:
    """In what two versions differ.

    Attributes:
        counts: Images by kind of difference; one may be relabelled and moved.
        pairs: Of relabelled and moved, (before, after, images), most images first.
    """

    before: Version
    after: Version
    counts: dict[Kind, int]
    pairs: dict[Kind, list[tuple[str, str, int]]]

    @property
    def is_same(self) -> bool:
        return not any(self.counts.values())


def compare(settings: Settings, before_id: int, after_id: int) -> Comparison:
    """Return in what the version `after_id` differs from `before_id`."""
    with store.connect(settings.db_path) as db:
        return Comparison(
            versions.get(db, before_id),
            versions.get(db, after_id),
            differences.count(db, before_id, after_id),
            _pairs(db, before_id, after_id),
        )


def in_words(found: Comparison) -> list[str]:
    """Return what there is to know beyond the counts, a sentence each."""
    said = [_sameness(found)]
    if found.before.treatment != found.after.treatment:
        said.append(
            "Their backgrounds are treated differently, so an image is found again by "
            "the photograph it was made from."
        )
    for words_of, names in (
        ("Classes that came", set(found.after.classes) - set(found.before.classes)),
        ("Classes that went", set(found.before.classes) - set(found.after.classes)),
    ):
        if names:
            said.append(f"{words_of}: {words.listed(sorted(names))}.")
    for kind, pairs in found.pairs.items():
        if pairs:
            listed = [f"{old} → {new} ({n:,})" for old, new, n in pairs]
            said.append(f"{kind.capitalize()}: {words.listed(listed, _MOST_PAIRS)}.")
    return said


def table(found: Comparison) -> list[tuple[str, str]]:
    """Return (what, how many) of the differences, then of both versions' splits."""
    rows = [
        (f"{kind}: {MEANING[kind]}", f"{number:,}")
        for kind, number in found.counts.items()
    ]
    before, after = found.before.counts, found.after.counts
    rows += [(split, f"{before[split]:,} → {after[split]:,}") for split in SPLITS]
    return [
        *rows,
        ("classes", f"{len(found.before.classes):,} → {len(found.after.classes):,}"),
    ]


def _sameness(found: Comparison) -> str:
    names = f"“{found.before.name}” and “{found.after.name}”"
    if found.before.hash == found.after.hash:
        return f"{names} hold the same images, classes and splits."
    if found.is_same:
        return f"{names} give the same photographs the same classes and splits."
    return f"What is otherwise in “{found.after.name}” than in “{found.before.name}”:"


def _pairs(
    db: Database, before_id: int, after_id: int
) -> dict[Kind, list[tuple[str, str, int]]]:
    kinds: tuple[Kind, ...] = ("relabelled", "moved")
    return {
        kind: differences.count_pairs(db, kind, before_id, after_id) for kind in kinds
    }
