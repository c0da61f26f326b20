"""What is shown as looked at is what the gradients of the network say."""

import cv2
import keras
import numpy as np
import pytest

from carclf.bundle import Bundle
from carclf.images import read_rgb
from carclf.ml import networks
from carclf.preparation import resize

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def model(trained):
    weights = trained.watcher.kept[trained.outcome.best_epoch]
    return networks.restore(trained.plan.config, 3, weights)


@pytest.fixture(scope="module")
def image(trained):
    plan = trained.plan
    return resize(read_rgb(plan.validation[4].path), plan.preparation)


def gradient(function, at):
    """Return the derivative of a number by each number of an array."""
    if keras.backend.backend() == "jax":
        import jax  # noqa: PLC0415  Whichever backend is in use.

        return np.asarray(jax.grad(function)(jax.numpy.asarray(at)))
    import tensorflow as tf  # noqa: PLC0415

    given = tf.constant(at)
    with tf.GradientTape() as tape:
        tape.watch(given)
        found = function(given)
    return tape.gradient(found, given).numpy()


def grad_cam(model, image, position):
    """Return Grad-CAM of a class's logit beyond the average class's.

    Source: Selvaraju et al. 2017, Grad-CAM: Visual Explanations from Deep Networks.
    """
    x = model.get_layer("preprocessing")(np.float32(image)[None])
    features = networks.backbone_of(model)(x, training=False)
    features = keras.ops.convert_to_numpy(features)

    def score(features):
        pooled = model.get_layer(networks.POOL)(features)
        logits = model.get_layer(networks.HEAD)(pooled)[0]
        return logits[position] - keras.ops.mean(logits)

    weights = gradient(score, features).mean(axis=(0, 1, 2))
    return np.maximum((features[0] * weights).sum(axis=-1), 0)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_the_activation_map_is_grad_cam(trained, model, image, position):
    exported = Bundle.load(trained.plan.folder / "bundle")
    label = exported.classes[position]

    shown = exported.activation(image, label)

    found = cv2.resize(
        grad_cam(model, image, position),
        (image.shape[1], image.shape[0]),
        interpolation=cv2.INTER_CUBIC,
    )
    wanted = np.clip(found / max(found.max(), 1e-9), 0, 1)
    np.testing.assert_allclose(shown, wanted, atol=2e-3)


def test_the_evidence_is_grad_cam_times_the_places_it_is_the_mean_of(
    trained, model, image
):
    exported = Bundle.load(trained.plan.folder / "bundle")

    answers = exported.answer([image])

    position = int(answers.probabilities[0].argmax())
    found = grad_cam(model, image, position)
    assert found.max() > 0
    np.testing.assert_allclose(
        answers.evidence[0], found * found.size, rtol=1e-3, atol=1e-3
    )
