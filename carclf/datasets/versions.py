"""Dataset versions: imported from a folder, frozen again, treated, deleted."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from carclf import background, images, store
from carclf.background import weights
from carclf.config import Treatment
from carclf.datasets import (
    boxes,
    folders,
    layouts,
    names,
    provenance,
    review,
    splits,
    treated,
)
from carclf.datasets.drafts import (
    Draft,
    Origin,
    content_hash,
    once_each,
    record,
)
from carclf.datasets.layouts import Entry, Reading
from carclf.errors import DatasetError, UnreadableImageError
from carclf.records import Example, Skipped, Split, Version
from carclf.settings import Settings
from carclf.store import boxes as stored_boxes
from carclf.store import labels, moves, versions
from carclf.words import count

__all__ = ["content_hash", "delete", "freeze", "import_folder", "treat"]

Progress = Callable[[int, int], None]
LONGEST_NAME = 80
NOTHING_FOUND = "shows no vehicle that could be found, so all of it was kept."


def import_folder(
    settings: Settings,
    folder: Path,
    name: str,
    *,
    reading: Reading | None = None,
    seed: int = 123,
    validation_split: float = splits.VALIDATION_SHARE,
    origin: str = "",
    on_progress: Progress = lambda done, total: None,
) -> Version:
    """Bring a folder of photographs in as a version; what cannot be used is skipped.

    Each photograph is kept once, whatever its name. Splits that the folder names
    stay; without a validation split, a share of each class is taken from train.

    Args:
        reading: Corrections to what looking at the folder tells.
        origin: Where the folder came from, a line each, if it was made for this.
        on_progress: Called with the files read and their number.

    Raises:
        DatasetError: The name is taken or empty, or the folder holds no data set.
        StoreError: The disk is full, or runs.db cannot be used; nothing is imported.
    """
    name = free_name(settings, name)
    layout = layouts.read(folder, reading)
    drafts, unfit = _describe(layout.entries, on_progress)
    drafts, repeated = once_each(drafts)
    given = {draft.split for draft in drafts}
    exported = provenance.read(folder)
    # What a version was exported with, it is imported with.
    share = 0.0 if exported else validation_split
    if splits.takes_validation(given, share):
        drafts = _with_validation(drafts, share, seed)
    made = Origin(
        source=origin or os.fsencode(folder).decode("utf-8", "replace"),
        split_rule=exported.split_rule
        if exported
        else splits.in_words(given, share, seed),
        treatment=exported.treatment
        if exported
        else Treatment().model_dump(mode="json"),
    )
    skipped = [*layout.skipped, *unfit, *repeated]
    return record(settings, name, drafts, made, skipped)


def freeze(settings: Settings, version_id: int, name: str) -> Version:
    """Return a new version: the same images, all that is said of them as it is now.

    Images that were dropped, or labelled as no vehicle, are left out; removals of
    backgrounds are as they were reviewed.

    Raises:
        DatasetError: The name is taken, or fewer than two classes would be left.
    """
    name = free_name(settings, name)
    with store.connect(settings.db_path) as db:
        parent = versions.get(db, version_id)
        moved = {one.image_id: one.now for one in moves.since_frozen(db, version_id)}
        kept, skipped = _as_said(db, version_id, moved)
    reviewed = review.apply(settings, version_id, kept)
    drafts, repeated = once_each(reviewed.drafts)
    origin = Origin(
        source=f"“{parent.name}” with its labels as corrected{reviewed.in_words}",
        split_rule=f"as in “{parent.name}”{_but_for(len(moved))}",
        treatment=parent.treatment,
        parent_id=parent.id,
    )
    return record(
        settings,
        name,
        drafts,
        origin,
        [*skipped, *repeated, *reviewed.skipped],
        known=reviewed.kept,
        removed=reviewed.removed,
    )


def _as_said(
    db: store.Database, version_id: int, moved: dict[int, Split]
) -> tuple[list[Example], list[Skipped]]:
    """Return a version's examples as people say they are, and what is left out.

    Args:
        moved: The splits of images that were moved since.
    """
    changed = {
        change.image_id: change
        for change in labels.changed_since_frozen(db, version_id)
    }
    kept, skipped = [], []
    for example in stored_boxes.drawn(db, versions.examples(db, version_id)):
        change = changed.get(example.image_id)
        label = change.now if change else example.label
        split = moved.get(example.image_id, example.split)
        if change and change.is_dropped:
            skipped.append(Skipped(example.file_name, "was dropped by a person."))
        elif label is None:
            reason = "is labelled as no vehicle of any class."
            skipped.append(Skipped(example.file_name, reason))
        else:
            kept.append(replace(example, label=label, split=split))
    return kept, skipped


def _but_for(moved: int) -> str:
    verb = "was" if moved == 1 else "were"
    return f", but for {count(moved, 'image')} that {verb} moved" if moved else ""


def treat(
    settings: Settings,
    version_id: int,
    treatment: Treatment,
    name: str,
    on_progress: Progress = lambda done, total: None,
    stop_requested: Callable[[], bool] = lambda: False,
    on_failed: Callable[[Skipped], None] = lambda one: None,
) -> Version | None:
    """Return a new version: the same labels and splits, the backgrounds taken away.

    Started again after a stop or a crash, it goes on where it was. Photographs in
    which no vehicle was found stay whole, and are listed with the skipped.

    Args:
        on_failed: Called with each photograph that could not be treated.

    Returns:
        None when `stop_requested` said so; no version is recorded then.

    Raises:
        DatasetError: The name is taken, or the treatment does nothing or not again.
        BackgroundError: The remover is unknown, or its model is missing.
        StoreError: The disk is full.
    """
    name = free_name(settings, name)
    with store.connect(settings.db_path) as db:
        parent = versions.get(db, version_id)
        examples = stored_boxes.drawn(db, versions.examples(db, version_id))
    _refuse_needless(parent, treatment)
    treatment = weights.pin(settings, treatment)
    remover = background.create(treatment, settings)
    treating = treated.Treating(settings, treatment, remover)
    drafts: list[Draft] = []
    skipped: list[Skipped] = []
    on_progress(0, len(examples))
    for done, made in enumerate(treating.each(examples), start=1):
        if stop_requested():
            return None
        if isinstance(made, Skipped):
            skipped.append(made)
            on_failed(made)
        on_progress(done, len(examples))
        if isinstance(made, Skipped):
            continue
        if made.removal.box is None:
            skipped.append(Skipped(made.example.file_name, NOTHING_FOUND))
        drafts.append(treated.draft(made, treatment))
    drafts, repeated = once_each(drafts)
    origin = Origin(
        source=f"“{parent.name}”, treated by {treatment.remover}",
        split_rule=f"as in “{parent.name}”",
        treatment=treatment.model_dump(mode="json"),
        parent_id=parent.id,
    )
    return record(settings, name, drafts, origin, [*skipped, *repeated])


def delete(settings: Settings, version_id: int) -> Version:
    """Forget a version and remove its folder; its photographs and labels stay.

    Raises:
        StoreError: A run, an evaluation or another version uses it.
    """
    with store.connect(settings.db_path) as db:
        version = versions.delete(db, version_id)
    folders.remove(settings, version.name)
    return version


def free_name(settings: Settings, name: str) -> str:
    """Return the name without spaces around it, if a new version may have it."""
    name = names.class_name(name)
    if not 0 < len(name) <= LONGEST_NAME:
        raise DatasetError(
            f"A version's name has 1 to {LONGEST_NAME} letters, not {len(name)}. "
            "Choose another name."
        )
    with store.connect(settings.db_path) as db:
        if name in {version.name for version in versions.every(db)}:
            raise DatasetError(
                f"A dataset version called “{name}” exists already. Choose another one."
            )
    return name


def _describe(
    entries: Sequence[Entry], on_progress: Progress
) -> tuple[list[Draft], list[Skipped]]:
    drafts, skipped = [], []
    for done, (entry, facts) in enumerate(_facts_of_all(entries)):
        on_progress(done, len(entries))
        file_name = images.shown(entry.path)
        name = f"{entry.label}/{file_name}"
        if not isinstance(facts, images.Facts):
            skipped.append(Skipped(name, images.trouble(entry.path, facts)))
            continue
        box, trouble = entry.box, ""
        if box is not None:
            box, trouble = boxes.fit(box, facts.width, facts.height)
        if trouble:
            skipped.append(Skipped(name, trouble))
        drafts.append(
            Draft(entry.path, facts, entry.label, entry.split, file_name, box)
        )
    on_progress(len(entries), len(entries))
    return drafts, skipped


def _facts_of_all(
    entries: Sequence[Entry],
) -> Iterator[tuple[Entry, images.Facts | UnreadableImageError]]:
    # Threads help: hashing and decoding let go of Python's lock.
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        yield from zip(entries, pool.map(_facts, entries), strict=True)


def _facts(entry: Entry) -> images.Facts | UnreadableImageError:
    try:
        return images.describe(entry.path)
    except UnreadableImageError as error:
        return error


def _with_validation(drafts: Sequence[Draft], share: float, seed: int) -> list[Draft]:
    training = [
        (one.facts.sha256, one.label) for one in drafts if one.split in ("train", None)
    ]
    chosen = splits.choose_validation(training, share, seed)
    return [
        replace(one, split="validation") if one.facts.sha256 in chosen else one
        for one in drafts
    ]


def _refuse_needless(parent: Version, treatment: Treatment) -> None:
    if treatment.remover == "none":
        raise DatasetError(
            "The remover “none” would leave every photograph as it is. Choose another "
            f"({', '.join(name for name in background.names() if name != 'none')})."
        )
    before = Treatment.model_validate(parent.treatment)
    if before.remover != "none":
        raise DatasetError(
            f"“{parent.name}” is treated by {before.remover} already. Choose the "
            "version it was made from."
        )
