"""Treated photographs: made once, kept in the cache under what they were made from."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from carclf import background, images, store
from carclf.background import BackgroundRemover, facts
from carclf.batches import read_ahead
from carclf.config import Treatment
from carclf.datasets.drafts import Draft
from carclf.errors import BackgroundError, UnreadableImageError
from carclf.records import Box, Cutout, Example, ImageRGB, Removal, Skipped
from carclf.settings import Settings
from carclf.store import images as stored_images
from carclf.store import versions

# At quality 95 with full chroma, cut-outs of Stanford Cars took 27 KB where PNG took
# 90, were read in a third of the time, and differed by 48 dB: less than anyone sees.
SUFFIX = ".jpg"
# One bad photograph is no reason to end; so many in a row are not the photographs'.
MOST_FAILURES = 5
_AHEAD = 8


@dataclass(frozen=True)
class Made:
    """A treated photograph in the cache, and what was found in it."""

    example: Example
    path: Path
    removal: Removal


@dataclass(frozen=True)
class _Read:
    """A photograph that waits to be treated."""

    example: Example
    image: ImageRGB


class Treating:
    """Takes backgrounds away, as many at once as the remover likes.

    Args:
        remover: Made from `treatment`.
    """

    def __init__(
        self, settings: Settings, treatment: Treatment, remover: BackgroundRemover
    ) -> None:
        self._settings, self._treatment = settings, treatment
        self._remover = remover
        self._failures = 0

    def each(self, examples: Sequence[Example]) -> Iterator[Made | Skipped]:
        """Yield every photograph treated, or why it could not be, in their order.

        Raises:
            BackgroundError: The remover fails again and again.
            StoreError: The disk is full.
        """
        size = self._remover.batch
        for ahead in read_ahead(examples, self._read, max(_AHEAD, size)):
            for start in range(0, len(ahead), size):
                yield from self._treated(ahead[start : start + size])

    def _read(self, example: Example) -> Made | _Read | Skipped:
        made = kept(self._settings, example, self._treatment)
        if made is not None:
            return made
        path = self._settings.resolve(example.path)
        try:
            return _Read(example, images.read_rgb(path))
        except UnreadableImageError as error:
            return Skipped(example.file_name, images.trouble(example.path, error))

    def _treated(
        self, batch: Sequence[Made | _Read | Skipped]
    ) -> Iterator[Made | Skipped]:
        waiting = [one for one in batch if isinstance(one, _Read)]
        done = iter(self._removed(waiting)) if waiting else iter(())
        for one in batch:
            if not isinstance(one, _Read):
                yield one
                continue
            cutout = next(done)
            yield cutout if isinstance(cutout, Skipped) else self._keep(one, cutout)

    def _removed(self, waiting: Sequence[_Read]) -> list[Cutout | Skipped]:
        try:
            boxes = [one.example.box for one in waiting]
            found = self._remover.remove_all([one.image for one in waiting], boxes)
        except BackgroundError as error:
            if len(waiting) > 1:
                # One of them is to blame, and the others are not to go with it.
                return [self._removed([one])[0] for one in waiting]
            self._failures += 1
            if self._failures == MOST_FAILURES:
                raise
            return [Skipped(waiting[0].example.file_name, f"was left out: {error}")]
        self._failures = 0
        return list(found)

    def _keep(self, one: _Read, cutout: Cutout) -> Made:
        path = _path(self._settings, one.example, self._treatment)
        removal = facts.of(one.image, cutout)
        images.write(path, cutout.image)
        # Last, for with it the photograph counts as done.
        told = json.dumps(asdict(removal)).encode()
        images.write_bytes(path.with_suffix(".json"), told)
        return Made(one.example, path, removal)


def draft(made: Made, treatment: Treatment) -> Draft:
    """Return what is to be kept of a photograph in a treated version."""
    is_same_frame = made.removal.box is None or not background.crops(treatment)
    return Draft(
        path=made.path,
        facts=images.describe(made.path),
        label=made.example.label,
        split=made.example.split,
        file_name=Path(made.example.file_name).stem + SUFFIX,
        # A cropped picture is the vehicle; the old box would lie elsewhere in it.
        box=made.example.box if is_same_frame else None,
        parent_id=made.example.image_id,
        removal=made.removal,
    )


def kept(settings: Settings, example: Example, treatment: Treatment) -> Made | None:
    """Return what was made of a photograph before; None if it is not in the cache."""
    path = _path(settings, example, treatment)
    try:
        told: dict[str, Any] = json.loads(path.with_suffix(".json").read_bytes())
        box = told.pop("box")
        removal = Removal(Box(**box) if box else None, **told)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return Made(example, path, removal) if path.is_file() else None


def treatment_of(settings: Settings, path: Path) -> Treatment | None:
    """Return how a file's picture was treated, if a version holds the same bytes."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with store.connect(settings.db_path) as db:
        image = stored_images.by_content(db, digest)
        held = versions.holding(db, image.id) if image else []
    found = [Treatment.model_validate(one.treatment) for one in held]
    # What a version holds as photographed was taken so, whatever it is elsewhere.
    return min(found, key=lambda one: one.remover != "none", default=None)


def _path(settings: Settings, example: Example, treatment: Treatment) -> Path:
    how = json.dumps(treatment.model_dump(mode="json"), sort_keys=True)
    # The photograph's box is part of what some removers go by.
    what = hashlib.sha256(f"{how} {example.sha256} {example.box}".encode()).hexdigest()
    return settings.cache / "treated" / what[:2] / f"{what}{SUFFIX}"
