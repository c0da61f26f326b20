"""Photographs labelled one by one, and the version that takes them in."""

from collections.abc import Sequence
from pathlib import Path

from carclf import images, store
from carclf.config import Treatment
from carclf.datasets import drafts, versions
from carclf.datasets.drafts import Draft, Origin
from carclf.errors import DatasetError
from carclf.records import Example, Label, Split, Version
from carclf.settings import Settings
from carclf.store import boxes, labels
from carclf.store import images as stored_images
from carclf.store import versions as stored


def label(settings: Settings, path: Path, name: str, source: str) -> Label:
    """Keep a photograph and record what it shows; the same bytes are the same image.

    Args:
        source: Who says so: `person`, or `run 3` whose answer a person accepted.

    Raises:
        UnreadableImageError: The file is no image, or damaged.
        StoreError: The disk is full.
    """
    facts = images.describe(path)
    draft = Draft(path, facts, name, None, path.name)
    with (
        drafts.kept(settings, [draft]),
        store.connect(settings.db_path) as db,
        db.atomic(),
    ):
        image_id = drafts.image_of(db, draft)
        now = labels.current(db, image_id)
        if now is not None and now.name == name:
            return now
        return labels.set(db, image_id, name, source)


def waiting(settings: Settings) -> list[Label]:
    """Return the labels of photographs that no version holds yet, oldest first."""
    with store.connect(settings.db_path) as db:
        return labels.outside_versions(db)


def holding(settings: Settings, image_id: int) -> list[Version]:
    """Return the versions that hold an image, newest first."""
    with store.connect(settings.db_path) as db:
        return stored.holding(db, image_id)


def freeze(settings: Settings, version_id: int, name: str, split: Split) -> Version:
    """Return a new version: another one's images, and those that wait to be taken in.

    Args:
        split: Where the new ones go.

    Raises:
        DatasetError: None waits, the name is taken, or the version is a treated one.
    """
    name = versions.free_name(settings, name)
    new = waiting(settings)
    if not new:
        raise DatasetError(
            "No labelled photograph waits for a version. Drop one and label it first."
        )
    with store.connect(settings.db_path) as db:
        parent = stored.get(db, version_id)
        _refuse_treated(parent)
        known = [*stored.examples(db, version_id), *_examples(db, new, split)]
        examples = boxes.drawn(db, known)
        count = len(new)
        origin = Origin(
            source=f"“{parent.name}” and {count} labelled since",
            split_rule=f"as in “{parent.name}”; the {count} labelled since in {split}",
            treatment=parent.treatment,
            parent_id=parent.id,
        )
        return drafts.create(settings, db, name, examples, origin, [])


def _examples(db: store.Database, new: Sequence[Label], split: Split) -> list[Example]:
    found = stored_images.get_many(db, [one.image_id for one in new])
    return [
        Example(
            image_id=one.image_id,
            path=found[one.image_id].path,
            label=str(one.name),
            split=split,
            # The name that it came with is not kept with an image.
            file_name=f"labelled-{found[one.image_id].sha256[:12]}"
            f"{found[one.image_id].path.suffix}",
            sha256=found[one.image_id].sha256,
        )
        for one in new
    ]


def _refuse_treated(parent: Version) -> None:
    treatment = Treatment.model_validate(parent.treatment)
    if treatment.remover != "none":
        raise DatasetError(
            f"The images of “{parent.name}” were treated by {treatment.remover}, and "
            "the new ones are as they were taken. Add them to the version it was made "
            "from, and treat that again."
        )
