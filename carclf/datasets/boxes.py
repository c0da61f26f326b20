"""Boxes as data sets write them, and as images allow them."""

from collections.abc import Sequence
from typing import Any

from carclf.records import Box

# Some count the last pixel in and some do not; that is no mistake of theirs.
ROUNDING = 1


def parse(edges: Sequence[Any]) -> Box | None:
    """Return the box of left, top, right and bottom; None if they make no box."""
    try:
        left, top, right, bottom = (round(float(edge)) for edge in edges)
    except (TypeError, ValueError, OverflowError):
        return None
    is_box = left < right and top < bottom and right > 0 and bottom > 0
    return Box(left, top, right, bottom) if is_box else None


def parse_size(corner_and_size: Sequence[Any]) -> Box | None:
    """Return the box of left, top, width and height; None if they make no box."""
    try:
        left, top, width, height = (float(one) for one in corner_and_size)
    except (TypeError, ValueError, OverflowError):
        return None
    return parse([left, top, left + width, top + height])


def parse_inclusive(edges: Sequence[Any]) -> Box | None:
    """Return the box of edges that count from 1 and hold the last pixel, as MATLAB's.

    Source: the devkits of Stanford Cars and of Pascal VOC
    """
    try:
        left, top, right, bottom = (float(edge) for edge in edges)
    except (TypeError, ValueError):
        return None
    # Some programs that write these formats count from 0 all the same.
    return parse([max(0, left - 1), max(0, top - 1), right, bottom])


def area(box: Box | None) -> int:
    return 0 if box is None else (box.right - box.left) * (box.bottom - box.top)


def fit(box: Box, width: int, height: int) -> tuple[Box | None, str]:
    """Return the box within its image, and in words what was wrong; empty if nothing.

    None is returned for a box that lies outside altogether.
    """
    fitted = Box(
        max(0, box.left),
        max(0, box.top),
        min(width, box.right),
        min(height, box.bottom),
    )
    given = f"has the box {in_words(box)} in an image of {width} × {height} pixels"
    if fitted.left >= fitted.right or fitted.top >= fitted.bottom:
        return None, f"{given}; it is used without a box."
    beyond = max(
        fitted.left - box.left,
        fitted.top - box.top,
        box.right - fitted.right,
        box.bottom - fitted.bottom,
    )
    return fitted, f"{given}; it is cut to the image." if beyond > ROUNDING else ""


def in_words(box: Box) -> str:
    return f"{box.left}, {box.top}, {box.right}, {box.bottom}"
