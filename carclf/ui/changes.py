"""Sends a page only what it does not show already, so that nothing flickers."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr


def only_changes(outputs: Sequence[Any], seen: Sequence[str]) -> tuple[Any, ...]:
    """Return the outputs, those the page shows already skipped, and what it shows now.

    Args:
        seen: What the last call returned last; empty to send everything.
    """
    marks = [
        hashlib.sha256(json.dumps(one, default=str).encode()).hexdigest()
        for one in outputs
    ]
    is_new = [mark not in seen[place : place + 1] for place, mark in enumerate(marks)]
    sent = [one if new else gr.skip() for one, new in zip(outputs, is_new, strict=True)]
    return *sent, marks


def since(
    stamp: str, view: Callable[[], Sequence[Any]], seen: Sequence[str]
) -> tuple[Any, ...]:
    """Return as `only_changes`, without asking for the view where nothing can differ.

    Args:
        stamp: What differs whenever the view may.
        seen: What the last call returned last; empty to send everything.
    """
    if [stamp] == list(seen[:1]):
        # As many as the outputs: one mark each, and their stamp in place of `seen`.
        return (gr.skip(),) * len(seen)
    *sent, marks = only_changes(view(), seen[1:])
    return *sent, [stamp, *marks]
