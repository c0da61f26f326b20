"""Pictures that were cut out of others, found without comparing each with each.

The hash of a picture says nothing of its parts. So every picture is looked up under
the hashes of windows of it, which lie so close together that whatever was cut out is
nearly one of them. A window is compared with the pictures that are near it by their
hashes; what fits each of them best is moved until it fits as well as it can, and
compared once more.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from carclf.datasets.health import fingerprint, quarters
from carclf.datasets.health.fingerprint import LOW, SIDE
from carclf.datasets.health.quarters import Hashes, Places
from carclf.records import Look

# What is kept of width and of height: a little less than a fifth can be cut away.
_KEPT = (1.0, 0.925, 0.85, 0.78)
# From one window to the next, of width or height.
_STEP = 0.04
# Bits of 64 in which a window may differ from what was cut out there.
FARTHEST = 9
# How alike they are before and after the window is moved to where it fits. Of 2,250
# parts of 250 crops, no more than a fifth of a side cut away, 97 in 100 are found; of
# 4,269 crops, all 18 groups of the same are one photograph each, and without the search
# for parts they were 5.
_PROMISING, ALIKE = 0.4, 0.9
# How far it may be sheared for that, by pixel. Another photograph of the same car from
# nearly the same place fits as well, but slanted.
_SLANT = 0.0125
# So many windows are compared with a picture at the most, however many are near.
_MOST = 64
# Pictures that are looked up at a time, and comparisons that are made at a time.
_TOGETHER, _AT_ONCE = 512, 20_000
_UNTIL = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-4)
_EVERYWHERE = np.full((SIDE, SIDE), 255, np.uint8)
_LOWEST = dct(np.eye(SIDE), axis=0)[:LOW].astype(np.float32)

# Of 32 × 32 pixels, one picture or many; whole numbers where there are many.
Levels = NDArray[np.float32 | np.uint8]


class Span(NamedTuple):
    """Where a window lies in one direction: shares of the picture's size."""

    start: float
    kept: float


class Window(NamedTuple):
    """A part of a picture."""

    across: Span
    down: Span


def pairs(seen: Sequence[Look], groups: Places) -> Iterator[tuple[int, int]]:
    """Yield the places of a picture and of another that was cut out of it.

    Args:
        groups: A number for each picture; those of one number are known to be alike.
    """
    hashes = fingerprint.as_numbers([one.hashes for one in seen])
    levels = np.stack([fingerprint.levels(one.small) for one in seen])
    # Parts as they are, and mirrored: so the windows need not be turned.
    turns = [
        _Turn(levels, parts, hashes[:, turn].copy(), groups)
        for turn, parts in enumerate((levels, levels[:, :, ::-1]))
    ]
    for part in _slices(np.arange(len(seen)), _TOGETHER):
        some = levels[part].astype(np.float32)
        asked = np.concatenate([window_hashes(some, one) for one in _WINDOWS])
        wholes = np.tile(part, len(_WINDOWS))
        windows = np.repeat(np.arange(len(_WINDOWS)), len(part))
        for turn in turns:
            turn.look_up(asked, wholes, windows)
    for turn in turns:
        yield from turn.pairs()


