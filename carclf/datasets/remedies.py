"""What a person does about a finding: drop, label anew, move to another split.

Each deed is a batch of events: it is taken back as one, and no frozen version changes.
"""

from collections import defaultdict
from collections.abc import Sequence

from carclf import store, words
from carclf.datasets import relabelling
from carclf.datasets.relabelling import NOT_A_VEHICLE, PERSON
from carclf.errors import DatasetError
from carclf.records import Batch, Split
from carclf.settings import Settings
from carclf.store import Database, batches, labels, moves, versions

drop = relabelling.drop_many
relabel = relabelling.save_many
reject = relabelling.reject_many


def move(
    settings: Settings, version_id: int, image_ids: Sequence[int], split: Split
) -> Batch:
    """Put images of a version into a split, from when it is frozen anew; as one batch.

    Raises:
        DatasetError: No image is named, or all of them are to be there already.
        StoreError: An image is not in the version.
    """
    with store.connect(settings.db_path) as db, db.atomic():
        splits = split_now(db, version_id)
        new = [one for one in image_ids if splits.get(one) != split]
        if not new:
            raise DatasetError(
                f"Nothing to do: these images are in {split} already."
                if image_ids
                else "Choose images first."
            )
        batch = labels.begin_batch(db, f"moved to {split}", PERSON)
        for image_id in new:
            versions.example(db, version_id, image_id)
            moves.set(db, version_id, image_id, split, PERSON, batch=batch)
        return batches.get(db, batch)


def undo(settings: Settings, batch_id: int) -> int:
    """Take a deed back as one; return how many images that changed.

    Raises:
        StoreError: Nothing of it is left to take back.
    """
    with store.connect(settings.db_path) as db:
        if batches.has_moves(db, batch_id):
            return moves.undo_batch(db, batch_id, PERSON)
    return len(relabelling.undo_batch(settings, batch_id))


def undo_last(settings: Settings, version_id: int | None, image_id: int) -> None:
    """Take back what a person did last to an image: what was said of it, or its move.

    Args:
        version_id: Whose moves count; without it there are none.

    Raises:
        DatasetError: No person did anything to it last.
    """
    with store.connect(settings.db_path) as db, db.atomic():
        said = labels.standing(labels.history(db, image_id))
        labelled_at = said[-1].at if said and said[-1].source == PERSON else ""
        moved = moves.standing(db, version_id, image_id)
        moved_at = moved[-1].at if moved and moved[-1].source == PERSON else ""
        if version_id is not None and moved_at and moved_at >= labelled_at:
            moves.undo(db, version_id, image_id, PERSON)
        else:
            relabelling.undo_in(db, image_id)


def split_now(db: Database, version_id: int) -> dict[int, Split]:
    """Return the split of each image, as freezing anew would have it."""
    frozen = versions.splits(db, version_id)
    return frozen | {
        one.image_id: one.now for one in moves.since_frozen(db, version_id)
    }


def dealt_with(
    db: Database, version_id: int, image_ids: Sequence[int] | None = None
) -> dict[int, str]:
    """Return what freezing anew would do with images otherwise, in words.

    Args:
        image_ids: Only these are asked after.
    """
    said: defaultdict[int, list[str]] = defaultdict(list)
    for change in labels.changed_since_frozen(db, version_id, image_ids):
        if change.now != change.frozen:
            said[change.image_id].append(f"now {change.now or NOT_A_VEHICLE}")
        if change.is_dropped:
            said[change.image_id].append("dropped")
    for one in moves.since_frozen(db, version_id):
        if image_ids is None or one.image_id in image_ids:
            said[one.image_id].append(f"moved to {one.now}")
    return {image_id: ", ".join(parts) for image_id, parts in said.items()}


def summary(db: Database, version_id: int) -> str:
    """Return “2 labels differ from this version, 1 image is moved”; or nothing."""
    parts = [relabelling.summary(labels.changed_since_frozen(db, version_id))]
    moved = len(moves.since_frozen(db, version_id))
    if moved:
        verb = "is" if moved == 1 else "are"
        parts.append(f"{words.count(moved, 'image')} {verb} moved to another split")
    return ", ".join(part for part in parts if part)
