"""Thumbnails for galleries, made when first shown."""

import base64
import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from carclf import devices, images
from carclf.errors import UnreadableImageError
from carclf.records import Box, ImageRGB
from carclf.settings import Settings

PAGE = 36
_BOX_COLOUR = (255, 122, 69)


class Stored(Protocol):
    """A photograph of the store: an `Image` or an `Example`."""

    @property
    def path(self) -> Path: ...

    @property
    def sha256(self) -> str: ...


Tile = tuple[str | ImageRGB, str]


def gallery(settings: Settings, rows: Iterable[tuple[Stored, str]]) -> list[Tile]:
    """Return (thumbnail, caption) for gr.Gallery, one a row and in the same order.

    A photograph that left the disk becomes a grey tile that says so.
    """
    # Threads help: decoding and encoding let go of Python's lock.
    with ThreadPoolExecutor(devices.cores()) as pool:
        return list(pool.map(lambda row: _tile(settings, *row), rows))


def large(settings: Settings, stored: Stored, size: int = 960) -> str:
    """Return a copy of one photograph to look at, at most `size` pixels a side.

    Raises:
        UnreadableImageError: The file is gone or damaged.
    """
    path = settings.resolve(stored.path)
    return str(images.thumbnail(settings, path, stored.sha256, size))


def sample(
    settings: Settings, path: Path, box: Box | None, size: int = 320
) -> str | ImageRGB:
    """Return a small copy of a photograph that the store does not know, box drawn.

    It is kept by the file's name and time, for its content is not read whole.
    """
    try:
        known = path.stat()
        what = f"{known.st_ino} {known.st_mtime_ns} {known.st_size} {path}"
        key = hashlib.sha256(os.fsencode(what)).hexdigest()
        small = images.thumbnail(settings, path, key, size)
        return str(small if box is None else _boxed(small, path, box))
    except (OSError, UnreadableImageError):
        return _grey()


def _boxed(small: Path, path: Path, box: Box) -> Path:
    """Return a thumbnail with its box drawn, made when it is first asked for."""
    edges = (box.left, box.top, box.right, box.bottom)
    boxed = small.with_stem(f"{small.stem}-{'-'.join(map(str, edges))}")
    if boxed.exists():
        return boxed
    image = images.read_rgb(small)
    scale = image.shape[1] / images.measure(path)[0]
    left, top, right, bottom = (max(0, round(edge * scale)) for edge in edges)
    inside = image[top + 2 : bottom - 2, left + 2 : right - 2].copy()
    image[top:bottom, left:right] = _BOX_COLOUR
    image[top + 2 : bottom - 2, left + 2 : right - 2] = inside
    images.write(boxed, image)
    return boxed


def dropped(payload: dict[str, Any] | None) -> tuple[Path, str] | None:
    """Return where a dropped file lies and what it is called; None without one.

    Args:
        payload: What gr.Image or gr.File sends with `preprocess=False`. Gradio
            would open the picture itself and fail, without words, on a damaged one.
    """
    if not payload or not payload.get("path"):
        return None
    path = Path(payload["path"])
    return path, payload.get("orig_name") or path.name


def read_dropped(path: Path, name: str) -> ImageRGB:
    """Return a dropped photograph; an error calls it by the name it came with.

    Raises:
        UnreadableImageError: It is damaged, too large or no image.
    """
    try:
        return images.read_rgb(path)
    except UnreadableImageError as error:
        words = str(error).replace(str(path), name).replace(path.name, name)
        raise UnreadableImageError(words) from error


def inline(image: ImageRGB) -> str:
    """Return a small picture as an address that holds it, for a piece of HTML."""
    _, found = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return f"data:image/jpeg;base64,{base64.b64encode(found.tobytes()).decode()}"


def page_count(found: int, per_page: int | None = None) -> int:
    """Return how many pages `found` pictures fill, at least one."""
    return max(1, -(-found // (per_page or PAGE)))


def _tile(settings: Settings, stored: Stored, caption: str) -> Tile:
    path = settings.resolve(stored.path)
    try:
        return str(images.thumbnail(settings, path, stored.sha256)), caption
    except UnreadableImageError:
        return _grey(), f"{caption} · file missing"


def _grey() -> ImageRGB:
    return np.full((216, 288, 3), 128, np.uint8)


def spotlight(image: ImageRGB, activation: NDArray[np.float32]) -> ImageRGB:
    """Return the image lit where the network looked, grey and dim elsewhere.

    Args:
        activation: Shares 0-1, shape (height, width) of the image.
    """
    light = activation[..., np.newaxis]
    grey = image.mean(axis=2, keepdims=True) * 0.35 + 20
    lit: ImageRGB = (image * light + grey * (1 - light)).astype(np.uint8)
    return lit