class _Turn:
    """For each picture, turned one way, the window of another that fits it best."""

    def __init__(
        self, wholes: Levels, parts: Levels, hashes: Hashes, groups: Places
    ) -> None:
        self._wholes, self._parts, self._groups = wholes, parts, groups
        self._hashes, self._lists = hashes, quarters.of(hashes)
        self._likeness = np.full(len(parts), _PROMISING, np.float32)
        self._whole = np.full(len(parts), -1)
        self._window = np.zeros(len(parts), np.int64)
        self._compared = np.zeros(len(parts), np.int64)

    def look_up(self, asked: Hashes, wholes: Places, windows: Places) -> None:
        """Compare windows with the pictures that are near them.

        Args:
            asked: The hash of each window.
            wholes: The picture that it is a window of.
            windows: Its place among all windows.
        """
        for at, lists in enumerate(self._lists):
            for pairs in lists.pairs(quarters.leading(asked, at)):
                far = np.bitwise_count(self._hashes[pairs[:, 0]] ^ asked[pairs[:, 1]])
                parts, asking = pairs[far <= FARTHEST].T
                self._compare(parts, wholes[asking], windows[asking])

    def _compare(self, parts: Places, wholes: Places, windows: Places) -> None:
        is_new = self._groups[parts] != self._groups[wholes]
        wanted = np.flatnonzero(is_new & (self._compared[parts] < _MOST))
        for at in _slices(wanted, _AT_ONCE):
            part, whole, window = parts[at], wholes[at], windows[at]
            given = self._wholes[whole].astype(np.float32)
            seen = np.asarray(_ROWS[window] @ given @ _COLUMNS[window], np.float32)
            alike = fingerprint.correlation(
                fingerprint.details(seen), fingerprint.details(self._parts[part])
            )
            np.add.at(self._compared, part, 1)
            # The best of each comes last, and stays.
            order = np.argsort(alike)
            order = order[alike[order] > self._likeness[part[order]]]
            self._likeness[part[order]] = alike[order]
            self._whole[part[order]] = whole[order]
            self._window[part[order]] = window[order]

    def pairs(self) -> Iterator[tuple[int, int]]:
        for part in np.flatnonzero(self._whole >= 0).tolist():
            whole, window = int(self._whole[part]), _WINDOWS[self._window[part]]
            given = self._parts[part].astype(np.float32)
            if _is_cut_out(given, self._wholes[whole].astype(np.float32), window):
                yield whole, part


def window_hashes(levels: Levels, window: Window) -> Hashes:
    """Return the perceptual hash of one window of each picture.

    Cutting, sizing and the cosine transform are products with matrices, so one product
    on each side does all three.

    Args:
        levels: Shape (images, 32, 32).
    """
    rows, columns = (_LOWEST @ _sized(span) for span in (window.down, window.across))
    low = (rows @ levels @ columns.T).reshape(len(levels), LOW * LOW)
    bits = np.packbits(low > np.median(low, axis=1, keepdims=True), axis=1)
    return bits.view(np.dtype(">u8")).astype(np.uint64).ravel()


def _is_cut_out(part: Levels, whole: Levels, window: Window) -> bool:
    """Say whether a part is what is seen in a window, moved to where it fits best.

    Source: Evangelidis and Psarakis, “Parametric Image Alignment Using Enhanced
    Correlation Coefficient Maximization”, 2008
    """
    across, down = window
    at = np.array(
        [
            [across.kept, 0, SIDE * across.start + (across.kept - 1) / 2],
            [0, down.kept, SIDE * down.start + (down.kept - 1) / 2],
        ],
        np.float32,
    )
    try:
        _, fitted = cv2.findTransformECC(
            part, whole, at, cv2.MOTION_AFFINE, _UNTIL, _EVERYWHERE, 1
        )
    except cv2.error:
        # It found no better place, as in a picture without edges.
        return False
    at = np.asarray(fitted, np.float32)
    if max(abs(at[0, 1]), abs(at[1, 0])) > _SLANT:
        return False
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(
        whole, at, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    first, second = fingerprint.details(np.stack([moved, part]))
    return bool(fingerprint.correlation(first, second) >= ALIKE)


def _slices(places: Places, size: int) -> Iterator[Places]:
    for begin in range(0, len(places), size):
        yield places[begin : begin + size]


def _sized(span: Span) -> NDArray[np.float32]:
    """Return the matrix that brings a part of 32 levels to 32 levels, linearly."""
    places = (np.arange(SIDE) + 0.5) * span.kept + SIDE * span.start - 0.5
    return np.stack(
        [np.interp(places, np.arange(SIDE), row) for row in np.eye(SIDE)], axis=1
    ).astype(np.float32)


def _spans() -> list[Span]:
    return [
        Span(float(start), kept)
        for kept in _KEPT
        for start in np.linspace(0, 1 - kept, round((1 - kept) / _STEP) + 1)
    ]


_WINDOWS = [
    Window(across, down)
    for across in _spans()
    for down in _spans()
    if (across.kept, down.kept) != (1, 1)
]
_ROWS = np.stack([_sized(window.down) for window in _WINDOWS])
_COLUMNS = np.stack([_sized(window.across).T for window in _WINDOWS])
