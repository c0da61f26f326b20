"""Numbers and times as people read them; percent and local time exist only here."""

from collections.abc import Sequence
from datetime import datetime

from carclf.records import EpochEnded


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return “1 image” or “1,234 images”."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def percent(share: float, digits: int = 0) -> str:
    """Return a share from 0 to 1 as “94 %”."""
    return f"{share * 100:.{digits}f} %"


def percent_span(low: float, high: float) -> str:
    """Return two shares as “75.7–88.4 %”."""
    return f"{low * 100:.1f}–{high * 100:.1f} %"


def size(size_bytes: float) -> str:
    """Return such as “14 MB” or “1.2 GB”; a thousand bytes are a kilobyte."""
    for unit, one in (("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= one:
            amount = size_bytes / one
            return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:,.0f} {unit}"
    return f"{size_bytes / 1e3:.0f} kB"


def duration(seconds: float) -> str:
    """Return a stretch of time in its two largest units, such as “2 min 5 s”."""
    if seconds < 0.001:
        return "under 1 ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def time_left(seconds: float) -> str:
    """Return an estimate without false precision: “1 min left”."""
    if seconds < 55:
        return f"{max(5, round(seconds / 5) * 5)} s left"
    if seconds < 3570:
        return f"{max(1, round(seconds / 60))} min left"
    return f"{seconds / 3600:.1f} h left"


def roughly(seconds: float) -> str:
    """Return an estimate of a whole without false precision: “about 3 min”."""
    if seconds < 60:
        return f"about {max(5, round(seconds / 5) * 5)} s"
    if seconds < 3600:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"


def local_time(stored: str | None) -> str:
    """Return a time of the store in this machine's zone: “22 Nov 14:05”."""
    if stored is None:
        return "–"
    return datetime.fromisoformat(stored).astimezone().strftime("%-d %b %H:%M")


def date(stored: str) -> str:
    """Return a time of the store with its year: “22 Nov 2026, 14:05”.

    It is this machine's zone, as in `local_time`.
    """
    local = datetime.fromisoformat(stored).astimezone()
    return local.strftime("%-d %b %Y, %H:%M")


def seconds_between(start: str, end: str) -> float:
    """Return the seconds between two times of the store."""
    passed = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return passed.total_seconds()


def epoch_line(event: EpochEnded) -> str:
    """Return such as “epoch  12  loss 0.5304  accuracy 0.9231 …”."""
    names = ("loss", "accuracy", "val_loss", "val_accuracy")
    figures = "  ".join(
        f"{name} {event.metrics[name]:.4f}" for name in names if name in event.metrics
    )
    return f"epoch {event.epoch:3d}  {figures}"


def listed(names: Sequence[str], most: int = 8) -> str:
    """Return “a, b and c”, or the first of many: “a, b and 7 more”."""
    shown = list(names) if len(names) <= most else [*names[: most - 1]]
    rest = len(names) - len(shown)
    *first, last = [*shown, f"{rest:,} more"] if rest else shown or [""]
    return f"{', '.join(first)} and {last}" if first else last
