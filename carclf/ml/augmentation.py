"""How images are varied while a network learns: layers from pixels 0-255 to the same.

Keras's own where they do what the settings say. All draw for each image anew, and
compute in 32 bits whatever the network does.
"""

import math
from typing import Any

import keras
from keras import layers, ops

from carclf.config import Augmentation
from carclf.config.network import RandomColorJitter

NAME = "augmentation"
GREY = 128


def create(wanted: Augmentation) -> keras.Sequential:
    """Return the layers that vary an image 0-255 while training, in their order."""
    chosen: list[layers.Layer] = []
    for name in type(wanted).model_fields:
        given = getattr(wanted, name)
        if given is not None:
            chosen += _made(name, given)
    if keras.backend.backend() == "jax":
        # What Keras says of them is true of TensorFlow's compiler alone.
        for layer in chosen:
            layer.supports_jit = True
    # Keras refuses to build an empty Sequential.
    return keras.Sequential(chosen or [layers.Identity(dtype="float32")], name=NAME)


def _made(name: str, given: Any) -> list[layers.Layer]:
    arguments = given.model_dump(exclude_none=True)
    if name == "random_color_jitter":
        return _jitter(given)
    if name == "rand_augment":
        return [DrawnChanges(**arguments, dtype="float32")]
    if name == "trivial_augment":
        return [DrawnChanges(num_ops=1, factor=None, dtype="float32")]
    if name == "random_resized_crop":
        return [RandomResizedCrop(**arguments, dtype="float32")]
    if name in ("random_contrast", "random_erasing"):
        # From one number Keras 3.15 draws between 0 and it: contrast would only grow,
        # and half as many images as asked for would lose a rectangle.
        arguments["factor"] = (given.factor, given.factor)
    return [getattr(layers, _class_name(name))(**arguments, dtype="float32")]


def _jitter(wanted: RandomColorJitter) -> list[layers.Layer]:
    """Return what Keras's RandomColorJitter consists of.

    That layer takes 1 for the whole range of a saturation 0-255, where it is 0-1, and
    makes its parts without its own dtype.
    """
    found = []
    if wanted.brightness_factor > 0:
        found.append(layers.RandomBrightness(wanted.brightness_factor, dtype="float32"))
    if wanted.contrast_factor > 0:
        both = (wanted.contrast_factor, wanted.contrast_factor)
        found.append(layers.RandomContrast(both, dtype="float32"))
    if wanted.saturation_factor > 0:
        # Keras multiplies by f / (1 - f).
        ends = (1 - wanted.saturation_factor, 1 + wanted.saturation_factor)
        factor = tuple(end / (1 + end) for end in ends)
        found.append(layers.RandomSaturation(factor, (0, 1), dtype="float32"))
    if wanted.hue_factor > 0:
        found.append(layers.RandomHue(wanted.hue_factor, dtype="float32"))
    return found


@keras.saving.register_keras_serializable("carclf")
class RandomResizedCrop(layers.Layer):
    """Enlarges a part of each image to the whole of it.

    Args:
        scale: Smallest and largest share of the area that is kept.
        ratio: Smallest and largest change of the aspect ratio.

    Source: Szegedy et al. 2014, Going Deeper with Convolutions.
    """

    def __init__(
        self,
        scale: tuple[float, float] = (0.35, 1.0),
        ratio: tuple[float, float] = (0.75, 1.3333),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.scale, self.ratio = tuple(scale), tuple(ratio)
        self.seeds = keras.random.SeedGenerator()

    def call(self, images: Any, training: bool = False) -> Any:
        images = ops.cast(images, "float32")
        if not training:
            return images
        count = ops.shape(images)[0]
        area = self._draw(count, *sorted(self.scale))
        stretch = ops.exp(self._draw(count, *map(math.log, sorted(self.ratio))))
        width = ops.minimum(1.0, ops.sqrt(area * stretch))
        height = ops.minimum(1.0, ops.sqrt(area / stretch))
        left = self._draw(count, 0.0, 1.0) * (1 - width)
        top = self._draw(count, 0.0, 1.0) * (1 - height)
        rows, columns = images.shape[1:3]
        images = ops.einsum("nij,njkc->nikc", _enlarge(top, height, rows), images)
        return ops.einsum("nlk,nikc->nilc", _enlarge(left, width, columns), images)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale, "ratio": self.ratio}

    def _draw(self, count: Any, low: float, high: float) -> Any:
        return keras.random.uniform((count,), low, high, seed=self.seeds)


def _enlarge(start: Any, share: Any, length: int) -> Any:
    """Return matrices that draw parts of a side out to all of it, (n, length, length).

    Multiplying by them is linear interpolation, and quick with either backend; moving
    pixels by `affine_transform` is slow with JAX on a processor, and keeps
    TensorFlow from compiling the network on a GPU.
    """
    places = ops.arange(length, dtype="float32")
    # Pixels are measured from their middles.
    sources = (places + 0.5) * share[:, None] + start[:, None] * length - 0.5
    sources = ops.clip(sources, 0, length - 1)
    return ops.maximum(0.0, 1 - ops.abs(sources[:, :, None] - places))


_OPERATIONS = (
    "identity",
    "autocontrast",
    "rotate",
    "solarize",
    "color",
    "posterize",
    "contrast",
    "brightness",
    "sharpness",
    "shear_x",
    "shear_y",
    "translate_x",
    "translate_y",
)
# At full strength. Source: torchvision.transforms.RandAugment.
_TURN, _SHEAR, _SHIFT, _BLEND = math.radians(30), 0.3, 150 / 331, 0.9


