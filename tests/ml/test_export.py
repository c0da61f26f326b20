"""What is exported answers as what was trained, or is not exported."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from carclf.bundle import Bundle
from carclf.config import Preparation
from carclf.errors import TrainingError
from carclf.images import read_rgb
from carclf.ml import export, extractor, networks, onnx_file
from carclf.network import Network
from carclf.preparation import resize

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def network(trained):
    weights = trained.watcher.kept[trained.outcome.best_epoch]
    return networks.restore(trained.plan.config, 3, weights)


@pytest.fixture(scope="module")
def samples(trained):
    plan = trained.plan
    return np.stack(
        [resize(read_rgb(one.path), plan.preparation) for one in plan.validation]
    )


def outputs(trained, samples):
    """Return logits, features and class maps as the app computes them."""
    return run(trained.plan.folder / "bundle" / "model.onnx", samples)


def run(path, samples):
    return Network(path).run(np.float32(samples), (0, 1, 2))


def test_the_bundle_gives_the_probabilities_that_keras_gives(trained, network, samples):
    exported = Bundle.load(trained.plan.folder / "bundle")

    logits = network(np.float32(samples), training=False)

    expected = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    assert exported.probabilities(list(samples)) == pytest.approx(expected, abs=1e-4)


def test_the_mean_of_a_class_map_and_the_offset_make_the_logit(
    trained, network, samples
):
    logits, features, class_maps = outputs(trained, samples)

    offset = network.get_layer(networks.HEAD).get_weights()[1]
    assert features.shape[:3] == class_maps.shape[:3]
    assert class_maps.mean(axis=(1, 2)) + offset == pytest.approx(logits, abs=1e-4)


def test_the_keras_file_loads_without_carclf(trained, network, samples, tmp_path):
    np.save(tmp_path / "images.npy", np.float32(samples))
    script = (
        "import sys, keras, numpy as np\n"
        f"model = keras.saving.load_model({str(trained.plan.folder)!r}"
        " + '/bundle/model.keras')\n"
        "logits = model.predict(np.load('images.npy'), verbose=0)\n"
        "np.save('logits.npy', logits)\n"
        "assert not [name for name in sys.modules if name.startswith('carclf')]\n"
    )

    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)

    expected = keras.ops.convert_to_numpy(network(np.float32(samples), training=False))
    assert np.load(tmp_path / "logits.npy") == pytest.approx(expected, abs=1e-4)


def test_an_onnx_file_that_answers_otherwise_is_refused(trained, network, samples):
    path = trained.plan.folder / "bundle" / "model.onnx"
    explained = export.with_explanation(network)
    kernel, offset = (
        np.array(one) for one in explained.get_layer("head").get_weights()
    )
    other = keras.models.clone_model(explained)
    other.get_layer("head").set_weights([kernel + 0.1, offset])

    with pytest.raises(TrainingError, match=r"differs from Keras by .*Nothing was"):
        export.check(other, path, samples)


def test_a_frozen_backbones_onnx_file_makes_the_same_bundle(
    network, samples, tmp_path, monkeypatch
):
    onnx_file.write(export.with_explanation(network), tmp_path / "whole.onnx")
    extractor.of(network, tmp_path / "cache")
    monkeypatch.setattr(onnx_file, "write", lambda *_: pytest.fail("exported again"))

    export.write_bundle(
        tmp_path / "bundle",
        network,
        ("a", "b", "c"),
        Preparation(height=32, width=32),
        {},
        samples,
        tmp_path / "cache",
    )

    whole, composed = (
        run(path, samples)
        for path in (tmp_path / "whole.onnx", tmp_path / "bundle" / "model.onnx")
    )
    for answer, other in zip(composed, whole, strict=True):
        assert answer == pytest.approx(other, abs=1e-4)


@pytest.mark.parametrize("output", [0, 1, 2])
def test_any_output_that_differs_is_refused(network, samples, tmp_path, output):
    explained = export.with_explanation(network)
    onnx_file.write(explained, tmp_path / "model.onnx")
    altered = list(explained.outputs)
    altered[output] = altered[output] + 0.1
    other = keras.Model(explained.input, altered)

    with pytest.raises(TrainingError, match="differs from Keras"):
        export.check(other, tmp_path / "model.onnx", samples)


def test_a_bundle_that_fails_its_check_leaves_the_one_before(
    trained, network, samples, tmp_path, monkeypatch
):
    def write():
        classes, how = trained.plan.classes, trained.plan.preparation
        folder, cache = tmp_path / "bundle", trained.plan.cache
        export.write_bundle(folder, network, classes, how, {}, samples, cache)

    def refuse(*_):
        raise TrainingError("they differ")

    write()
    monkeypatch.setattr(export, "check", refuse)

    with pytest.raises(TrainingError):
        write()

    assert [one.name for one in tmp_path.iterdir()] == ["bundle"]
    assert Bundle.load(tmp_path / "bundle").classes == trained.plan.classes
