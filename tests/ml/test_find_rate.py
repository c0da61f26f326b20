"""The search for a learning rate."""

import numpy as np
import pytest

from carclf.errors import TrainingError
from carclf.ml import find_rate
from carclf.ml.trial import Told

pytestmark = pytest.mark.keras


def told(stop=lambda: False):
    return Told(lambda *said: None, stop)


def valley(steepest=1e-3, diverges=0.3, steps=100):
    """Return rates, and a loss that falls around one rate and rises at another."""
    rates = np.geomspace(1e-6, 1, steps)
    fall = 1 / (1 + np.exp(-3 * np.log10(rates / steepest)))
    rise = np.maximum(0, np.log10(rates / diverges)) * 60
    losses = 3 - 2.5 * fall + rise
    return rates.tolist(), losses


def test_the_steepest_descent_is_found():
    rates, losses = valley(steepest=1e-3)

    steepest, _ = find_rate.suggest(rates, losses)

    assert steepest == pytest.approx(1e-3, rel=0.4)


def test_a_tenth_of_where_the_loss_diverges_is_proposed():
    rates, losses = valley(diverges=0.3)
    stop = next(i for i in range(1, 100) if find_rate.has_diverged(losses[:i]))

    _, tenth = find_rate.suggest(rates[:stop], losses[:stop])

    assert tenth == pytest.approx(0.03, rel=0.3)


def test_a_loss_that_never_diverges_has_no_tenth():
    rates = np.geomspace(1e-6, 1, 100).tolist()

    _, tenth = find_rate.suggest(rates, np.linspace(3, 1, 100))

    assert tenth is None


def test_a_loss_that_never_falls_proposes_nothing():
    rates = np.geomspace(1e-6, 1, 100).tolist()

    assert find_rate.suggest(rates, np.linspace(3, 3.1, 100)) == (None, None)


def test_smoothing_leans_to_no_side():
    losses = [3.0, 2.0, 5.0, 1.0, 4.0, 4.0, 0.0, 2.0]

    assert find_rate.smoothed([3.0] * 9) == pytest.approx([3.0] * 9)
    assert find_rate.smoothed(losses[::-1]) == pytest.approx(
        find_rate.smoothed(losses)[::-1]
    )


def test_noise_of_batches_does_not_hide_the_descent():
    rates, losses = valley(steepest=1e-3)
    noise = np.random.default_rng(1).normal(0, 0.15, len(rates))

    smooth = find_rate.smoothed(losses + noise)

    assert find_rate.suggest(rates, smooth)[0] == pytest.approx(1e-3, rel=1.0)


def test_the_rate_rises_on_real_images_until_the_loss_does(plan):
    found = find_rate.search(plan(), told(), steps=40)

    assert found.rates == sorted(found.rates)
    assert found.rates[0] == pytest.approx(1e-6)
    assert len(found.rates) == len(found.losses) == len(found.smoothed) <= 40
    assert found.losses[0] == pytest.approx(np.log(3), abs=0.8)
    assert found.steepest is not None
    assert 1e-5 < found.steepest < 1


@pytest.mark.parametrize(
    "learning",
    [
        {"mode": "freeze", "features": "cached"},
        {"mode": "freeze", "features": "streaming"},
        {
            "mode": "finetune",
            "schedule": {"name": "cosine", "warmup_epochs": 2},
            "accumulation": 4,
            "ema": 0.9,
            "layer_decay": 0.5,
            "mixup": 0.2,
        },
    ],
)
def test_every_way_of_learning_can_be_searched(plan, learning):
    found = find_rate.search(plan(learning=learning), told(), steps=6)

    assert len(found.losses) == 6
    assert all(np.isfinite(found.losses))


def test_each_loss_is_that_of_its_own_step(plan, monkeypatch):
    """Keras would answer with the mean over all steps so far."""
    monkeypatch.setattr(find_rate, "LOWEST", 1e-12)
    monkeypatch.setattr(find_rate, "HIGHEST", 1e-11)
    wanted = plan(data={"batch_size": 24}, learning={"batch_norm": "inference"})

    found = find_rate.search(wanted, told(), steps=5)

    # The same images at no rate at all, in another order.
    assert found.losses == pytest.approx([found.losses[0]] * 5, rel=1e-4)


def test_a_search_that_is_stopped_gives_what_it_has(plan):
    asked = iter([False] * 8 + [True] * 100)

    found = find_rate.search(plan(), told(lambda: next(asked)), steps=40)

    assert 0 < len(found.losses) < 40


def test_a_loss_that_is_no_number_from_the_beginning_is_said(plan, monkeypatch):
    monkeypatch.setattr(find_rate, "_step", lambda *_: float("nan"))

    with pytest.raises(TrainingError, match="no number at the lowest learning rate"):
        find_rate.search(plan(), told(), steps=3)


def test_the_network_of_a_search_is_thrown_away(plan):
    wanted = plan()
    find_rate.search(wanted, told(), steps=3)

    assert not wanted.folder.exists()
