"""From image files to RGB arrays and back; no other module opens one."""

import errno
import hashlib
import os
import struct
import tempfile
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, ImageOps
from PIL import Image as Pillow

from carclf.errors import StoreError, UnreadableImageError
from carclf.records import ImageRGB
from carclf.settings import Settings

MAX_PIXELS = 100_000_000
MAX_BYTES = 1_000_000_000

# Pillow warns at its limit and refuses at twice as much; here both refuse, in every
# thread and for Gradio's own reading too.
# Source: pillow.readthedocs.io, PIL.Image.open, "decompression bomb"
Pillow.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Pillow.DecompressionBombWarning)
# Untidy metadata is met in many a whole picture, and is none of the user's doing.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.TiffImagePlugin")
_BOMB = (Pillow.DecompressionBombWarning, Pillow.DecompressionBombError)

_SUFFIXES = {
    "JPEG": ".jpg",
    "MPO": ".jpg",
    "PNG": ".png",
    "GIF": ".gif",
    "WEBP": ".webp",
    "BMP": ".bmp",
    "TIFF": ".tif",
    "AVIF": ".avif",
    "PPM": ".ppm",
}
# A JPEG with several pictures inside is opened as JPEG, and says MPO afterwards.
_FORMATS = tuple(name for name in _SUFFIXES if name != "MPO")
# What Pillow's decoders raise on damaged bytes.
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
)
_JPEG_END = b"\xff\xd9"
_START_OF_SCAN = 0xDA
# Values of the EXIF orientation at which width and height change places.
_ON_ITS_SIDE = (5, 6, 7, 8)
# Full chroma: at the edge of a cut-out, shared chroma would bleed into the fill.
_ENCODING = {
    ".jpg": [
        cv2.IMWRITE_JPEG_QUALITY,
        95,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ],
    ".png": [],
}
_REDUCED = {
    8: cv2.IMREAD_REDUCED_COLOR_8,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    2: cv2.IMREAD_REDUCED_COLOR_2,
}


@dataclass(frozen=True)
class Facts:
    """What a file is, once it has been read whole.

    Attributes:
        width: As seen, after the camera's rotation is undone.
        suffix: By content, not by name: `.jpg`, `.png`, …
    """

    sha256: str
    width: int
    height: int
    size_bytes: int
    suffix: str


@dataclass(frozen=True)
class Glance:
    """A small copy of an image, and what only its file tells.

    Attributes:
        orientation: As the camera noted it, 1-8; 1 is upright, or not noted.
    """

    image: ImageRGB
    orientation: int


def read_rgb(path: Path) -> ImageRGB:
    """Return the picture as people see it: upright, on white where transparent.

    Of an animation, the first frame; 16 bits a channel become 8.

    Raises:
        UnreadableImageError: The file is missing, cut short, too large, or no image.
    """
    data = _read(path)
    with _opened(path, BytesIO(data)) as header:
        return _decode(path, data, header)


def describe(path: Path) -> Facts:
    """Return the facts of an image file, after decoding all of it.

    Raises:
        UnreadableImageError: As `read_rgb`.
    """
    data = _read(path)
    with _opened(path, BytesIO(data)) as header:
        suffix = _SUFFIXES[str(header.format)]
        height, width = _decode(path, data, header).shape[:2]
    return Facts(hashlib.sha256(data).hexdigest(), width, height, len(data), suffix)


def glance(path: Path, size: int) -> Glance:
    """Return an upright copy of at most `size` pixels a side; a JPEG is decoded so.

    Raises:
        UnreadableImageError: As `read_rgb`.
    """
    data = _read(path)
    with _opened(path, BytesIO(data)) as header:
        orientation = _orientation(header)
        image = _decode(path, data, header, _reduction(max(header.size), size))
    return Glance(_fit(image, size), orientation)


def measure(path: Path) -> tuple[int, int]:
    """Return width and height as seen, from the file's first bytes; decodes nothing.

    Raises:
        UnreadableImageError: The file is missing, too large or no image. One that is
            cut short is not found out.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise _closed(path, error) from error
    with file, _opened(path, file) as header:
        width, height = header.size
        return (height, width) if _is_on_its_side(header) else (width, height)


def thumbnail(settings: Settings, path: Path, sha256: str, size: int = 320) -> Path:
    """Return a small JPEG of the image, made the first time it is asked for.

    Args:
        size: Of the longest side, in pixels; smaller images are not enlarged.

    Raises:
        UnreadableImageError: As `read_rgb`.
        StoreError: The disk is full.
    """
    small = settings.thumbnails / sha256[:2] / f"{sha256}-{size}.jpg"
    if not small.exists():
        write_bytes(small, small_jpeg(path, size))
    return small


def small_jpeg(path: Path, size: int = 320) -> bytes:
    """Return the bytes of a small copy, for a screen or to be enclosed in a file.

    Args:
        size: As `thumbnail`.

    Raises:
        UnreadableImageError: As `read_rgb`.
    """
    bgr = cv2.cvtColor(glance(path, size).image, cv2.COLOR_RGB2BGR)
    # WebP is a third smaller, and takes forty times as long to write.
    _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return encoded.tobytes()


def write(path: Path, image: ImageRGB) -> None:
    """Write the image, whole or not at all, as .png or .jpg by the path's suffix.

    A JPEG has quality 95 and full chroma.

    Raises:
        StoreError: The disk is full.
    """
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(path.suffix, bgr, _ENCODING[path.suffix])
    write_bytes(path, encoded.tobytes())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever sees half of it.

    Raises:
        StoreError: The disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".part-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        if is_full(error):
            raise full_disk(path.parent) from error
        raise


def is_full(error: OSError) -> bool:
    """Say whether the disk, or the user's share of it, ran out."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def full_disk(folder: Path) -> StoreError:
    return StoreError(
        f"The disk that holds {folder} is full. Free some space and try again; "
        "nothing was left half written."
    )


