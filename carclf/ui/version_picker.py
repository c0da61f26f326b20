"""Choosing a dataset version, the same in every tab."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from carclf import words
from carclf.records import Version
from carclf.settings import Settings
from carclf.store import connect, versions


def choices(
    settings: Settings, fits: Callable[[Version], bool] = lambda version: True
) -> list[tuple[str, int]]:
    """Return (words, id) of every version that fits, newest first."""
    with connect(settings.db_path) as db:
        return [(in_words(one), one.id) for one in versions.every(db) if fits(one)]


def in_words(version: Version) -> str:
    return f"{version.name} · {words.count(sum(version.counts.values()), 'image')}"


def pick(
    settings: Settings,
    chosen: int | None,
    fits: Callable[[Version], bool] = lambda version: True,
) -> dict[str, Any]:
    """Return an update of the picker that keeps what is chosen, or the newest.

    Args:
        fits: Which versions are offered.
    """
    found = choices(settings, fits)
    ids = [version_id for _, version_id in found]
    if chosen not in ids:
        chosen = ids[0] if ids else None
    return gr.update(choices=found, value=chosen)
