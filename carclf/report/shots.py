"""Photographs of the store, made small enough to travel inside a report."""

from collections.abc import Sequence

from carclf import images
from carclf.errors import UnreadableImageError
from carclf.report.document import Picture
from carclf.report.findings import Shot
from carclf.settings import Settings

SIZE = 280


class Album:
    """The pictures of one report, each with a name of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._taken = 0

    def pictures(self, shots: Sequence[Shot], kind: str) -> tuple[Picture, ...]:
        """Return a picture a photograph; one that left the disk has no bytes."""
        return tuple(self._picture(one, kind) for one in shots)

    def _picture(self, one: Shot, kind: str) -> Picture:
        self._taken += 1
        tones = {None: "plain", True: "good", False: "bad"}
        return Picture(
            name=f"{kind}-{self._taken:03d}",
            jpeg=self._jpeg(one),
            label=one.label,
            words=one.words,
            tone=tones[one.is_good],  # type: ignore[arg-type]
        )

    def _jpeg(self, one: Shot) -> bytes | None:
        try:
            return images.small_jpeg(self._settings.resolve(one.path), SIZE)
        except UnreadableImageError:
            return None
