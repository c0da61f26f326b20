"""What a network that Keras wrote into a log tells of the settings behind it."""

import re
from collections.abc import Iterator
from typing import Any

# Of keras.applications, longest first: ResNet50V2 is no ResNet50. Importing Keras to
# ask for them would take seconds.
_BACKBONES = sorted(
    [
        "EfficientNetLite0",
        *(f"ConvNeXt{size}" for size in ("Tiny", "Small", "Base", "Large", "XLarge")),
        *(f"DenseNet{depth}" for depth in (121, 169, 201)),
        *(f"EfficientNetB{size}" for size in range(8)),
        *(f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "S", "M", "L")),
        "InceptionResNetV2",
        "InceptionV3",
        "MobileNet",
        "MobileNetV2",
        "MobileNetV3Large",
        "MobileNetV3Small",
        "NASNetLarge",
        "NASNetMobile",
        *(f"ResNet{depth}{made}" for depth in (50, 101, 152) for made in ("", "V2")),
        "VGG16",
        "VGG19",
        "Xception",
    ],
    key=len,
    reverse=True,
)
_AUGMENTATION = {
    "RandomFlip": ("random_flip", ("mode",)),
    "RandomRotation": ("random_rotation", ("factor",)),
    "RandomZoom": ("random_zoom", ("height_factor", "width_factor")),
    "RandomTranslation": ("random_translation", ("height_factor", "width_factor")),
    "RandomContrast": ("random_contrast", ("factor",)),
    "RandomBrightness": ("random_brightness", ("factor",)),
}


def settings_of(model: dict[str, Any]) -> dict[str, Any]:
    """Return what a model's JSON tells of a config.yml, in its form.

    The size of images, the backbone, whether it was frozen, the classes, dropout and
    augmentation; whatever it does not tell is left out.
    """
    network: dict[str, Any] = {}
    found: dict[str, Any] = {"model": network}
    backbone = next((one for one in _models(model) if _backbone(one)), None)
    if backbone is not None:
        network["backbone"] = _backbone(backbone)
        learns = [
            inner.get("config", {}).get("trainable") for inner in _layers(backbone)
        ]
        found["learning"] = {"mode": "finetune" if any(learns) else "freeze"}
    layers = list(_layers(model, backbone))
    size = _image_size(layers)
    if size is not None:
        found["data"] = {"image_size": size}
    for layer in layers:
        if layer.get("class_name") == "Dropout":
            network["dropout_rate"] = layer["config"].get("rate")
        elif layer.get("class_name") == "Dense":
            network["classes"] = layer["config"].get("units")
    augmentation = _augmentation(layers)
    if augmentation:
        network["data_aug_layer"] = augmentation
    return found


def _models(model: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the models inside a model, then itself."""
    for layer in model.get("config", {}).get("layers", []):
        if "layers" in layer.get("config", {}):
            yield from _models(layer)
    yield model


def _layers(
    model: dict[str, Any], without: dict[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield every layer that is no model itself, but those of one of the models."""
    for layer in model.get("config", {}).get("layers", []):
        if layer is without:
            continue
        if "layers" in layer.get("config", {}):
            yield from _layers(layer, without)
        else:
            yield layer


def _backbone(model: dict[str, Any]) -> str | None:
    name = re.sub(
        r"[^a-z0-9]", "", str(model.get("config", {}).get("name", "")).lower()
    )
    return next((one for one in _BACKBONES if name.startswith(one.lower())), None)


def _image_size(layers: list[dict[str, Any]]) -> list[int] | None:
    for layer in layers:
        if layer.get("class_name") == "InputLayer":
            given = layer["config"]
            shape = given.get("batch_shape") or given.get("batch_input_shape") or []
            size = list(shape[1:3])
            return size if len(size) == 2 and all(size) else None
    return None


def _augmentation(layers: list[dict[str, Any]]) -> dict[str, Any]:
    found = {}
    for layer in layers:
        known = _AUGMENTATION.get(str(layer.get("class_name")))
        if known is not None:
            name, keys = known
            given = {key: layer["config"].get(key) for key in keys}
            found[name] = {
                key: value for key, value in given.items() if value is not None
            }
    return found
