"""One batch, tried before a training: what fits, how long, and how it looks."""

import numpy as np
import pytest

from carclf.errors import TrainingError
from carclf.ml import machine, probe
from carclf.ml.trial import Told

pytestmark = pytest.mark.keras


def told(reports=None, stop=False):
    heard = [] if reports is None else reports
    return Told(lambda *said: heard.append(said), lambda: stop)


@pytest.fixture
def tuned(plan):
    return plan()


def test_a_batch_is_fitted_and_timed(tuned):
    reports = []

    found = probe.probe(tuned, told(reports))

    assert (found.asked, found.batch_size) == (8, 8)
    assert 0 < found.step_s < found.first_step_s
    assert found.features_s == 0
    # Three epochs of three batches, and of two to validate.
    each = 3 * found.step_s + 2 * found.validation_step_s
    assert found.epochs_s == pytest.approx(3 * each)
    assert found.total_s > found.epochs_s
    assert found.peak_bytes > 100e6
    assert any("Fitting 8 images" in said[2] for said in reports)


def test_a_probe_leaves_nothing_behind_but_the_backbone(tuned):
    probe.probe(tuned, told())

    left = [path for path in tuned.cache.rglob("*") if path.is_file()]
    assert {path.relative_to(tuned.cache).parts[0] for path in left} <= {"backbones"}
    assert not tuned.folder.exists()


@pytest.mark.parametrize("features", ["cached", "streaming"])
def test_a_frozen_backbone_is_estimated_by_what_it_says_of_an_image(plan, features):
    frozen = plan(
        model={"data_aug_layer": {"random_flip": {}}},
        learning={"mode": "freeze", "features": features, "views": 4},
    )

    found = probe.probe(frozen, told())

    assert found.features_s > 0
    assert len(found.batch) == 8


def test_the_batch_is_shown_as_the_network_sees_it(plan):
    mixed = plan(
        model={"data_aug_layer": {"random_erasing": {"factor": 1.0}}},
        learning={"mixup": 1.0},
    )

    batch = probe.probe(mixed, told()).batch

    assert len(batch) == 8
    assert {one.image.shape for one in batch} == {(32, 32, 3)}
    assert {one.image.dtype for one in batch} == {np.dtype(np.uint8)}
    for one in batch:
        assert sum(share for _, share in one.shares) == pytest.approx(1)
        assert [*one.shares] == sorted(one.shares, key=lambda pair: -pair[1])
    assert any(len(one.shares) == 2 for one in batch)


def test_a_batch_that_does_not_fit_is_halved_until_one_does(tuned):
    tried = []

    def fit(plan):
        size = plan.config.data.batch_size
        tried.append((size, plan.config.learning.accumulation))
        if size > 2:
            raise MemoryError
        return size

    assert probe.halved(tuned, fit) == 2
    assert tried == [(8, 1), (4, 2), (2, 4)]


def test_memory_for_not_one_image_is_said_in_words(tuned):
    def fit(plan):
        raise MemoryError

    with pytest.raises(TrainingError, match="Memory ran out with 1 image a batch"):
        probe.halved(tuned, fit)


def test_a_fault_is_no_lack_of_memory(tuned):
    def fit(plan):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        probe.halved(tuned, fit)


def test_what_the_backend_says_when_memory_runs_out_halves_too(tuned):
    """The backend's own error, on the only place where one can be had: a huge array."""
    found = probe.halved(
        tuned, lambda plan: plan if plan.config.data.batch_size < 8 else exhaust()
    )

    assert found.config.data.batch_size == 4


def exhaust():
    """Ask for more memory than any machine has."""
    from keras import ops  # noqa: PLC0415

    ops.zeros((2**24, 2**20), "float32")


def test_a_larger_batch_than_there_are_images_takes_all_of_them(plan):
    found = probe.probe(plan(data={"batch_size": 512}), told())

    assert found.batch_size == 512
    assert len(found.batch) == probe.SHOWN


def test_sixteen_bits_are_tried_as_they_would_be_trained(plan):
    mixed = plan(learning={"mixed_precision": True})

    try:
        assert probe.probe(mixed, told()).batch_size == 8
    finally:
        machine.set_up(plan().config)
