"""From a photograph to the network's input, as carclf does it, by NumPy and Pillow.

Where the network learnt from images without their backgrounds (see README.md), give it
images that were treated alike: this prepares the size, not the background.
"""

import sys
from functools import cache

import numpy as np
from PIL import Image, ImageOps


def prepare(photograph, how):
    """Return float32 (height, width, 3), RGB from 0 to 255.

    Args:
        how: The “preparation” of bundle.json.
    """
    remind(how["treatment"]["remover"])
    pixels = read(photograph)
    size, old = np.array([how["height"], how["width"]]), np.array(pixels.shape[:2])
    new = size
    if how["resize"] != "squash":
        scale = (min if how["resize"] == "pad" else max)(size / old)
        new = np.rint(old * scale).clip(1).astype(int)
    page = Image.new("RGB", (how["width"], how["height"]), how["treatment"]["fill"])
    top, left = np.trunc((size - new) / 2).astype(int).tolist()
    page.paste(Image.fromarray(resize(pixels, *new)), (left, top))
    return np.asarray(page, np.float32)


@cache
def remind(remover):
    """Say once what is not prepared here."""
    if remover != "none":
        print(
            f"This network learnt from images treated by {remover}: give it such, as "
            "README.md tells. On photographs as taken it is worse.",
            file=sys.stderr,
        )


def read(photograph):
    """Return uint8 (height, width, 3): upright, on white where it is transparent."""
    image = ImageOps.exif_transpose(Image.open(photograph))
    if image.mode[0] in "IF":  # grey of more than 8 bits
        deep = np.nan_to_num(np.asarray(image, np.float64))
        deep = deep / max(deep.max(), 1.0 if image.mode == "F" else 65535.0)
        image = Image.fromarray(np.clip(deep * 255 + 0.5, 0, 255).astype(np.uint8))
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return np.asarray(image.convert("RGB"))


def resize(pixels, height, width):
    """Return the image at another size, as OpenCV's INTER_AREA or INTER_LINEAR does."""
    old = pixels.shape[:2]
    way = "linear"
    if height * width < old[0] * old[1]:
        way = "area" if height <= old[0] and width <= old[1] else "mixed"
    rows, columns = _weights(old[0], height, way), _weights(old[1], width, way)
    half = (rows @ pixels.reshape(old[0], -1)).reshape(height, old[1], 3)
    return _rounded(columns @ half, way, old == (2 * height, 2 * width))


def _rounded(image, way, is_half):
    """Return whole numbers as OpenCV does, which has a way of its own for each case."""
    if way != "area":  # it computes with few bits, and drops the last of them
        image = np.floor(image + 0.375)
    elif is_half:
        image = np.floor(image + 0.5)
    return np.rint(image).clip(0, 255).astype(np.uint8)


def _weights(old, new, way):
    """Return how much of each old pixel is in each new one, shape (new, old)."""
    # Not old / new: what is rounded below must fall on the same side as OpenCV's.
    step, place, pixel = 1 / (new / old), np.arange(new)[:, None], np.arange(old)
    if way == "area":
        first, last = np.maximum(place * step, pixel), (place + 1) * step
        weights = (np.minimum(last, pixel + 1) - first).clip(0) / step
    else:
        at = (place + 0.5) * step - 0.5
        if way == "mixed":  # one side shrinks, the other grows
            at = np.floor(place * step)
            part = np.float32(place + 1 - (at + 1) * (new / old))
            at = at + np.maximum(part, 0) % 1
        weights = (1 - np.abs(at.clip(0, old - 1) - pixel)).clip(0)
    return weights.astype(np.float32)
