"""Background removers by name; none is imported before it is chosen."""

import difflib
import importlib
from dataclasses import dataclass
from typing import Protocol

from carclf.config import Treatment
from carclf.errors import BackgroundError
from carclf.records import Box, Cutout, ImageRGB


class BackgroundRemover(Protocol):
    """Made from a Treatment; may be called from several threads."""

    def remove(self, image: ImageRGB, box: Box | None = None) -> Cutout:
        """Return the vehicle alone, or the whole image where none is found.

        Args:
            box: Where the vehicle is known to be; only some removers look at it.
        """


@dataclass(frozen=True)
class _Listing:
    """Where a remover lies, and what it does, in a sentence for people."""

    import_path: str
    words: str


# Import paths, not classes: listing the names must not import ONNX Runtime.
_REMOVERS = {
    "none": _Listing(
        "carclf.background.keep:KeepBackground", "Leave every photograph as it is."
    ),
    "box": _Listing(
        "carclf.background.box:CropToBox",
        "Crop to the vehicle's box, where the dataset brings one.",
    ),
    "u2netp": _Listing(
        "carclf.background.u2netp:CutOutSalient",
        "Find the most striking object with the U²-Net network and cut it out.",
    ),
}


def names() -> tuple[str, ...]:
    return tuple(_REMOVERS)


def describe(name: str) -> str:
    """Return what a remover does, in a sentence.

    Raises:
        BackgroundError: There is none of that name.
    """
    return _listing(name).words


def create(treatment: Treatment) -> BackgroundRemover:
    """Return a remover that does what the treatment says.

    Raises:
        BackgroundError: Its name is unknown, or its model is missing or damaged.
    """
    module, _, kind = _listing(treatment.remover).import_path.partition(":")
    remover: BackgroundRemover = getattr(importlib.import_module(module), kind)(
        treatment
    )
    return remover


def fill_colour(treatment: Treatment) -> tuple[int, int, int]:
    """Return the treatment's fill as red, green, blue from 0 to 255."""
    red, green, blue = bytes.fromhex(treatment.fill[1:])
    return red, green, blue


def _listing(name: str) -> _Listing:
    if name not in _REMOVERS:
        near = difflib.get_close_matches(name, _REMOVERS, n=1, cutoff=0.4)
        hint = (
            f"Did you mean “{near[0]}”?" if near else f"Known: {', '.join(_REMOVERS)}."
        )
        raise BackgroundError(f"There is no background remover called “{name}”. {hint}")
    return _REMOVERS[name]
