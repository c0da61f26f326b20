"""Before the start: what is to be said of the settings, and one batch tried."""

from collections.abc import Callable
from html import escape
from typing import Any

from carclf import words
from carclf.preflight import Finding
from carclf.records import Job
from carclf.settings import Settings
from carclf.store import connect, jobs
from carclf.ui import cards

_TONES: dict[str, cards.Tone] = {"warn": "warn", "bad": "bad"}


def findings(found: list[Finding]) -> str:
    """Return the findings: what refuses and what warns set apart, the rest as lines."""
    marked = [one for one in found if one.tone in _TONES]
    plain = [one for one in found if one.tone not in _TONES]
    lines = "".join(f"<li>{escape(one.text)}</li>" for one in plain)
    return (
        '<section class="findings" aria-label="Before the start">'
        f"{''.join(cards.note(one.text, _TONES[one.tone]) for one in marked)}"
        f"{f'<ul>{lines}</ul>' if lines else ''}</section>"
    )


def turn(settings: Settings, job: Job) -> str:
    """Return what a waiting trial waits for; nothing for one that does not wait."""
    if job.status != "queued":
        return ""
    with connect(settings.db_path) as db:
        unfinished = jobs.unfinished(db)
    at_work = next((one for one in unfinished if one.status == "running"), None)
    before = f"“{at_work.title}” is at work, so this" if at_work else "This"
    return cards.note(f"{before} waits its turn; it is next in the queue.")


def turn_or(
    settings: Settings, job: Job | None, outcome: Callable[[Job | None], str]
) -> str:
    """Return what a trial waits for, or what `outcome` says of it."""
    return (turn(settings, job) if job else "") or outcome(job)


def card(settings: Settings, job: Job | None) -> str:
    """Return how the trial of one batch goes, or what it found."""
    if job is None or job.status != "done":
        return turn_or(settings, job, cards.job)
    found = job.result
    epochs = words.count(found["epochs"], "epoch")
    facts = [
        (f"{found['batch_size']:,}", "images a batch fit"),
        (words.duration(found["step_s"]), "a step"),
        (words.size(found["peak_bytes"]), f"{found['memory']} at most"),
        (words.roughly(found["total_s"]), f"for {epochs}"),
    ]
    note = cards.note(f"{found['network']} on {found['device']}. {found['parts']}")
    return (
        f'<section aria-label="One batch">{cards.facts(facts)}{note}{_less(found)}'
        "</section>"
    )


def fitting(job: Job | None) -> int | None:
    """Return the batch size to propose: one that fits where the wanted one did not."""
    if job is None or job.status != "done":
        return None
    found = job.result
    return found["batch_size"] if found["batch_size"] < found["asked"] else None


def preview(settings: Settings, job: Job | None) -> list[tuple[str, str]]:
    """Return the tried batch as (picture, caption), for a gallery."""
    if job is None or job.status != "done":
        return []
    found = [
        (settings.resolve(one["path"]), one["caption"])
        for one in job.result.get("preview", [])
    ]
    return [(str(path), caption) for path, caption in found if path.is_file()]


def _less(found: dict[str, Any]) -> str:
    if found["batch_size"] == found["asked"]:
        return ""
    return cards.note(
        f"{found['asked']} images a batch did not fit into memory.", "warn"
    )
