"""What a check says."""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["ok", "warn", "bad"]


@dataclass(frozen=True)
class Finding:
    """One sentence on a training that was asked for.

    Attributes:
        tone: `bad` refuses the start, `warn` is for the user to weigh.
    """

    tone: Tone
    text: str


def ok(text: str) -> Finding:
    return Finding("ok", text)


def warn(text: str) -> Finding:
    return Finding("warn", text)


def bad(text: str) -> Finding:
    return Finding("bad", text)
