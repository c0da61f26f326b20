"""The images of a version, ready for a network, a batch at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from carclf import images, preparation
from carclf.batches import read_ahead
from carclf.bundle import Bundle
from carclf.errors import UnreadableImageError
from carclf.records import Area, Example, ImageRGB, Skipped
from carclf.settings import Settings


@dataclass(frozen=True)
class Ready:
    """An image as the network takes it.

    Attributes:
        vehicle: Where the vehicle's box lies in it, if one is known.
    """

    example: Example
    image: ImageRGB
    vehicle: Area | None


@dataclass(frozen=True)
class Batch:
    """Images that are computed at once, and those that could not be read."""

    ready: tuple[Ready, ...]
    skipped: tuple[Skipped, ...]


def read(
    settings: Settings, bundle: Bundle, examples: Sequence[Example]
) -> Iterator[Batch]:
    """Yield batches; the next one is decoded while the network sees this one."""

    def one(example: Example) -> Ready | Skipped:
        return _prepared(settings, bundle, example)

    for found in read_ahead(examples, one):
        yield _batch(found)


def _batch(found: Sequence[Ready | Skipped]) -> Batch:
    return Batch(
        tuple(one for one in found if isinstance(one, Ready)),
        tuple(one for one in found if isinstance(one, Skipped)),
    )


def _prepared(settings: Settings, bundle: Bundle, example: Example) -> Ready | Skipped:
    path = settings.resolve(example.path)
    try:
        image = images.read_rgb(path)
    except UnreadableImageError as error:
        return Skipped(example.file_name, images.trouble(path, error))
    height, width = image.shape[:2]
    how, box = bundle.preparation, example.box
    return Ready(
        example,
        # A version's images are treated already; `judge` saw to it.
        preparation.resize(image, how),
        preparation.place(box, height, width, how) if box else None,
    )
