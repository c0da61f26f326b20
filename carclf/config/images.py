"""Which images a training sees, and how a file becomes the input of a network."""

from typing import Annotated, Literal

from pydantic import Field

from carclf.config.section import Section, Share

Resize = Literal["squash", "pad", "crop"]
Vehicle = Literal["car", "bus", "truck"]
Pixels = Annotated[int, Field(ge=32, le=1024)]


class Treatment(Section):
    """What is done about the background before an image is resized."""

    remover: str = "none"
    """A background remover, by its name."""
    output: Literal["cutout", "blur", "crop"] = "cutout"
    """The vehicle alone on `fill`, before a blurred background, or its box alone."""
    fill: str = Field("#ffffff", pattern="^#[0-9a-fA-F]{6}$")
    """The colour behind a cut-out, and beside a padded one, #rrggbb."""
    margin: float = Field(0.05, ge=0, le=1)
    """Added around a box on every side, as a share of that side."""
    keep_aspect: bool = False
    """Crop to a square, so that a square network does not see the vehicle squashed."""
    score: float = Field(0.5, ge=0, le=1)
    """What a detector has to be sure of, 0-1, for a vehicle to count."""
    classes: tuple[Vehicle, ...] = Field(("car", "truck"), min_length=1)
    """What counts as a vehicle, to a detector that tells them apart."""
    size: int = Field(800, ge=64, le=1600)
    """Of an image's shorter side when a detector sees it, in pixels."""
    network: str = "isnet-general-use"
    """What rembg calls the kind of network that it runs."""
    weights: str = ""
    """A network of one's own, as `background.weights.pin` writes it: name#hash."""


class Preparation(Section):
    """How a file becomes the input of a network; stored in its bundle."""

    height: Pixels = 224
    """Of the network's input, in pixels."""
    width: Pixels = 224
    """Of the network's input, in pixels."""
    resize: Resize = "squash"
    """How another aspect ratio is met."""
    treatment: Treatment = Treatment()
    """What was done about the background."""


class DataConfig(Section):
    """Which images, and how they are fed."""

    version: str = "sample"
    """The name of a dataset version."""
    directory: str | None = None
    """Where the report kept its images; kept, and not read."""
    labels: Literal["inferred"] = "inferred"
    """As the report wrote it; labels stand in the version."""
    label_mode: Literal["categorical"] = "categorical"
    """As the report wrote it."""
    validation_split: Share = 0.2
    """As the report wrote it; the split is frozen in the version."""
    image_size: tuple[Pixels, Pixels] = (224, 224)
    """Height and width of the network's input, in pixels."""
    batch_size: int = Field(32, ge=1, le=4096)
    """Images a step."""
    resize: Resize = "squash"
    """How another aspect ratio is met: squash (as the report did), pad, or crop."""
