"""Images are varied as the settings say, each for itself, and stay images."""

import keras
import numpy as np
import pytest

from carclf.config import Augmentation, from_plain
from carclf.ml import augmentation, networks
from tests.ml.test_networks import some_images

pytestmark = pytest.mark.keras


def layer(**wanted):
    return augmentation.create(Augmentation.model_validate(wanted))


def varied(images, **wanted):
    return keras.ops.convert_to_numpy(layer(**wanted)(images, training=True))


def same_image(count=64, size=16):
    return np.repeat(some_images(1, size), count, axis=0)


def looks(images):
    """Return how many different images there are."""
    return len({image.tobytes() for image in np.round(images, 2)})


@pytest.mark.parametrize("name", Augmentation.model_fields)
def test_every_layer_draws_for_each_image_and_leaves_predictions_alone(name):
    keras.utils.set_random_seed(3)
    images = same_image()

    found = varied(images, **{name: {}})

    assert found.shape == images.shape
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 255.01
    # Keras mirrors along both axes or along none.
    assert looks(found) >= (2 if name == "random_flip" else 8)
    unvaried = layer(**{name: {}})(images, training=False)
    assert np.array_equal(keras.ops.convert_to_numpy(unvaried), images)


@pytest.mark.parametrize("name", ["rand_augment", "random_resized_crop"])
def test_images_in_bytes_are_varied_too(name):
    found = varied(same_image().astype(np.uint8), **{name: {}})

    assert found.dtype == np.float32
    assert looks(found) >= 8


def test_layers_follow_in_the_order_of_the_settings():
    wanted = {"random_erasing": {}, "random_resized_crop": {}, "random_flip": {}}

    kinds = [type(one).__name__ for one in layer(**wanted).layers]

    assert kinds == ["RandomResizedCrop", "RandomFlip", "RandomErasing"]


def test_16_bits_of_the_network_leave_its_augmentation_in_32():
    keras.config.set_dtype_policy("mixed_float16")
    every = layer(**{name: {} for name in Augmentation.model_fields})
    keras.config.set_dtype_policy("float32")

    found = every(some_images(), training=True)

    assert keras.backend.standardize_dtype(found.dtype) == "float32"


def test_a_crop_of_everything_is_the_image():
    images = some_images()

    found = varied(images, random_resized_crop={"scale": (1, 1), "ratio": (1, 1)})

    assert found == pytest.approx(images, abs=1e-3)


def test_a_crop_is_a_part_enlarged():
    ramp = np.broadcast_to(np.arange(64.0)[None, None, :, None], (32, 64, 64, 3))
    images = np.float32(ramp)

    found = varied(images, random_resized_crop={"scale": (0.25, 0.25), "ratio": (1, 1)})

    rise = np.diff(found[:, 0, 2:-2, 0], axis=1)
    assert rise == pytest.approx(0.5, abs=1e-3)
    assert found == pytest.approx(np.broadcast_to(found[:, :1], found.shape), abs=1e-3)


def test_contrast_goes_both_ways():
    images = same_image(200)

    spread = varied(images, random_contrast={"factor": 0.3}).std(axis=(1, 2, 3))

    assert spread.min() < images.std() * 0.9
    assert spread.max() > images.std() * 1.02


def test_as_many_images_lose_a_rectangle_as_asked_for():
    images = same_image(400)

    found = varied(images, random_erasing={"factor": 0.5})

    share = (found != images).any(axis=(1, 2, 3)).mean()
    assert share == pytest.approx(0.5, abs=0.1)


def test_a_grey_image_has_no_colour_to_jitter():
    grey = np.repeat(some_images()[..., :1], 3, axis=-1)
    only = {"brightness_factor": 0, "contrast_factor": 0, "hue_factor": 0.5}

    found = varied(grey, random_color_jitter={**only, "saturation_factor": 0.9})

    assert found == pytest.approx(grey, abs=1e-2)


def test_saturation_goes_both_ways_around_what_it_was():
    images = np.full((300, 4, 4, 3), (160, 120, 100), np.float32)
    only = {"brightness_factor": 0, "contrast_factor": 0}

    found = varied(images, random_color_jitter={**only, "saturation_factor": 0.4})

    spread = found[:, 0, 0, 0] - found[:, 0, 0, 2]
    assert spread.min() == pytest.approx(60 * 0.6, abs=2)
    assert spread.max() == pytest.approx(60 * 1.4, abs=2)


def test_changes_of_no_strength_leave_an_image_as_it_is():
    images = some_images()
    # Autocontrast has no strength, and nothing to do where all values occur.
    images[:, 0, 0], images[:, 0, 1] = 0, 255

    found = varied(images, rand_augment={"num_ops": 3, "factor": 0.0})

    assert found == pytest.approx(images, abs=1e-2)


def operation(name, images, strength=1.0):
    """Return images after one operation of RandAugment's list."""
    changes = augmentation.DrawnChanges(num_ops=1)
    one = np.ones(len(images), np.float32)
    chosen = {each: one * (each == name) for each in augmentation._OPERATIONS}
    changes._drawn = lambda _: (chosen, one * strength, one * strength)
    return keras.ops.convert_to_numpy(changes(images, training=True))


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("brightness", 100, 190),
        ("solarize", 100, 155),
        ("posterize", 100, 96),
        ("identity", 100, 100),
    ],
)
def test_an_operation_changes_values_as_its_name_says(name, before, after):
    images = np.full((2, 8, 8, 3), before, np.float32)

    assert operation(name, images) == pytest.approx(np.full_like(images, after))


def test_operations_move_pixels_as_their_names_say():
    images = np.zeros((1, 33, 33, 3), np.float32)
    images[0, 16, 16] = 255
    images[0, 16, 24] = 200

    turned = operation("rotate", images, strength=3.0)[0, ..., 0]
    shifted = operation("translate_x", images, strength=331 / 150 * 8 / 33)[0, ..., 0]

    assert turned[16, 16] == pytest.approx(255, abs=1)
    assert {turned[8, 16].round(), turned[24, 16].round()} == {0, 200}
    assert shifted[16, 8] == pytest.approx(255, abs=1)
    assert shifted[16, 16] == pytest.approx(200, abs=1)


def test_autocontrast_stretches_each_colour_to_the_full_range():
    images = some_images() / 4 + 50

    found = operation("autocontrast", images)

    assert found.min(axis=(1, 2)) == pytest.approx(np.zeros((4, 3)), abs=1e-3)
    assert found.max(axis=(1, 2)) == pytest.approx(np.full((4, 3), 255), abs=1e-3)


def test_a_network_varies_its_images_and_is_exported_without(tmp_path):
    every = {name: {} for name in Augmentation.model_fields}
    config = from_plain(
        {
            "data": {"image_size": [32, 32]},
            "model": {"backbone": "tiny", "weights": "none", "data_aug_layer": every},
        }
    )
    network = networks.build(config, 3)

    networks.plain(network).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")

    images = some_images()
    assert "augmentation" not in {one.name for one in loaded.layers}
    expected = np.asarray(network(images, training=False))
    assert np.asarray(loaded(images, training=False)) == pytest.approx(expected)
