"""Evaluations with all their images, kept read between clicks."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from carclf.records import Evaluation, Judged
from carclf.settings import Settings
from carclf.store import connect, evaluations


class Evaluated(NamedTuple):
    """An evaluation and its images; written once, so it never changes."""

    evaluation: Evaluation
    judged: tuple[Judged, ...]


def load(settings: Settings, evaluation_id: int) -> Evaluated:
    """Return an evaluation with its images.

    Raises:
        StoreError: There is no such evaluation.
    """
    with connect(settings.db_path) as db:
        found = evaluations.get(db, evaluation_id)
    # An id may be given anew after a deletion; not at the same time, though.
    return _read(settings.db_path, evaluation_id, found.created_at)


def forget() -> None:
    """Read anew when next asked."""
    _read.cache_clear()


@lru_cache(maxsize=4)
def _read(db_path: Path, evaluation_id: int, _created_at: str) -> Evaluated:
    with connect(db_path) as db:
        found = evaluations.get(db, evaluation_id)
        return Evaluated(found, tuple(evaluations.judged(db, evaluation_id)))
