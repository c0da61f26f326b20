"""The remover that removes nothing."""

from carclf.background import BackgroundRemover
from carclf.config import Treatment
from carclf.records import Box, Cutout, ImageRGB


class KeepBackground(BackgroundRemover):
    """Returns every photograph as it is."""

    def __init__(self, treatment: Treatment) -> None:
        self.treatment = treatment

    def remove(self, image: ImageRGB, box: Box | None = None) -> Cutout:
        return Cutout(image, box)
