"""The network, and how its input is varied while it learns."""

import re
from typing import Literal

from pydantic import Field

from carclf.config.section import Section, Share

_RUN_WEIGHTS = re.compile(r"run:(?P<run>.+?)(@(?P<epoch>\d+))?")


class RandomFlip(Section):
    mode: Literal["horizontal", "vertical", "horizontal_and_vertical"] = (
        "horizontal_and_vertical"
    )
    """Along which axes an image may be mirrored; with both, along both or none."""


class RandomRotation(Section):
    factor: float = Field(0.2, ge=0, le=1)
    """Largest angle, as a share of a full turn."""


class RandomZoom(Section):
    height_factor: float = Field(0.2, ge=0, le=1)
    """Largest zoom in or out, as a share of the height."""
    width_factor: float | None = Field(None, ge=0, le=1)
    """The same of the width; left out, the aspect ratio stays."""


class RandomTranslation(Section):
    height_factor: float = Field(0.1, ge=0, le=1)
    """Largest shift, as a share of the height."""
    width_factor: float = Field(0.1, ge=0, le=1)
    """Largest shift, as a share of the width."""


class RandomContrast(Section):
    factor: float = Field(0.2, ge=0, le=1)
    """Largest change of contrast, as a share."""


class RandomBrightness(Section):
    factor: float = Field(0.2, ge=0, le=1)
    """Largest change of brightness, as a share of the full range."""


class RandomColorJitter(Section):
    brightness_factor: float = Field(0.2, ge=0, le=1)
    """Largest change of brightness."""
    contrast_factor: float = Field(0.2, ge=0, le=1)
    """Largest change of contrast."""
    saturation_factor: float = Field(0.2, ge=0, le=1)
    """Largest change of saturation."""
    hue_factor: float = Field(0.0, ge=0, le=1)
    """Largest turn of the hue."""


class RandomErasing(Section):
    factor: float = Field(0.25, ge=0, le=1)
    """Chance that a rectangle of an image is erased."""
    scale: tuple[float, float] = (0.02, 0.33)
    """Smallest and largest share of the area that is erased."""


class RandAugment(Section):
    num_ops: int = Field(2, ge=1, le=8)
    """How many changes are made to an image, drawn from RandAugment's list (all of it
    but equalize)."""
    factor: float = Field(0.3, ge=0, le=1)
    """How strong they are."""


class TrivialAugment(Section):
    """One change from RandAugment's list, of a strength drawn anew (Müller 2021)."""


class RandomResizedCrop(Section):
    scale: tuple[float, float] = (0.35, 1.0)
    """Smallest and largest share of the area that is kept."""
    ratio: tuple[float, float] = (0.75, 1.3333)
    """Smallest and largest change of the aspect ratio."""


class Augmentation(Section):
    """Layers by their Keras names, applied in this order while training."""

    random_resized_crop: RandomResizedCrop | None = None
    """A part of the image, enlarged to the whole of it."""
    random_flip: RandomFlip | None = None
    """Mirrors images."""
    random_rotation: RandomRotation | None = None
    """Turns images."""
    random_zoom: RandomZoom | None = None
    """Enlarges or shrinks images."""
    random_translation: RandomTranslation | None = None
    """Shifts images."""
    random_contrast: RandomContrast | None = None
    """Changes contrast."""
    random_brightness: RandomBrightness | None = None
    """Changes brightness."""
    random_color_jitter: RandomColorJitter | None = None
    """Changes brightness, contrast, saturation and hue together."""
    rand_augment: RandAugment | None = None
    """Several changes drawn from a list (Cubuk 2019)."""
    trivial_augment: TrivialAugment | None = None
    """One change of any strength, drawn from the same list (Müller 2021)."""
    random_erasing: RandomErasing | None = None
    """Hides a rectangle (Zhong 2017)."""


class ModelConfig(Section):
    """The network."""

    backbone: str = "EfficientNetLite0"
    """EfficientNetLite0, tiny, or any network of keras.applications."""
    weights: str = "imagenet"
    """`imagenet`, `none`, a weights file, `run:NAME` for a run's best epoch or
    `run:NAME@EPOCH` for another that was kept."""
    input_shape: tuple[int, int, int] | None = None
    """As the report wrote it; `data.image_size` decides."""
    classes: int | None = Field(None, ge=2)
    """If given, the version must have just as many."""
    dropout_rate: Share = 0.3
    """Share of the pooled features that is dropped while training."""
    data_aug_layer: Augmentation | None = None
    """How images are varied while training."""

    @property
    def parent(self) -> tuple[str, int | None] | None:
        """The run (id or name) and the epoch (None: the best) of the weights."""
        match = _RUN_WEIGHTS.fullmatch(self.weights)
        if match is None:
            return None
        epoch = match["epoch"]
        return match["run"], int(epoch) if epoch else None
