"""Networks by name: a backbone from pixels to features, and a head for the classes."""

import difflib
import importlib
import pkgutil
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
from keras import layers

from carclf.config import ModelConfig, TrainConfig
from carclf.errors import ConfigError, TrainingError
from carclf.ml import augmentation, lite0

POOL, DROPOUT, HEAD = "pool", "dropout", "head"
AUGMENTATION = augmentation.NAME
LITE0, TINY = "EfficientNetLite0", "tiny"


@keras.saving.register_keras_serializable("carclf")
class ApplicationsPreprocessing(layers.Layer):
    """What a family of keras.applications expects, from RGB 0-255.

    Args:
        family: The module that owns `preprocess_input`, such as `resnet`.
    """

    def __init__(self, family: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.family = family

    def call(self, images: Any) -> Any:
        return _module(self.family).preprocess_input(images)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "family": self.family}


@keras.saving.register_keras_serializable("carclf")
class FixedStatistics(keras.Model):
    """A backbone that computes as in prediction even while it learns.

    BatchNormalization keeps its ImageNet statistics and still learns scale and offset.
    Calling a nested model with training=False does not do that in Keras 3: the model
    around it hands its own flag to everything inside. Source: keras issue 20285.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        return super().call(inputs, training=False, mask=mask)


def names() -> list[str]:
    """Return every backbone that can be asked for, our own first."""
    return [LITE0, TINY, *sorted(_families())]


def build(config: TrainConfig, classes: int) -> keras.Model:
    """Return the network from RGB 0-255 (batch, height, width, 3) to logits.

    The backbone is a model of its own inside, called `config.model.backbone` in lower
    case, and ends in the last feature map. What is trainable follows `config.mode`.
    Weights from a run are the caller's to load.

    Raises:
        ConfigError: The backbone is unknown, or does not take images of this size.
        TrainingError: The weights cannot be had, or there is no such layer to
            unfreeze from.
    """
    height, width = config.data.image_size
    image = keras.Input((height, width, 3), name="image")
    x = image
    if config.model.data_aug_layer is not None:
        x = augmentation.create(config.model.data_aug_layer)(x)
    x = preprocessing(config.model.backbone)(x)
    backbone = _backbone(config.model, height, width)
    if config.learning.batch_norm == "inference":
        backbone = FixedStatistics(backbone.input, backbone.output, name=backbone.name)
    _set_trainable(backbone, config)
    x = backbone(x)
    x = layers.GlobalAveragePooling2D(name=POOL)(x)
    x = layers.Dropout(config.model.dropout_rate, name=DROPOUT)(x)
    # Logits in 32 bits, for a softmax over 16-bit ones loses the small differences.
    logits = layers.Dense(classes, name=HEAD, dtype="float32")(x)
    return keras.Model(image, logits, name="classifier")


def restore(config: TrainConfig, classes: int, weights: Path) -> keras.Model:
    """Return the network that a run trained, with the weights of one of its epochs.

    Raises:
        TrainingError: The file is missing, or not of such a network.
    """
    untrained = {
        "model": config.model.model_copy(update={"weights": "none"}),
        "learning": config.learning.model_copy(update={"mode": config.mode}),
    }
    model = build(config.model_copy(update=untrained), classes)
    _load(model, weights)
    return model


def plain(model: keras.Model) -> keras.Model:
    """Return what predicts, as a network of Keras's own kinds: no augmentation.

    Keras then loads it without carclf, unless it has ApplicationsPreprocessing.
    """
    image = keras.Input(model.input.shape[1:], name="image")
    x = image
    for layer in model.layers[1:]:
        if layer.name == AUGMENTATION:
            continue
        if isinstance(layer, FixedStatistics):
            layer = keras.Model(layer.input, layer.output, name=layer.name)  # noqa: PLW2901
        x = layer(x)
    return keras.Model(image, x, name=model.name)


def backbone_of(model: keras.Model) -> keras.Model:
    """Return the backbone inside a network that `build` made."""
    backbone = find_backbone(model)
    assert backbone is not None
    return backbone


def find_backbone(model: keras.Model) -> keras.Model | None:
    """Return the backbone inside, or None where there is a head alone."""
    for layer in model.layers:
        if isinstance(layer, keras.Model) and layer.name != AUGMENTATION:
            return layer
    return None


def preprocessing(backbone: str) -> layers.Layer:
    """Return the layer from RGB 0-255 to what a backbone was trained on."""
    if backbone in (LITE0, TINY):
        # Source: efficientnet_lite_builder.py, MEAN_RGB and STDDEV_RGB.
        return layers.Rescaling(
            1 / 128, -127 / 128, name="preprocessing", dtype="float32"
        )
    return ApplicationsPreprocessing(
        _family(backbone), name="preprocessing", dtype="float32"
    )


def origin(config: ModelConfig) -> dict[str, str]:
    """Return where the weights that a training starts from come from, in words."""
    if config.weights == "none":
        return {"origin": "random", "licence": "none needed"}
    if config.weights != "imagenet":
        return {"origin": config.weights, "licence": "unknown to carclf"}
    if config.backbone == LITE0:
        return {"origin": lite0.ORIGIN, "licence": lite0.LICENCE}
    return {
        "origin": f"ImageNet weights of keras.applications.{config.backbone}",
        "licence": "as keras.io/api/applications says of this network",
    }


def copy_weights(source: keras.Model, target: keras.Model, words: str) -> None:
    """Give a backbone the weights of another of the same make.

    Raises:
        TrainingError: They differ; `words` says whose weights they are.
    """
    given, wanted = source.weights, target.weights
    if [one.shape for one in given] != [one.shape for one in wanted]:
        raise TrainingError(
            f"{words} do not fit the backbone {target.name}: they are of another "
            "network. Set model.backbone to the one they come from."
        )
    target.set_weights(source.get_weights())
    for layer in normalizations(target):
        # What it computes with are copies of its weights.
        layer.finalize_state()


def normalizations(model: keras.Model) -> list[layers.Normalization]:
    """Return the layers in which some networks of Keras standardise their input."""
    found = []
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found += normalizations(layer)
        elif isinstance(layer, layers.Normalization):
            found.append(layer)
    return found


def _backbone(config: ModelConfig, height: int, width: int) -> keras.Model:
    imagenet = config.weights == "imagenet"
    if config.backbone == LITE0:
        backbone = lite0.build(height, width, imagenet=imagenet)
    elif config.backbone == TINY:
        backbone = _tiny(height, width, imagenet=imagenet)
    else:
        backbone = _application(config.backbone, height, width, imagenet=imagenet)
    if not imagenet and config.weights != "none" and config.parent is None:
        _load_file(backbone, Path(config.weights).expanduser())
    return backbone


def _tiny(height: int, width: int, *, imagenet: bool) -> keras.Model:
    """Return three convolutions: for tests, and to see a training run in seconds."""
    if imagenet:
        raise ConfigError(
            "The tiny backbone has no ImageNet weights. Set model.weights to none."
        )
    image = keras.Input((height, width, 3), name="image")
    x = image
    for number, filters in enumerate((8, 16, 32), 1):
        x = layers.Conv2D(
            filters, 3, 2, "same", use_bias=False, name=f"block{number}_conv"
        )(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"block{number}_bn")(x)
        x = layers.ReLU(name=f"block{number}_relu")(x)
    return keras.Model(image, x, name=TINY)


def _application(name: str, height: int, width: int, *, imagenet: bool) -> keras.Model:
    make: Callable[..., keras.Model] = getattr(keras.applications, name)
    shape = (height, width, 3)
    try:
        backbone = make(include_top=False, weights=None, input_shape=shape)
    except ValueError as error:
        raise ConfigError(
            f"{name} does not take images of {height} × {width}: {error}"
        ) from error
    if imagenet:
        try:
            loaded = make(include_top=False, weights="imagenet", input_shape=shape)
        # Keras turns every failure of a download into a bare Exception.
        except Exception as error:
            raise TrainingError(
                f"The ImageNet weights of {name} could not be downloaded ({error}). "
                "Give a file that you have as model.weights, or use "
                f"{LITE0}, whose weights come with carclf."
            ) from error
        backbone = loaded
    return backbone


def _load_file(backbone: keras.Model, path: Path) -> None:
    """Load weights of the backbone alone, or of a whole network of carclf (.keras)."""
    if not path.is_file():
        raise TrainingError(
            f"model.weights is {path}, and there is no such file. Give imagenet, none, "
            "run:NAME or the path of a .keras, .weights.h5 or .h5 file."
        )
    if path.suffix != ".keras":
        _load(backbone, path)
        return
    try:
        whole = keras.saving.load_model(path, compile=False)
    except (ValueError, OSError, KeyError) as error:
        raise _misfit(backbone, path) from error
    source = backbone_of(whole) if HEAD in {one.name for one in whole.layers} else whole
    copy_weights(source, backbone, f"The weights in {path}")


def _load(model: keras.Model, path: Path) -> None:
    try:
        with warnings.catch_warnings():
            # Keras only warns of layers that it finds no weights for.
            warnings.filterwarnings("error", message="Skipping nested container")
            model.load_weights(path)
    except (ValueError, OSError, KeyError, UserWarning) as error:
        raise _misfit(model, path) from error


def _misfit(model: keras.Model, path: Path) -> TrainingError:
    if not path.is_file():
        return TrainingError(f"The weights {path} are gone. Start from another epoch.")
    return TrainingError(
        f"The weights in {path} are damaged, or do not fit {model.name}. Give a file "
        "made from the same network; of a backbone, one without its classifier."
    )


def _set_trainable(backbone: keras.Model, config: TrainConfig) -> None:
    start = config.learning.unfreeze_from
    backbone.trainable = config.mode == "finetune"
    if config.mode == "freeze" or start is None:
        return
    known = [layer.name for layer in backbone.layers]
    if start not in known:
        raise TrainingError(
            f"learning.unfreeze_from is {start}, which is no layer of "
            f"{config.model.backbone}{_nearest(start, known)}."
        )
    for layer in backbone.layers[: known.index(start)]:
        layer.trainable = False


def _family(backbone: str) -> str:
    families = _families()
    if backbone not in families:
        raise ConfigError(
            f"model.backbone is {backbone}, which carclf does not know"
            f"{_nearest(backbone, names())}."
        )
    return families[backbone]


def _families() -> dict[str, str]:
    """Return the module that prepares the images of each network of Keras."""
    families: dict[str, str] = {}
    for found in pkgutil.iter_modules(keras.applications.__path__):
        module = _module(found.name)
        for name in vars(module):
            if name[0].isupper():
                families.setdefault(name, found.name)
    # Keras keeps these two out of the module that prepares their images.
    for name in ("MobileNetV3Small", "MobileNetV3Large"):
        families[name] = "mobilenet_v3"
    return families


def _module(family: str) -> Any:
    return importlib.import_module(f"keras.applications.{family}")


def _nearest(given: str, known: Sequence[str]) -> str:
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(given.lower(), by_lower, n=1, cutoff=0.5)
    return f" (the nearest is {by_lower[near[0]]})" if near else ""