def trouble(path: Path, error: UnreadableImageError) -> str:
    """Return what is wrong without the file's name, as `Skipped` tells it."""
    return str(error).removeprefix(shown(path)).lstrip()


def shown(path: Path) -> str:
    """Return a file's name as text, whatever bytes it is made of."""
    return os.fsencode(path.name).decode("utf-8", "replace")


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _unusable(path, "is larger than 1 GB, too much for one photograph")
        data = path.read_bytes()
    except OSError as error:
        raise _closed(path, error) from error
    if not data:
        raise _unusable(path, "is empty (0 bytes)")
    return data


def _closed(path: Path, error: OSError) -> UnreadableImageError:
    if isinstance(error, FileNotFoundError):
        return UnreadableImageError(
            f"{shown(path)} is missing from {path.parent}. Put it back, or remove it "
            "from the set."
        )
    return UnreadableImageError(
        f"{shown(path)} cannot be read: {error.strerror}. Check that it is a file "
        "that you may read."
    )


def _opened(path: Path, file: BinaryIO) -> Pillow.Image:
    """Return the image with its header read and nothing decoded yet."""
    try:
        return Pillow.open(file, formats=_FORMATS)
    except _BOMB as error:
        raise UnreadableImageError(
            f"{shown(path)} holds more than {MAX_PIXELS // 10**6} million pixels. "
            "Save a smaller copy of it, or remove it from the set."
        ) from error
    except _DAMAGED as error:
        if path.suffix.lower() in (".heic", ".heif"):
            raise UnreadableImageError(
                f"{shown(path)} is a HEIC photograph, which carclf cannot read. Save "
                "it as JPEG, as telephones can do when they share a photograph."
            ) from error
        raise _unusable(path, "cannot be read as an image") from error


def _decode(
    path: Path, data: bytes, header: Pillow.Image, reduction: int = 1
) -> ImageRGB:
    if header.format in ("JPEG", "MPO") and header.mode in ("L", "RGB"):
        return _decode_jpeg(path, data, reduction)
    try:
        header.load()
        return _upright_on_white(header)
    except _DAMAGED as error:
        raise _unusable(path, "is damaged or cut short") from error


def _decode_jpeg(path: Path, data: bytes, reduction: int) -> ImageRGB:
    """Decode by OpenCV, which turns the image upright and is the fastest here."""
    how = _REDUCED.get(reduction, cv2.IMREAD_COLOR)
    # Without its end marker a JPEG is cut short; some OpenCVs would fill up with grey.
    image = (
        cv2.imdecode(np.frombuffer(data, np.uint8), how)
        if data.find(_JPEG_END, _scan_start(data)) > 0
        else None
    )
    if image is None:
        raise _unusable(path, "is damaged or cut short")
    rgb: ImageRGB = cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
    return rgb


def _scan_start(data: bytes) -> int:
    """Return where a JPEG's pixels begin, past any thumbnail in its header."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != _START_OF_SCAN:
        is_filling = data[at + 1] == 0xFF
        at += 1 if is_filling else 2 + int.from_bytes(data[at + 2 : at + 4])
    return at


def _is_on_its_side(header: Pillow.Image) -> bool:
    """Say whether the camera noted that width and height change places."""
    # Of a TIFF, Pillow turns the size itself.
    return header.format != "TIFF" and _orientation(header) in _ON_ITS_SIDE


def _orientation(header: Pillow.Image) -> int:
    # Of a PNG without any, Pillow would decode all to look for it.
    if header.format == "PNG" and "exif" not in header.info:
        return 1
    try:
        noted: Any = header.getexif().get(ExifTags.Base.Orientation)
    except _DAMAGED:
        return 1
    return int(noted) if noted in range(1, 9) else 1


def _upright_on_white(image: Pillow.Image) -> ImageRGB:
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I") or upright.mode == "F":
        grey = _eight_bits(np.asarray(upright))
        return np.stack([grey, grey, grey], axis=-1)
    if upright.has_transparency_data:
        opaque = Pillow.new("RGBA", upright.size, "white")
        upright = Pillow.alpha_composite(opaque, upright.convert("RGBA"))
    return np.array(upright.convert("RGB"))


def _eight_bits(deep: NDArray[Any]) -> NDArray[np.uint8]:
    """Return grey levels as 8 bits: 65535 is white, or the brightest if beyond."""
    values = np.nan_to_num(deep.astype(np.float64))
    is_float = deep.dtype.kind == "f"
    white = max(float(values.max(initial=0)), 1.0 if is_float else 65535.0)
    return np.clip(values / white * 255 + 0.5, 0, 255).astype(np.uint8)


def _reduction(longest: int, size: int) -> int:
    """Return by how much a JPEG may be shrunk while it is decoded."""
    return next((by for by in _REDUCED if longest >= by * size), 1)


def _fit(image: ImageRGB, size: int) -> ImageRGB:
    height, width = image.shape[:2]
    scale = size / max(height, width)
    if scale >= 1:
        return image
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    fitted: ImageRGB = cv2.resize(image, small, interpolation=cv2.INTER_AREA).astype(
        np.uint8, copy=False
    )
    return fitted


def _unusable(path: Path, trouble: str) -> UnreadableImageError:
    return UnreadableImageError(
        f"{shown(path)} {trouble}. Open it in a viewer to check it, or remove it from "
        "the set."
    )