@keras.saving.register_keras_serializable("carclf")
class DrawnChanges(layers.Layer):
    """Changes each image by operations of RandAugment's list, drawn for it alone.

    The list is the paper's but for `equalize`, whose histograms would take longer than
    all the rest. Keras's RandAugment draws for a whole batch at once, computes its
    whole list each time, and turns by up to 360° × factor.

    Args:
        num_ops: How many operations change an image.
        factor: Their strength, 0-1; None draws it anew each time.

    Source: Cubuk et al. 2019, RandAugment; Müller & Hutter 2021, TrivialAugment.
    """

    def __init__(
        self, num_ops: int = 2, factor: float | None = 0.3, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.num_ops, self.factor = num_ops, factor
        self.seeds = keras.random.SeedGenerator()
        # As Keras says of its own layers that move pixels.
        self.supports_jit = False

    def call(self, images: Any, training: bool = False) -> Any:
        images = ops.cast(images, "float32")
        if not training:
            return images
        moves: dict[str, Any] = {}
        for _ in range(self.num_ops):
            chosen, strength, signed = self._drawn(ops.shape(images)[0])
            images = _blended(images, chosen, signed)
            images = _requantised(images, chosen, strength)
            for name in _OPERATIONS:
                moves[name] = moves.get(name, 0.0) + chosen[name] * signed
        # One pass moves the pixels, whatever the number of operations.
        return ops.image.affine_transform(
            images, _transform(images, moves), fill_mode="constant", fill_value=GREY
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_ops": self.num_ops,
            "factor": self.factor,
        }

    def _drawn(self, count: Any) -> tuple[dict[str, Any], Any, Any]:
        """Return for each image: its operation (1, all others 0), strength, signed."""
        drawn = keras.random.randint((count,), 0, len(_OPERATIONS), seed=self.seeds)
        chosen = {
            name: ops.cast(ops.equal(drawn, place), "float32")
            for place, name in enumerate(_OPERATIONS)
        }
        strength = keras.random.uniform((count,), seed=self.seeds)
        if self.factor is not None:
            strength = ops.full_like(strength, self.factor)
        coin = keras.random.uniform((count,), -1.0, 1.0, seed=self.seeds)
        return chosen, strength, strength * ops.sign(coin)


def _blended(images: Any, chosen: dict[str, Any], signed: Any) -> Any:
    """Move images away from, or towards, what they are without colour or edges."""
    names = ("color", "contrast", "brightness", "sharpness")
    amount = sum(chosen[name] for name in names) * signed * _BLEND
    weights = ops.convert_to_tensor([0.299, 0.587, 0.114], "float32")
    grey = ops.sum(images * weights, axis=-1, keepdims=True)
    # PIL smooths with weights of 1, and 5 in the middle.
    around = ops.average_pool(images, 3, 1, "same", "channels_last")
    without = (
        _wide(chosen["color"]) * grey
        + _wide(chosen["contrast"]) * ops.mean(grey, axis=(1, 2), keepdims=True)
        + _wide(chosen["sharpness"]) * (9 * around + 4 * images) / 13
    )
    return ops.clip(images + _wide(amount) * (images - without), 0, 255)


def _requantised(images: Any, chosen: dict[str, Any], strength: Any) -> Any:
    """Stretch, invert the bright part, or coarsen the values of images."""
    stretched = _wide(chosen["autocontrast"])
    low = ops.min(images, axis=(1, 2), keepdims=True) * stretched
    high = ops.max(images, axis=(1, 2), keepdims=True)
    high = high * stretched + 255 * (1 - stretched)
    images = (images - low) * (255 / ops.maximum(high - low, 1))
    threshold = _wide(256 - 256 * strength * chosen["solarize"])
    images = ops.where(images >= threshold, 255 - images, images)
    step = _wide(2 ** ops.round(4 * strength))
    coarse = ops.floor(images / step) * step
    return ops.where(_wide(chosen["posterize"]) > 0, coarse, images)


def _transform(images: Any, moves: dict[str, Any]) -> Any:
    """Return where each pixel comes from, as `ops.image.affine_transform` takes it."""
    height, width = images.shape[1:3]
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    sine, cosine = (turn(_TURN * moves["rotate"]) for turn in (ops.sin, ops.cos))
    shear_x, shear_y = (_SHEAR * moves[f"shear_{axis}"] for axis in "xy")
    a0, a1 = cosine - sine * shear_y, cosine * shear_x - sine
    b0, b1 = sine + cosine * shear_y, cosine + sine * shear_x
    a2 = middle_x * (1 - a0) - middle_y * a1 + _SHIFT * width * moves["translate_x"]
    b2 = middle_y * (1 - b1) - middle_x * b0 + _SHIFT * height * moves["translate_y"]
    flat = ops.zeros_like(a0)
    return ops.stack([a0, a1, a2, b0, b1, b2, flat, flat], axis=1)


def _wide(values: Any) -> Any:
    """Return one value an image in a shape to compute with its pixels."""
    return ops.reshape(values, (-1, 1, 1, 1))


def _class_name(name: str) -> str:
    """Return the Keras name: RandomFlip for random_flip."""
    return "".join(word.capitalize() for word in name.split("_"))
