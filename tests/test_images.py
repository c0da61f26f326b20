"""Reading photographs of every kind, and refusing what is none."""

import hashlib
import os
import struct
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image as Pillow

from carclf import images
from carclf.errors import StoreError, UnreadableImageError
from tests import drawing

ORIENTATION = 0x0112


def two_tone(mode: str = "RGB") -> Pillow.Image:
    """Return a picture, 60 wide and 40 high: red on the left, blue on the right."""
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, :30] = 255, 0, 0
    pixels[:, 30:] = 0, 0, 255
    return Pillow.fromarray(pixels).convert(mode)


def is_red(pixel: np.ndarray) -> bool:
    return bool(pixel[0] > 200 and pixel[1] < 60 and pixel[2] < 60)


def png_of_size(width: int, height: int) -> bytes:
    """Return a PNG of nothing but black, a few hundred kilobytes for 400 megapixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        sum_ = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", sum_)

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((1 + (width + 7) // 8) * height), 9)
    signature = b"\x89PNG\r\n\x1a\n"
    return (
        signature + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tif", ".gif"])
def test_a_photograph_of_any_common_format_is_read_as_rgb(tmp_path, suffix):
    path = tmp_path / f"car{suffix}"
    two_tone().save(path)

    image = images.read_rgb(path)

    assert image.shape == (40, 60, 3)
    assert image.dtype == np.uint8
    assert is_red(image[20, 5])
    assert not is_red(image[20, 55])


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        *[("L", ".jpg"), ("L", ".png"), ("L", ".webp"), ("L", ".tif"), ("L", ".bmp")],
        *[("1", ".png"), ("1", ".tif"), ("LA", ".png"), ("PA", ".tif")],
        *[("P", ".png"), ("P", ".gif"), ("P", ".tif"), ("P", ".bmp")],
        *[("CMYK", ".jpg"), ("CMYK", ".tif"), ("YCbCr", ".jpg")],
    ],
)
def test_grey_palette_and_print_colours_become_rgb(tmp_path, mode, suffix):
    path = tmp_path / f"car{suffix}"
    picture = two_tone("P").convert(mode) if mode == "PA" else two_tone(mode)
    picture.save(path)

    image = images.read_rgb(path)

    assert image.shape == (40, 60, 3)
    assert image[20, 5].tolist() != image[20, 55].tolist() or mode == "1"


def test_a_cmyk_jpeg_keeps_its_colours(tmp_path):
    two_tone("CMYK").save(tmp_path / "car.jpg", quality=95)

    image = images.read_rgb(tmp_path / "car.jpg")

    assert is_red(image[20, 5])


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_of_grey_become_eight_without_clipping(tmp_path, suffix):
    ramp = np.linspace(0, 65535, 60).astype(np.uint16) * np.ones((40, 1), np.uint16)
    cv2.imwrite(str(tmp_path / f"deep{suffix}"), ramp)

    image = images.read_rgb(tmp_path / f"deep{suffix}")

    assert image[0, [0, 30, 59], 0].tolist() == [0, 130, 255]


def test_sixteen_bits_of_colour_become_eight(tmp_path):
    deep = np.zeros((40, 60, 3), np.uint16)
    deep[:, :, 2] = 65535
    cv2.imwrite(str(tmp_path / "deep.png"), deep)

    assert is_red(images.read_rgb(tmp_path / "deep.png")[0, 0])


def test_a_floating_point_tiff_is_scaled_to_eight_bits(tmp_path):
    Pillow.fromarray(np.full((8, 8), 0.5, np.float32)).save(tmp_path / "float.tif")

    assert images.read_rgb(tmp_path / "float.tif")[0, 0].tolist() == [128, 128, 128]


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_what_is_transparent_is_shown_on_white(tmp_path, suffix):
    picture = two_tone("RGBA")
    picture.putalpha(
        Pillow.fromarray(np.repeat(np.uint8([[0, 255]]), 30, 1).repeat(40, 0))
    )
    picture.save(tmp_path / f"car{suffix}", lossless=True)

    image = images.read_rgb(tmp_path / f"car{suffix}")

    assert image[20, 5].tolist() == [255, 255, 255]
    assert image[20, 55].tolist() == [0, 0, 255]


def test_a_transparent_palette_is_shown_on_white(tmp_path):
    picture = two_tone().quantize(2)
    red = picture.getpixel((5, 5))
    picture.save(tmp_path / "car.png", transparency=red)

    assert images.read_rgb(tmp_path / "car.png")[20, 5].tolist() == [255, 255, 255]


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp"])
def test_the_first_frame_of_an_animation_is_read(tmp_path, suffix):
    later = Pillow.new("RGB", (60, 40), "green")
    two_tone().save(
        tmp_path / f"turning{suffix}", save_all=True, append_images=[later, later]
    )

    image = images.read_rgb(tmp_path / f"turning{suffix}")

    assert image.shape == (40, 60, 3)
    assert is_red(image[20, 5])


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_cameras_rotation_is_undone(tmp_path, suffix, orientation):
    exif = Pillow.Exif()
    exif[ORIENTATION] = orientation
    two_tone().save(tmp_path / f"car{suffix}", exif=exif)

    image = images.read_rgb(tmp_path / f"car{suffix}")
    facts = images.describe(tmp_path / f"car{suffix}")

    shape = (40, 60, 3) if orientation <= 4 else (60, 40, 3)
    red_at = {1: (20, 5), 2: (20, 55), 3: (20, 55), 4: (20, 5)} | {
        5: (5, 20),
        6: (5, 20),
        7: (55, 20),
        8: (55, 20),
    }
    assert image.shape == shape
    assert (facts.height, facts.width) == shape[:2]
    assert images.measure(tmp_path / f"car{suffix}") == (shape[1], shape[0])
    assert is_red(image[red_at[orientation]])


def test_a_size_is_read_without_the_picture(tmp_path):
    picture = tmp_path / "large.png"
    picture.write_bytes(png_of_size(9500, 3000)[:200])

    assert images.measure(picture) == (9500, 3000)


def test_a_file_is_described_by_its_content(tmp_path):
    path = tmp_path / "wrongly named.jpg"
    two_tone().save(path, format="PNG")

    facts = images.describe(path)

    data = path.read_bytes()
    assert facts == images.Facts(
        hashlib.sha256(data).hexdigest(), 60, 40, len(data), ".png"
    )


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".gif", ".webp", ".bmp", ".tif"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_file_that_was_cut_short_is_refused(tmp_path, suffix, share):
    whole = tmp_path / f"whole{suffix}"
    Pillow.fromarray(drawing.car(height=300, width=400)[0]).save(whole)
    data = whole.read_bytes()
    short = tmp_path / f"short{suffix}"
    short.write_bytes(data[: int(len(data) * share)])

    for read in (images.read_rgb, images.describe):
        with pytest.raises(UnreadableImageError, match=f"^short{suffix} .*viewer"):
            read(short)


def test_a_progressive_jpeg_that_was_cut_short_is_refused(tmp_path):
    buffer = BytesIO()
    picture = Pillow.fromarray(drawing.car(height=300, width=400)[0])
    picture.save(buffer, "JPEG", progressive=True, exif=exif_with_thumbnail(picture))
    (tmp_path / "short.jpg").write_bytes(buffer.getvalue()[:-2000])

    with pytest.raises(UnreadableImageError, match="cut short"):
        images.read_rgb(tmp_path / "short.jpg")


def exif_with_thumbnail(picture: Pillow.Image) -> bytes:
    """Return EXIF data whose thumbnail has an end marker of its own."""
    small = BytesIO()
    picture.resize((40, 30)).save(small, "JPEG")
    return (
        b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        + small.getvalue()
    )


def test_a_download_filled_up_with_zeros_is_refused(tmp_path):
    whole = drawing.draw(tmp_path / "whole.jpg", height=300, width=400).read_bytes()
    (tmp_path / "zeros.jpg").write_bytes(whole[:9000] + bytes(len(whole) - 9000))

    with pytest.raises(
        UnreadableImageError, match=r"zeros\.jpg is damaged or cut short"
    ):
        images.read_rgb(tmp_path / "zeros.jpg")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"just a note", "cannot be read as an image"),
        (b"%PDF-1.4 ...", "cannot be read as an image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "cannot be read as an image"),
        (b"\xff\xd8\xff", "cannot be read as an image"),
        (b"\x89PNG\r\n\x1a\n", "cannot be read as an image"),
    ],
)
def test_a_file_that_is_no_image_is_named(tmp_path, content, words):
    (tmp_path / "0046.jpg").write_bytes(content)

    with pytest.raises(UnreadableImageError, match=rf"^0046\.jpg {words}"):
        images.read_rgb(tmp_path / "0046.jpg")


def test_a_telephones_own_format_is_refused_with_a_way_out(tmp_path):
    (tmp_path / "IMG_0001.HEIC").write_bytes(b"\x00\x00\x00\x18ftypheic")

    with pytest.raises(UnreadableImageError, match=r"^IMG_0001\.HEIC .*as JPEG"):
        images.read_rgb(tmp_path / "IMG_0001.HEIC")


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(UnreadableImageError, match=r"gone\.jpg is missing"):
        images.read_rgb(tmp_path / "gone.jpg")

    (tmp_path / "folder.jpg").mkdir()
    with pytest.raises(UnreadableImageError, match=r"folder\.jpg cannot be read"):
        images.describe(tmp_path / "folder.jpg")


def test_a_name_that_is_no_text_can_still_be_named(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.jpg"))
    path.write_bytes(b"")

    with pytest.raises(UnreadableImageError) as caught:
        images.read_rgb(path)

    assert "is empty" in str(caught.value).encode().decode()


@pytest.mark.parametrize("side", [10_001, 20_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path, side):
    (tmp_path / "bomb.png").write_bytes(png_of_size(side, side))

    with pytest.raises(UnreadableImageError, match=r"bomb\.png .*100 million pixels"):
        images.describe(tmp_path / "bomb.png")


def test_a_large_photograph_below_the_limit_is_read(tmp_path):
    (tmp_path / "large.png").write_bytes(png_of_size(9500, 3000))

    assert images.read_rgb(tmp_path / "large.png").shape == (3000, 9500, 3)


@given(at=some.integers(0, 2000), junk=some.binary(min_size=1, max_size=40))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"])
def test_damaged_bytes_give_a_picture_or_one_clear_refusal(
    tmp_path_factory, kind, at, junk
):
    buffer = BytesIO()
    two_tone().save(buffer, kind)
    data = bytearray(buffer.getvalue())
    data[at % len(data) : at % len(data) + len(junk)] = junk
    path = tmp_path_factory.getbasetemp() / f"damaged.{kind.lower()}"
    path.write_bytes(data)

    with suppress(UnreadableImageError):
        assert min(images.measure(path)) > 0
    with suppress(UnreadableImageError):
        image = images.read_rgb(path)
        assert image.dtype == np.uint8
        assert image.shape[2] == 3


def test_a_thumbnail_is_made_once_and_small(settings, tmp_path):
    path = drawing.draw(tmp_path / "a car, “quoted” 🚗.jpg", height=600, width=900)

    small = images.thumbnail(settings, path, "ab12", size=320)
    made_at = small.stat().st_mtime_ns
    again = images.thumbnail(settings, path, "ab12", size=320)

    assert small.parent == settings.thumbnails / "ab"
    assert small.suffix == ".jpg"
    assert images.read_rgb(small).shape == (213, 320, 3)
    assert again == small
    assert small.stat().st_mtime_ns == made_at
    assert [one.name for one in small.parent.iterdir()] == [small.name]


def test_a_thumbnail_is_upright_and_never_enlarged(settings, tmp_path):
    exif = Pillow.Exif()
    exif[ORIENTATION] = 6
    two_tone().resize((3000, 2000)).save(tmp_path / "large.jpg", exif=exif)
    two_tone().save(tmp_path / "small.jpg")

    large = images.thumbnail(settings, tmp_path / "large.jpg", "cd34")
    small = images.thumbnail(settings, tmp_path / "small.jpg", "ef56")

    assert images.read_rgb(large).shape == (320, 213, 3)
    assert is_red(images.read_rgb(large)[10, 100])
    assert images.read_rgb(small).shape == (40, 60, 3)


@pytest.mark.parametrize("shape", [(1, 5000, 3), (5000, 1, 3), (1, 1, 3)])
def test_the_thinnest_image_has_a_thumbnail(settings, tmp_path, shape):
    images.write(tmp_path / "thin.png", np.zeros(shape, np.uint8))

    small = images.thumbnail(settings, tmp_path / "thin.png", "0a1b")

    assert min(images.read_rgb(small).shape[:2]) == 1


@pytest.mark.parametrize(("suffix", "most_off"), [(".png", 0), (".jpg", 12)])
def test_what_is_written_is_read_back(tmp_path, suffix, most_off):
    image = np.array(two_tone())

    images.write(tmp_path / f"car{suffix}", image)

    written = images.read_rgb(tmp_path / f"car{suffix}").astype(int)
    assert np.abs(written - image)[:, 5:25].max() <= most_off


def test_a_full_disk_leaves_nothing_behind(tmp_path, full_disk):
    with full_disk(), pytest.raises(StoreError, match=r"disk .* is full"):
        images.write_bytes(tmp_path / "folder" / "car.jpg", b"bytes")

    assert list((tmp_path / "folder").iterdir()) == []
