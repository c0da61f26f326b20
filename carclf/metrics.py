"""What a run's metrics are called, which way is better, and how they are written."""

from collections.abc import Sequence

from carclf import words
from carclf.records import EpochEnded

NAMES = {
    "val_accuracy": "Validation accuracy",
    "accuracy": "Train accuracy",
    "val_loss": "Validation loss",
    "loss": "Train loss",
    "learning_rate": "Learning rate",
    "images_per_second": "Images per second",
}


def is_share(metric: str) -> bool:
    return metric.endswith(("accuracy", "f1", "calibration_error"))


def text(metric: str, value: float | None) -> str:
    """Return “83.1 %” for a share, three digits for anything else."""
    if value is None:
        return "–"
    return words.percent(value, 1) if is_share(metric) else digits(value)


def digits(value: float) -> str:
    """Return a number with three digits, such as “0.417”, “12.3” or “1,205”."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:#.3g}" if abs(value) >= 1e-3 else f"{value:.3g}"


def points(difference: float) -> str:
    """Return a difference of two shares as “+2.1 points”."""
    # A true minus sign, and no “−0.0”.
    rounded = round(difference * 100, 1)
    if rounded == 0:
        return "±0.0 points"
    return f"{'+' if rounded > 0 else '−'}{abs(rounded):.1f} points"


def interval(low: float, high: float) -> str:
    """Return the ends of an interval of differences as “+0.4 to +2.1”."""
    return " to ".join(points(end).removesuffix(" points") for end in (low, high))


def p_value(p: float) -> str:
    """Return such as “= 0.012”, or “< 0.0001”."""
    return "< 0.0001" if p < 1e-4 else f"= {digits(p)}"


def best_epoch(history: Sequence[EpochEnded], metric: str) -> int | None:
    """Return the first epoch with the best value; None where there is no value."""
    known = [(e.metrics[metric], e.epoch) for e in history if metric in e.metrics]
    if not known:
        return None
    sign = 1 if metric.endswith("loss") else -1
    return min(known, key=lambda pair: (sign * pair[0], pair[1]))[1]


def at(history: Sequence[EpochEnded], epoch: int | None, metric: str) -> float | None:
    """Return a metric at one epoch; None where it was not measured."""
    found = (one for one in history if one.epoch == epoch)
    return next((one.metrics.get(metric) for one in found), None)


def last(history: Sequence[EpochEnded], metric: str) -> float | None:
    """Return the newest value of a metric; None where there is none yet."""
    found = (one.metrics[metric] for one in reversed(history) if metric in one.metrics)
    return next(found, None)
