"""From drafts to a version: each content once, on disk and in the store together."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carclf import images, store
from carclf.datasets import folders
from carclf.errors import DatasetError
from carclf.records import (
    Box,
    Example,
    Removal,
    Removed,
    Skipped,
    Split,
    Version,
)
from carclf.settings import Settings
from carclf.store import images as stored_images
from carclf.store import labels, removals, versions

SAME_CONTENT = "has the same content as"
_TEST_FIRST: dict[Split | None, int] = {"test": 0, "validation": 1, "train": 2, None: 2}


@dataclass(frozen=True)
class Draft:
    """An example before the store knows it.

    Attributes:
        path: The file to keep, anywhere on this machine.
        split: None where the source does not say; then it trains.
        file_name: As its source called it, for people.
        parent_id: The image that this one was made from.
        removal: What was found in that one, if its background was taken away.
    """

    path: Path
    facts: images.Facts
    label: str
    split: Split | None
    file_name: str
    box: Box | None = None
    parent_id: int | None = None
    removal: Removal | None = None


@dataclass(frozen=True)
class Origin:
    """Where a version comes from, for its row in the store.

    Attributes:
        treatment: A `config.Treatment` as plain data.
    """

    source: str
    split_rule: str
    treatment: dict[str, Any]
    parent_id: int | None = None


def content_hash(examples: Iterable[Example]) -> str:
    """Return the SHA-256 over the sorted (image, class, split) lines."""
    lines = sorted(f"{one.sha256}\t{one.label}\t{one.split}\n" for one in examples)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def once_each(drafts: Sequence[Draft]) -> tuple[list[Draft], list[Skipped]]:
    """Return one draft of each content, and the others with the reason.

    A copy for testing is preferred, so that nothing is tested that was trained on.
    """
    kept: dict[str, Draft] = {}
    skipped = []
    for draft in sorted(drafts, key=lambda one: (_TEST_FIRST[one.split], one.path)):
        first = kept.setdefault(draft.facts.sha256, draft)
        if first is not draft:
            skipped.append(Skipped(_in_class(draft), _same_content(first, draft)))
    return [one for one in drafts if kept[one.facts.sha256] is one], skipped


def record(
    settings: Settings,
    name: str,
    drafts: Sequence[Draft],
    origin: Origin,
    skipped: Sequence[Skipped],
    *,
    known: Sequence[Example] = (),
    removed: Sequence[Removed] = (),
) -> Version:
    """Keep the photographs and record them as a version, or change nothing at all.

    Args:
        known: Examples of images that the store has already, to go with them.
        removed: What was found in those.

    Raises:
        StoreError: The disk is full, or runs.db cannot be used.
    """
    unknown = [_example(draft, image_id=0) for draft in drafts]
    _refuse_fewer_than_two_classes(origin.source, [*known, *unknown], skipped)
    with (
        kept(settings, drafts, name),
        folders.laid_out(settings, name, [*known, *unknown]) as put,
        store.connect(settings.db_path) as db,
        db.atomic(),
    ):
        examples = [_stored(db, draft) for draft in drafts]
        version = _recorded(db, name, [*known, *examples], origin, skipped)
        new = [
            Removed(one.image_id, draft.parent_id, draft.removal)
            for one, draft in zip(examples, drafts, strict=True)
            if draft.parent_id is not None and draft.removal is not None
        ]
        removals.add(db, version.id, [*removed, *new])
        put()
        return version


@contextmanager
def kept(
    settings: Settings, drafts: Sequence[Draft], version: str | None = None
) -> Iterator[None]:
    """Keep the photographs for what the block records; a block that fails leaves none.

    Args:
        version: The name of the version that the block makes, if it makes one.
    """
    placed: list[images.Facts] = []
    # One at a time: what one takes back, another may have found and relied on.
    with folders.locked(settings):
        try:
            for draft in drafts:
                if folders.keep(settings, draft.path, draft.facts):
                    placed.append(draft.facts)
            yield
        except BaseException:
            _take_back(settings, version, placed)
            raise


def create(
    settings: Settings,
    db: store.Database,
    name: str,
    examples: Sequence[Example],
    origin: Origin,
    skipped: Sequence[Skipped],
) -> Version:
    """Record a version of images that the store knows, and lay its folder out.

    Raises:
        DatasetError: There are fewer than two classes among them.
        StoreError: The name is taken, or the disk is full.
    """
    _refuse_fewer_than_two_classes(origin.source, examples, skipped)
    with folders.laid_out(settings, name, examples) as put, db.atomic():
        version = _recorded(db, name, examples, origin, skipped)
        put()
    return version


def _recorded(
    db: store.Database,
    name: str,
    examples: Sequence[Example],
    origin: Origin,
    skipped: Sequence[Skipped],
) -> Version:
    version_id = versions.create(
        db,
        name,
        content_hash(examples),
        examples,
        treatment=origin.treatment,
        source=origin.source,
        split_rule=origin.split_rule,
        parent_id=origin.parent_id,
        skipped=skipped,
    )
    return versions.get(db, version_id)


def image_of(db: store.Database, draft: Draft) -> int:
    """Return the id of the draft's image, recorded now if the store did not know it."""
    facts = draft.facts
    return stored_images.add(
        db,
        facts.sha256,
        folders.image_path(facts),
        facts.width,
        facts.height,
        facts.size_bytes,
        draft.parent_id,
    )


def _stored(db: store.Database, draft: Draft) -> Example:
    """Return the draft as the store now knows it, with an event if its label is new."""
    image_id = image_of(db, draft)
    now = labels.current(db, image_id)
    # What a person or a run has said of an image is not overruled by an import.
    if now is None or (now.source == "import" and now.name != draft.label):
        labels.set(db, image_id, draft.label, "import")
    return _example(draft, image_id)


def _example(draft: Draft, image_id: int) -> Example:
    return Example(
        image_id=image_id,
        path=folders.image_path(draft.facts),
        label=draft.label,
        split=draft.split or "train",
        file_name=draft.file_name,
        sha256=draft.facts.sha256,
        box=draft.box,
    )


def _take_back(
    settings: Settings, version: str | None, placed: Sequence[images.Facts]
) -> None:
    """Remove what no version came to need; another process's photographs stay."""
    with store.connect(settings.db_path) as db:
        needed = stored_images.known(db, [facts.sha256 for facts in placed])
        is_recorded = version in {one.name for one in versions.every(db)}
    for facts in placed:
        if facts.sha256 not in needed:
            settings.resolve(folders.image_path(facts)).unlink(missing_ok=True)
    if version is not None and not is_recorded:
        folders.remove(settings, version)


def _refuse_fewer_than_two_classes(
    source: str, examples: Sequence[Example], skipped: Sequence[Skipped]
) -> None:
    classes = {example.label for example in examples}
    if len(classes) >= 2:
        return
    left = f"only the class “{classes.pop()}” has" if classes else "no class has"
    reasons = " ".join(f"{one.path} {one.reason}" for one in skipped[:2])
    why = f" Left out: {len(skipped)}. {reasons}" if skipped else ""
    raise DatasetError(
        f"In {source}, {left} images that can be used, and a classifier tells at least "
        f"two classes apart.{why}"
    )


def _same_content(first: Draft, other: Draft) -> str:
    if first.label == other.label:
        return f"{SAME_CONTENT} {_in_class(first)}, which is kept."
    return (
        f"{SAME_CONTENT} {_in_class(first)}: one picture, labelled both "
        f"“{first.label}” and “{other.label}”. The first is kept; check which is right."
    )


def _in_class(draft: Draft) -> str:
    return f"{draft.label}/{draft.file_name}"
