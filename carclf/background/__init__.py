"""Background removers by name; none is imported before it is chosen."""

import difflib
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from carclf.config import Treatment
from carclf.errors import BackgroundError
from carclf.records import Box, Cutout, ImageRGB
from carclf.settings import Settings


class BackgroundRemover(Protocol):
    """Made from a Treatment; may be called from several threads."""

    def remove(self, image: ImageRGB, box: Box | None = None) -> Cutout:
        """Return the vehicle alone, or the whole image where none is found.

        Args:
            box: Where the vehicle is known to be; only some removers look at it.

        Raises:
            BackgroundError: The remover failed on this image.
        """

    @property
    def batch(self) -> int:
        """How many images are best given at once."""
        return 1

    def remove_all(
        self, images: Sequence[ImageRGB], boxes: Sequence[Box | None]
    ) -> list[Cutout]:
        """Return what `remove` does of each image, perhaps faster."""
        return [self.remove(*one) for one in zip(images, boxes, strict=True)]


@dataclass(frozen=True)
class _Listing:
    """Where a remover lies, and what it does, in a sentence for people.

    Attributes:
        outputs: What it can make of a vehicle, as `Treatment.output`.
        is_placed: It is told the settings, because what it needs lies outside.
    """

    import_path: str
    words: str
    outputs: tuple[str, ...] = ()
    is_placed: bool = False


_EVERY_OUTPUT = ("cutout", "blur", "crop")
# Import paths, not classes: listing the names must not import OpenVINO.
_REMOVERS = {
    "none": _Listing(
        "carclf.background.keep:KeepBackground", "Leave every photograph as it is."
    ),
    "box": _Listing(
        "carclf.background.box:CropToBox",
        "Crop to the vehicle's box, where the dataset brings one.",
        ("crop",),
    ),
    "u2netp": _Listing(
        "carclf.background.u2netp:CutOutSalient",
        "Find the most striking object with the U²-Net network and cut it out.",
        _EVERY_OUTPUT,
    ),
    "rembg": _Listing(
        "carclf.background.rembg:CutOutByRembg",
        "Find the most striking object with a larger network that rembg runs, such as "
        "ISNet or BiRefNet, and cut it out.",
        _EVERY_OUTPUT,
        is_placed=True,
    ),
    "detectron2-box": _Listing(
        "carclf.background.detectron2:CropToVehicle",
        "Find cars and trucks with Detectron2's Faster R-CNN, and crop to the largest.",
        ("crop",),
        is_placed=True,
    ),
    "detectron2-mask": _Listing(
        "carclf.background.detectron2:CutOutVehicle",
        "Find cars and trucks with Detectron2's Mask R-CNN, and cut the largest out.",
        _EVERY_OUTPUT,
        is_placed=True,
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


def outputs(name: str) -> tuple[str, ...]:
    """Return what a remover can make of a vehicle, as `Treatment.output`.

    Raises:
        BackgroundError: There is none of that name.
    """
    return _listing(name).outputs


def crops(treatment: Treatment) -> bool:
    """Say whether what the treatment makes shows a part of the photograph alone."""
    known = _REMOVERS.get(treatment.remover)
    return treatment.output == "crop" or (
        known is not None and known.outputs == ("crop",)
    )


def create(treatment: Treatment, settings: Settings | None = None) -> BackgroundRemover:
    """Return a remover that does what the treatment says.

    Args:
        settings: Where networks and environments lie; as the environment says if None.

    Raises:
        BackgroundError: Its name is unknown, it is not installed, or its model is
            missing or damaged.
    """
    listing = _listing(treatment.remover)
    module, _, kind = listing.import_path.partition(":")
    make = getattr(importlib.import_module(module), kind)
    places = [settings or Settings.from_environment()] if listing.is_placed else []
    remover: BackgroundRemover = make(treatment, *places)
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
