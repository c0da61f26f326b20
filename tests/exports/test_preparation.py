"""What goes into the zip prepares a photograph as the app does."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from carclf import images
from carclf.config import Preparation
from carclf.exports.standalone import preparation as standalone
from carclf.preparation import resize
from tests import drawing


def both(path, **how):
    """Return what the app and what the script make of a file."""
    known = Preparation.model_validate({"height": 64, "width": 96, **how})
    plain = known.model_dump(mode="json")
    return (
        resize(images.read_rgb(path), known).astype(int),
        standalone.prepare(path, plain).astype(int),
    )


def noise(height, width, seed=0):
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (height, width, 3)).astype(np.uint8)


@pytest.mark.parametrize("rule", ["squash", "pad", "crop"])
@pytest.mark.parametrize(
    ("height", "width"),
    [(300, 500), (128, 192), (40, 50), (64, 96), (50, 700), (700, 50), (65, 97)],
)
def test_every_size_is_met_as_the_app_meets_it(tmp_path, rule, height, width):
    """Noise is the worst case: every pixel counts."""
    Image.fromarray(noise(height, width)).save(tmp_path / "noise.png")

    app, script = both(tmp_path / "noise.png", resize=rule)

    assert app.shape == script.shape == (64, 96, 3)
    assert np.abs(app - script).max() <= 1


def test_where_areas_are_averaged_all_but_no_pixel_differs():
    for scale in (2, 3, 4, 2.5):
        image = noise(int(64 * scale), int(96 * scale))

        script = standalone.resize(image, 64, 96)

        known = resize(image, Preparation(height=64, width=96))
        assert (script != known).mean() < 0.001, scale


def test_any_size_is_resized_as_opencv_does():
    random = np.random.default_rng(1)
    for height, width, *wanted in random.integers(32, 400, (60, 4)).tolist():
        image = noise(height, width)
        how = Preparation(height=wanted[0], width=wanted[1])

        script = standalone.resize(image, how.height, how.width).astype(int)

        assert np.abs(resize(image, how) - script).max() <= 1, (height, width, how)


def test_the_sides_of_a_padded_image_have_the_fill_colour(tmp_path):
    path = drawing.draw(tmp_path / "a.png", height=200, width=200)

    app, script = both(path, resize="pad", treatment={"fill": "#102030"})

    assert script[0, 0].tolist() == [16, 32, 48]
    assert np.abs(app - script).max() <= 1


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_photograph_is_turned_upright(tmp_path, turn):
    exif = Image.Exif()
    exif[274] = turn
    picture = Image.fromarray(drawing.car()[0])
    picture.save(tmp_path / "turned.jpg", exif=exif, quality=95)

    app, script = both(tmp_path / "turned.jpg")

    assert np.abs(app - script).max() <= 2


def odd_files(folder):
    """Write what is not 8-bit RGB, and return the paths."""
    colour = drawing.car()[0]
    grey = cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY)
    clear = np.dstack([colour, np.where(grey > 120, 255, 40).astype(np.uint8)])
    Image.fromarray(grey).save(folder / "grey.jpg")
    Image.fromarray(grey.astype(np.uint16) * 257).save(folder / "deep.png")
    cv2.imwrite(str(folder / "deep-colour.png"), colour.astype(np.uint16) * 257)
    Image.fromarray(grey.astype(np.float32) / 255).save(folder / "float.tif")
    Image.fromarray(clear).save(folder / "alpha.png")
    Image.fromarray(np.dstack([grey, clear[..., 3]]), "LA").save(folder / "la.png")
    Image.fromarray(colour).convert("CMYK").save(folder / "cmyk.jpg")
    Image.fromarray(colour).quantize(16).save(folder / "palette.png")
    Image.fromarray(colour).save(folder / "lossy.webp")
    return sorted(folder.iterdir())


def test_grey_deep_transparent_and_other_files_are_read_as_the_app_reads_them(
    tmp_path,
):
    for path in odd_files(tmp_path):
        app, script = both(path)

        assert np.abs(app - script).max() <= 1, path.name


def test_the_prediction_script_has_thirty_lines_at_most():
    path = Path(standalone.__file__).with_name("predict.py")

    assert len(path.read_text(encoding="utf-8").splitlines()) <= 30
