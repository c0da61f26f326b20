"""The version that a treated one is measured against: the same photographs, whole."""

from carclf import store
from carclf.config import Treatment
from carclf.datasets import drafts, review
from carclf.datasets.drafts import Origin
from carclf.errors import DatasetError
from carclf.records import SPLITS, Version
from carclf.settings import Settings
from carclf.store import Database, versions


def beside(settings: Settings, version_id: int) -> Version:
    """Return a version of the same photographs, labels and splits, as photographed.

    That is one it descends from; where none has exactly the same photographs, because
    some were dropped or labelled anew, one is made.

    Raises:
        DatasetError: The version is not treated.
    """
    with store.connect(settings.db_path) as db:
        treated = versions.get(db, version_id)
        if not is_treated(treated):
            raise DatasetError(
                f"“{treated.name}” has its backgrounds. Choose a version that was "
                "treated."
            )
        wanted = _photographs(db, version_id)
        for one in versions.every(db):
            same = not is_treated(one) and one.counts == treated.counts
            if same and _photographs(db, one.id) == wanted:
                return one
        examples = [
            review.photograph_of(db, version_id, one.image_id)
            for one in versions.examples(db, version_id)
        ]
        origin = Origin(
            source=f"the photographs of “{treated.name}”, as they were taken",
            split_rule=f"as in “{treated.name}”",
            treatment=Treatment().model_dump(mode="json"),
        )
        name = f"{treated.name}, with backgrounds"
        return drafts.create(settings, db, name, examples, origin, [])


def is_treated(version: Version) -> bool:
    return Treatment.model_validate(version.treatment).remover != "none"


def is_untreated(version: Version) -> bool:
    return not is_treated(version)


def are_alike(db: Database, one: Version, other: Version) -> bool:
    """Say whether two versions hold the same photographs, labels and splits."""
    return _photographs(db, one.id) == _photographs(db, other.id)


def _photographs(db: Database, version_id: int) -> list[list[tuple[int, str]]]:
    return [
        sorted(versions.photographs(db, version_id, split).values()) for split in SPLITS
    ]
