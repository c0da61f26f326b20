"""A bundle predicts and explains as it was written, without Keras."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from carclf.bundle import Bundle
from carclf.errors import BundleError
from carclf.records import Box

CLASSES = ("blue", "green", "red")
OFFSET = (0.25, 0.0, -0.25)


def network(path):
    """Write a network that sees how red, green or blue each block of 8 × 8 is."""
    shares = helper.make_tensor("share", TensorProto.FLOAT, [1], [10 / 255])
    order = helper.make_tensor("order", TensorProto.INT64, [3], [2, 1, 0])
    offset = helper.make_tensor("offset", TensorProto.FLOAT, [3], OFFSET)
    nodes = [
        helper.make_node("Transpose", ["image"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node(
            "AveragePool", ["planes"], ["means"], kernel_shape=[8, 8], strides=[8, 8]
        ),
        helper.make_node("Transpose", ["means"], ["blocks"], perm=[0, 2, 3, 1]),
        helper.make_node("Mul", ["blocks", "share"], ["features"]),
        helper.make_node("Gather", ["features", "order"], ["maps"], axis=3),
        helper.make_node("ReduceMean", ["maps"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("Add", ["mean", "offset"], ["logits"]),
    ]

    def value(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        nodes,
        "colours",
        [value("image", "batch", 32, 48, 3)],
        [
            value("logits", "batch", 3),
            value("features", "batch", 4, 6, 3),
            value("maps", "batch", 4, 6, 3),
        ],
        [shares, order, offset],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8
    )
    onnx.checker.check_model(model)
    onnx.save(model, path)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir()
    network(folder / "model.onnx")
    write_facts(folder)
    return folder


def write_facts(folder, **changes):
    facts = {
        "format": 1,
        "classes": CLASSES,
        "preparation": {"height": 32, "width": 48},
        "facts": {"run_name": "colours", "epoch": 3},
        **changes,
    }
    (folder / "bundle.json").write_text(json.dumps(facts))


def painted(colour, height=32, width=48):
    return np.full((height, width, 3), colour, np.uint8)


RED, GREEN = painted((255, 0, 0)), painted((0, 255, 0))


def test_the_likeliest_classes_come_first_with_their_shares(folder):
    red, green = Bundle.load(folder).predict([RED, GREEN])

    assert (red.label, green.label) == ("red", "green")
    assert [label for label, _ in red.top] == ["red", "blue", "green"]
    assert sum(share for _, share in red.top) == pytest.approx(1)


def test_probabilities_follow_the_order_of_the_classes(folder):
    shares = Bundle.load(folder).probabilities([RED])

    raised = np.exp(np.array([0, 0, 10]) + OFFSET)
    assert shares == pytest.approx((raised / raised.sum())[None], abs=1e-5)


@pytest.mark.parametrize("count", [0, 1, 32, 33, 70])
def test_any_number_of_images_can_be_judged_at_once(folder, count):
    shares = Bundle.load(folder).probabilities([RED] * count)

    assert shares.shape == (count, 3)


def test_with_a_flip_the_mirror_image_has_a_say(folder):
    """The left half alone decides in this network."""
    model = onnx.load(folder / "model.onnx")
    half = [("starts", [0]), ("ends", [2]), ("axes", [2])]
    for name, value in half:
        model.graph.initializer.append(
            helper.make_tensor(name, TensorProto.INT64, [1], value)
        )
    names = ["maps", *(name for name, _ in half)]
    at = [node.op_type for node in model.graph.node].index("ReduceMean")
    model.graph.node[at].input[0] = "left"
    model.graph.node.insert(at, helper.make_node("Slice", names, ["left"]))
    onnx.save(model, folder / "model.onnx")
    image = painted((255, 0, 0))
    image[:, 24:] = (0, 0, 255)
    sides = [
        Bundle.load(folder).probabilities([one]) for one in (image, image[:, ::-1])
    ]

    write_facts(folder, test_time_flip=True)
    both = Bundle.load(folder).probabilities([image] * 40)

    assert not np.allclose(*sides)
    assert both == pytest.approx(np.repeat(sum(sides) / 2, 40, axis=0), abs=1e-6)


def test_the_features_are_what_the_head_decides_by(folder):
    bundle = Bundle.load(folder)
    blue = painted((0, 0, 255))

    features = bundle.features([blue, blue])

    np.testing.assert_allclose(features, [[0, 0, 10], [0, 0, 10]], atol=1e-5)


def test_one_pass_answers_what_three_would(folder):
    bundle = Bundle.load(folder)
    image = painted((0, 0, 0))
    image[:16, 24:] = (255, 0, 0)

    answers = bundle.answer([image, GREEN])

    np.testing.assert_allclose(
        answers.probabilities, bundle.probabilities([image, GREEN]), atol=1e-6
    )
    np.testing.assert_allclose(answers.features, bundle.features([image, GREEN]))
    assert answers.evidence.shape == (2, 4, 6)
    # A red block has 10 for red, and 10 / 3 for the average class.
    np.testing.assert_allclose(answers.evidence[0, :2, 3:], 20 / 3, rtol=1e-5)
    assert (answers.evidence[0, 2:] == 0).all()


def test_one_pass_asks_the_mirror_image_too(folder):
    write_facts(folder, test_time_flip=True)
    bundle = Bundle.load(folder)

    answers = bundle.answer([RED, GREEN])

    np.testing.assert_allclose(
        answers.probabilities, bundle.probabilities([RED, GREEN]), atol=1e-6
    )


def test_the_activation_shows_where_the_class_is(folder):
    image = painted((0, 0, 0))
    image[:16, 24:] = (255, 0, 0)

    activation = Bundle.load(folder).activation(image)

    assert activation.shape == (32, 48)
    assert (activation.min(), activation.max()) == (0, 1)
    assert activation[8, 36] > 0.8
    assert activation[:, :16].max() < 0.1
    assert activation[24:].max() < 0.1


def test_the_activation_of_another_class_can_be_asked_for(folder):
    image = np.concatenate([RED[:, :32], GREEN[:, :16]], axis=1)

    activation = Bundle.load(folder).activation(image, "green")

    assert activation[16, 44] > 0.9
    assert activation[16, 8] == pytest.approx(0)


def test_an_image_that_says_nothing_for_a_class_activates_nothing(folder):
    assert (Bundle.load(folder).activation(GREEN, "red") == 0).all()


def test_an_unknown_class_to_explain_is_refused(folder):
    with pytest.raises(BundleError, match="does not know “pink”"):
        Bundle.load(folder).activation(RED, "pink")


def test_a_photograph_of_any_size_is_prepared_predicted_and_explained(folder):
    look = Bundle.load(folder).look(painted((255, 0, 0), 300, 200))

    assert look.prediction.label == "red"
    assert look.prepared.image.shape == (32, 48, 3)
    assert look.prepared.warning is None
    assert look.activation.shape == (32, 48)


def test_a_network_of_cropped_vehicles_warns_when_no_box_is_known(folder):
    write_facts(
        folder,
        preparation={"height": 32, "width": 48, "treatment": {"remover": "box"}},
    )
    image = painted((0, 255, 0), 100, 100)
    image[40:60, 40:60] = (255, 0, 0)
    bundle = Bundle.load(folder)

    with_box = bundle.look(image, Box(40, 40, 60, 60))
    without = bundle.look(image)

    assert (with_box.prediction.label, with_box.prepared.warning) == ("red", None)
    assert "no box is known" in without.prepared.warning


def test_threads_may_share_a_bundle(folder):
    bundle = Bundle.load(folder)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(bundle.predict, [[RED], [GREEN]] * 20))

    assert [one[0].label for one in found] == ["red", "green"] * 20


def test_a_bundle_predicts_without_a_training_framework(folder):
    script = (
        "import sys, numpy as np\n"
        "from pathlib import Path\n"
        "from carclf.bundle import Bundle\n"
        f"bundle = Bundle.load(Path({str(folder)!r}))\n"
        "bundle.look(np.zeros((64, 64, 3), np.uint8))\n"
        "assert not {'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules)\n"
    )

    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_folder_without_a_bundle_says_when_there_is_one(tmp_path):
    with pytest.raises(BundleError, match="holds no trained network"):
        Bundle.load(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b'{"format": 1}', b"\xff\xfe", b'{"format": 1, "classes": 3}'],
)
def test_damaged_facts_are_named(folder, content):
    (folder / "bundle.json").write_bytes(content)

    with pytest.raises(BundleError, match=r"bundle\.json is damaged"):
        Bundle.load(folder)


def test_a_bundle_of_a_newer_carclf_is_refused(folder):
    write_facts(folder, format=2)

    with pytest.raises(BundleError, match="is of format 2, and this carclf reads"):
        Bundle.load(folder)


def test_a_lost_network_is_named(folder):
    (folder / "model.onnx").unlink()

    with pytest.raises(BundleError, match=r"has lost its model\.onnx"):
        Bundle.load(folder)


@pytest.mark.parametrize("share", [0, 0.5])
def test_a_damaged_network_is_named_when_it_is_first_used(folder, share):
    path = folder / "model.onnx"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])

    with pytest.raises(BundleError, match=r"model\.onnx cannot be read as an ONNX"):
        Bundle.load(folder).predict([RED])
