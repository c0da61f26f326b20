"""Sends a page only what it does not show already, so that nothing flickers."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr


def memory() -> gr.Textbox:
    """Lay out what a page remembers of what it shows: `seen`, and the last output.

    On the page, so that an answer that comes late brings its own marks with it. On the
    server they would be those of a newer answer, and what is shown stay old.
    """
    return gr.Textbox(visible=False)


def only_changes(outputs: Sequence[Any], seen: str | None) -> tuple[Any, ...]:
    """Return the outputs, those the page shows already skipped, and what it shows now.

    Args:
        seen: What the last call returned last; empty to send everything.
    """
    before = (seen or "").split()
    marks = [_mark(json.dumps(one, default=str)) for one in outputs]
    is_new = [mark not in before[place : place + 1] for place, mark in enumerate(marks)]
    sent = [one if new else gr.skip() for one, new in zip(outputs, is_new, strict=True)]
    return *sent, " ".join(marks)


def since(
    stamp: str, view: Callable[[], Sequence[Any]], seen: str | None
) -> tuple[Any, ...]:
    """Return as `only_changes`, without asking for the view where nothing can differ.

    Args:
        stamp: What differs whenever the view may.
        seen: What the last call returned last; empty to send everything.
    """
    before, _, marks = (seen or "").partition(" ")
    now = _mark(stamp)
    if before == now:
        # As many as the outputs: one mark each, and their stamp in place of `seen`.
        return (gr.skip(),) * (len(marks.split()) + 1)
    *sent, marks = only_changes(view(), marks)
    return *sent, f"{now} {marks}"


def _mark(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=5).hexdigest()
