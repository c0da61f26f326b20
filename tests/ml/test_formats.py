"""Each format answers as Keras does, computed by its own runtime, or is refused."""

from dataclasses import replace

import keras
import numpy as np
import onnx
import pytest

from carclf.bundle import Bundle
from carclf.errors import ExportError, TrainingError
from carclf.exports import formats as known
from carclf.images import read_rgb
from carclf.ml import agreement, folders, formats
from carclf.ml.formats import making
from carclf.ml.formats import source as sources
from carclf.preparation import resize

pytestmark = pytest.mark.keras

EXACT = ["onnx", "keras", "openvino", "savedmodel", "litert"]


@pytest.fixture(scope="module")
def source(trained):
    """The tiny network with the drawn cars that it learnt from."""
    plan = trained.plan
    bundle = Bundle.load(plan.folder / "bundle")
    pixels = [
        np.stack([resize(read_rgb(one.path), plan.preparation) for one in images])
        for images in (plan.train, plan.validation)
    ]
    return sources.of(bundle, *pixels)


def format_of(name):
    """Return the format, or skip where this backend or machine cannot write it."""
    one = known.named(name)
    if not known.is_installed(one):
        pytest.skip(f"{one.package} is not installed")
    # TensorFlow alone writes two of them; OpenVINO forks, which JAX objects to.
    others = ("savedmodel", "litert", "openvino")
    if name in others and keras.backend.backend() != "tensorflow":
        pytest.skip("carclf export runs on TensorFlow, whatever trained the run")
    return one


@pytest.mark.parametrize("name", EXACT)
def test_a_format_answers_as_keras_does(source, tmp_path, name):
    one = format_of(name)

    made = making.make(one, source, tmp_path)

    logits = formats.of(name).opened(tmp_path / one.file)
    assert logits(source.validation) == pytest.approx(source.known, abs=1e-3)
    assert (made.same_answer_rate, made.image_count) == (1, 9)
    assert made.difference < 1e-4
    assert made.seconds_an_image > 0
    assert made.size_bytes > 1000


@pytest.mark.parametrize("name", EXACT)
def test_one_image_is_answered_as_many_are(source, tmp_path, name):
    format_of(name)
    path = formats.of(name).write(source, tmp_path)
    logits = formats.of(name).opened(path)

    together = logits(source.validation)
    alone = np.concatenate([logits(image[None]) for image in source.validation])

    assert alone == pytest.approx(together, abs=1e-4)


@pytest.mark.parametrize("name", [*EXACT, "int8"])
def test_a_format_leaves_nothing_but_its_file(source, tmp_path, name):
    one = format_of(name)

    formats.of(name).write(source, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [one.file]


@pytest.mark.parametrize("name", EXACT)
def test_a_format_that_answers_otherwise_is_refused(source, tmp_path, name):
    one = format_of(name)
    changed = replace(source, known=1.01 * source.known)

    with pytest.raises(ExportError, match=rf"{one.title} answers otherwise than Keras"):
        making.make(one, changed, tmp_path)


def test_in_8_bits_weights_are_integers_and_answers_stay(source, tmp_path):
    made = making.make(known.named("int8"), source, tmp_path)

    model = onnx.load(tmp_path / "model-int8.onnx")
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("DequantizeLinear") > kinds.count("Conv") >= 3
    assert [output.name for output in model.graph.output] == ["output0"]
    assert made.difference is None
    assert made.same_answer_rate == 1


def test_where_8_bits_change_answers_more_of_the_network_stays_in_32(
    source, tmp_path, monkeypatch
):
    from carclf.ml.formats import onnx_int8  # noqa: PLC0415

    tried = []
    quantise = onnx_int8._quantise

    def watched(network, path, calibration, left_out):
        tried.append(len(left_out))
        quantise(network, path, calibration, left_out)

    monkeypatch.setattr(onnx_int8, "_quantise", watched)
    monkeypatch.setattr(onnx_int8, "ENOUGH", 1.1)

    onnx_int8.write(source, tmp_path)

    assert tried == sorted(tried)
    assert len(set(tried)) == 3


def test_accuracy_is_that_of_the_answers(source, trained, tmp_path):
    logits = formats.of("onnx").opened(source.bundle.folder / "model.onnx")
    wanted = trained.plan.validation

    def backwards(images):
        return -logits(images)

    found = making.accuracy(
        logits, backwards, wanted, source.bundle, "validation of cars", lambda *_: None
    )

    answers = source.bundle.predict(list(np.uint8(source.validation)))
    right = np.mean([a.label == b.label for a, b in zip(answers, wanted, strict=True)])
    assert found.before == pytest.approx(right)
    assert found.agreement_rate == 0
    assert (found.image_count, found.source) == (9, "validation of cars")


def test_probabilities_are_those_of_the_bundle(source):
    logits = formats.of("onnx").opened(source.bundle.folder / "model.onnx")
    mirrored = Bundle(
        source.bundle.folder, source.bundle.classes, source.bundle.preparation, {}, True
    )

    for bundle in (source.bundle, mirrored):
        found = making.shares(logits, source.validation, bundle.test_time_flip)
        known_shares = bundle.probabilities(list(np.uint8(source.validation)))
        assert found == pytest.approx(known_shares, abs=1e-6)


def test_tensorflows_formats_say_so_on_another_backend(source, tmp_path, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")

    with pytest.raises(ExportError, match="Set KERAS_BACKEND to tensorflow"):
        formats.of("savedmodel").write(source, tmp_path)


def test_a_lost_network_is_named(tmp_path):
    with pytest.raises(ExportError, match=r"model\.keras is missing or damaged"):
        sources.load(tmp_path / "model.keras")


def test_a_format_that_cannot_be_written_leaves_nothing(source, tmp_path):
    """The disk is full: what is written goes to /dev/full."""

    def export():
        with folders.whole(tmp_path / "export") as part:
            (part / "model.onnx").symlink_to("/dev/full")
            making.make(known.named("onnx"), source, part)

    with pytest.raises(TrainingError, match="is full"):
        export()

    assert list(tmp_path.iterdir()) == []


def test_two_classes_as_likely_are_the_same_answer():
    known_logits = np.array([[2.0, 2.0 - 1e-6, 0.0], [5.0, 1.0, 0.0]], np.float32)
    answers = np.array([[2.0 - 1e-6, 2.0, 0.0], [5.0, 1.0, 0.0]], np.float32)

    found = agreement.of(known_logits, answers)

    assert found.same_answer_rate == 1
    agreement.require(found, "A file")


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.1])
def test_an_answer_that_is_no_number_or_far_off_is_refused(value):
    known_logits = np.array([[1.0, 0.0]], np.float32)

    with pytest.raises(ExportError, match="answers otherwise than Keras on 1 real"):
        agreement.require(agreement.of(known_logits, known_logits + value), "A file")
