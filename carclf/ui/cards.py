"""Small pieces of HTML that every tab shares; all text is escaped here."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Literal

from carclf import words
from carclf.records import Job

Tone = Literal["plain", "good", "warn", "bad"]


def heading(title: str, text: str = "") -> str:
    """Return a tab's title with one sentence on what it is for."""
    return f'<div class="heading"><h2>{escape(title)}</h2><p>{escape(text)}</p></div>'


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Return a strip of (value, what it counts)."""
    cells = "".join(
        f"<div><dd>{escape(value)}</dd><dt>{escape(name)}</dt></div>"
        for value, name in rows
    )
    return f'<dl class="facts">{cells}</dl>'


def about(title: str, rows: Iterable[tuple[str, str]]) -> str:
    """Return a list of (name, value), for values that may be long."""
    lines = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows
    )
    return f'<dl class="about" aria-label="{escape(title)}">{lines}</dl>'


def note(text: str, tone: Tone = "plain") -> str:
    """Return one sentence, set apart; nothing for no text."""
    if not text:
        return ""
    return f'<p class="note {tone}">{escape(text)}</p>'


def notes(lines: Iterable[str], tone: Tone = "plain") -> str:
    return "".join(note(line, tone) for line in lines)


def more(summary: str, paragraphs: Sequence[str]) -> str:
    """Return a line that opens to the paragraphs behind it; nothing without any."""
    if not paragraphs:
        return ""
    rest = "".join(f"<p>{escape(one)}</p>" for one in paragraphs)
    return f'<details class="more"><summary>{escape(summary)}</summary>{rest}</details>'


def log(text: str) -> str:
    """Return the last lines of a log, as they were written."""
    if not text:
        return note("There is no log to show.")
    return f"<pre>{escape(text)}</pre>"


def empty(title: str, text: str) -> str:
    """Return what stands where there is nothing yet: what to do next."""
    return f'<div class="empty"><h3>{escape(title)}</h3><p>{escape(text)}</p></div>'


def sheet(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; the first cell of a row says what the row is about."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in headings)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        f"{''.join(f'<td>{escape(one)}</td>' for one in rest)}</tr>"
        for first, *rest in rows
    )
    return (
        f'<div class="scroll"><table class="sheet" aria-label="{escape(title)}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def bar(label: str, share: float, text: str, mark: str = "") -> str:
    """Return a horizontal bar of `share` (0-1) with its label and figure."""
    width = max(0.0, min(1.0, share)) * 100
    return (
        f'<div class="bar {escape(mark)}"><span>{escape(label)}</span>'
        f"<b>{escape(text)}</b>"
        f'<i><i style="width:{width:.1f}%"></i></i></div>'
    )


def job(one: Job | None) -> str:
    """Return how a job goes, or how it ended; nothing for no job."""
    if one is None:
        return ""
    if one.status == "running":
        return _running(one)
    if one.status == "queued":
        return note(f"{one.title}: waits in the queue.")
    if one.status == "done":
        return note(f"{one.title}: done{_in_what_time(one)}.", "good")
    why = one.reason or "no reason was recorded"
    tone: Tone = "bad" if one.status == "failed" else "warn"
    return note(f"{one.title}: {one.status}. {why}", tone)


def done_share(one: Job) -> float:
    """Return how much of a job is done, 0-1."""
    total = one.progress.get("total") or 0
    return min(1.0, one.progress.get("done", 0) / total) if total else 0.0


def _in_what_time(one: Job) -> str:
    if one.started_at is None or one.ended_at is None:
        return ""
    took_s = words.seconds_between(one.started_at, one.ended_at)
    return f" in {words.duration(took_s)}"


def _running(one: Job) -> str:
    share = done_share(one)
    left = one.progress.get("seconds_left")
    detail = [str(one.progress.get("message") or "starting")]
    if left is not None:
        detail.append(words.time_left(left))
    return (
        f'<div class="job" role="status"><b>{escape(one.title)}</b>'
        f"<span>{escape(' · '.join(detail))}</span>"
        f'<progress max="1" value="{share:.3f}">{words.percent(share)}</progress></div>'
    )
