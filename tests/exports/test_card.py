"""The card tells what is known, and shows names as they are."""

from dataclasses import replace

import pytest
from scipy.stats import binomtest

from carclf.bundle import Bundle
from carclf.config import Preparation, Treatment
from carclf.exports import card, verdict
from carclf.exports.folder import Accuracy
from carclf.records import Evaluation, Version
from tests.exports.conftest import INT8, ONNX

KEPT = Preparation(height=224, width=200)
FACTS = {
    "backbone": "EfficientNetLite0",
    "epoch": 12,
    "metrics": {"val_accuracy": 0.873},
    "weights": {"origin": "ImageNet weights of somebody", "licence": "Apache-2.0"},
    "environment": {"keras": "3.15.1"},
}


def evaluation(run, **metrics):
    known = {"accuracy": 0.9, "top5_accuracy": 0.99, "macro_f1": 0.888, **metrics}
    return Evaluation(1, run.id, 12, 1, "test", 1000, known, ("a", "b"), "2026-01-01")


@pytest.fixture
def origin(run, tmp_path):
    version = Version(
        id=1,
        name="cars | cropped",
        hash="0123abc",
        parent_id=None,
        treatment={},
        source="a folder",
        split_rule="by the source",
        created_at="2026-01-01",
        classes=("a", "b"),
        counts={"train": 8000, "validation": 2000, "test": 1000},
    )
    bundle = Bundle(tmp_path, ("Audi *S4*", "BMW_X5"), KEPT, FACTS)
    return card.Origin(run, version, bundle, [(evaluation(run), version.name)])


def test_the_card_tells_data_training_accuracy_licence_and_versions(origin, export):
    low, high = binomtest(900, 1000).proportion_ci(method="wilson")

    text = card.text(origin, export("first"))

    for said in (
        "EfficientNetLite0; it takes RGB images of 200 × 224 pixels",
        "| hash | `0123abc` |",
        "8,000 train, 2,000 validation, 1,000 test",
        f"| 90.0 % | {100 * low:.1f} % to {100 * high:.1f} % | 99.0 % | 0.888 |",
        "accuracy on the validation images was 87.3 %",
        "ImageNet weights of somebody (licence: Apache-2.0)",
        "| keras | 3.15.1 |",
        "python predict.py PHOTOGRAPH",
        "named the class that carclf names on 100.0 %",
        "Measured on 2 cores",
    ):
        assert said in text


def test_names_are_shown_as_they_are(origin, export):
    text = card.text(origin, export("first"))

    assert text.startswith("# my \\*first\\* run, epoch 12\n")
    assert "0. Audi \\*S4\\*\n1. BMW\\_X5\n" in text
    assert "test of cars \\| cropped" in text


def test_accuracy_in_8_bits_stands_beside_that_in_32(origin, export):
    text = card.text(origin, export("first", ONNX, INT8))

    assert "accuracy 91.2 % in 32 bits, 90.5 % in 8 bits, on 2,000 images" in text
    assert "In 8 bits it loses" not in text


def test_a_notable_loss_in_8_bits_is_said_in_words(origin, export):
    worse = replace(INT8, accuracy=Accuracy(0.912, 0.88, 0.93, 2000, "test of cars"))
    made = export("first", ONNX, worse)

    (warning,) = verdict.warnings(made)

    assert "loses 3.2 points of accuracy on 2,000 images (test of cars)" in warning
    assert f"**{warning}**" in card.text(origin, made)


def test_a_script_that_answers_otherwise_is_warned_of(export):
    made = export("first")
    made = replace(made, script=replace(made.script, same_answer_rate=0.75))

    assert verdict.warnings(made) == [
        "predict.py names another class than carclf on 25.0 % of 24 photographs."
    ]


def test_treated_images_are_asked_for(origin, export):
    how = KEPT.model_copy(update={"treatment": Treatment(remover="detectron2-cutout")})
    bundle = replace(origin.bundle, preparation=how)

    text = card.text(replace(origin, bundle=bundle), export("first"))

    assert "**It expects treated images.**" in text
    assert "`detectron2-cutout` (cutout, fill #ffffff, margin 0.05)" in text


def test_a_calibration_that_was_measured_is_told(origin, run, export):
    judged = [(evaluation(run, calibration_error=0.031), "cars")]

    text = card.text(replace(origin, judged=judged), export("first"))

    assert "Expected calibration error: 3.1 % (test of cars)." in text
    assert "calibration error" not in card.text(origin, export("second"))


def test_an_epoch_that_was_not_evaluated_says_so(origin, export):
    text = card.text(replace(origin, judged=[]), export("first"))

    assert "This epoch was not evaluated image by image." in text
