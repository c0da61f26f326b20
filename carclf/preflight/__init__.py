"""What can be said of a training before it waits in the queue, without Keras.

`check` is quick enough for a form that asks at every key. `require` refuses a start in
the same words.
"""

from collections.abc import Iterator
from itertools import pairwise

from carclf.config import TrainConfig
from carclf.errors import ConfigError
from carclf.preflight import data, room, start
from carclf.preflight.data import require_trainable
from carclf.preflight.finding import Finding, Tone, bad, warn
from carclf.preflight.start import kept_epoch, known_layers, resolve
from carclf.settings import Settings
from carclf.store import connect

__all__ = [
    "Finding",
    "Tone",
    "check",
    "kept_epoch",
    "known_layers",
    "require",
    "require_trainable",
    "resolve",
]

FROZEN_CEILING = (
    "A frozen backbone is quick and stops early: near 0.67 accuracy on Stanford Cars. "
    "Fine-tune from it afterwards to go further."
)
_ORDER: tuple[Tone, ...] = ("bad", "warn", "ok")


def check(settings: Settings, config: TrainConfig) -> list[Finding]:
    """Return what is to be said of a training: what refuses it first, then the rest."""
    with connect(settings.db_path) as db:
        version, found = data.find(db, config)
        if version is not None:
            found += data.check(db, settings, config, version)
        found += start.check(db, settings, config, version)
    found += room.check(settings, config, version)
    found += _settings(config)
    return sorted(found, key=lambda one: _ORDER.index(one.tone))


def require(settings: Settings, config: TrainConfig) -> None:
    """Refuse a training that cannot end well.

    Raises:
        ConfigError: In the words of every `bad` finding.
    """
    wrong = [one.text for one in check(settings, config) if one.tone == "bad"]
    if wrong:
        raise ConfigError(" ".join(wrong))


def _settings(config: TrainConfig) -> Iterator[Finding]:
    """Tell which settings do not go together."""
    if config.mode == "freeze":
        yield from _frozen(config)
    height, width = config.data.image_size
    sizes = config.learning.progressive
    if any(side >= min(height, width) for side in sizes):
        yield bad(
            f"learning.progressive is {list(sizes)}, and its sizes come before "
            f"data.image_size, {height} × {width}, so each must be smaller."
        )
    elif any(after <= before for before, after in pairwise(sizes)):
        yield warn("learning.progressive usually goes from small sizes to larger ones.")
    if sizes and len(sizes) >= config.fit.epochs:
        yield bad(
            f"learning.progressive has {len(sizes)} sizes before the last, and "
            f"fit.epochs is {config.fit.epochs}: there is no epoch for each of them."
        )
    if config.learning.schedule.warmup_epochs >= config.fit.epochs:
        yield warn(
            "The warm-up lasts as long as the training, so the learning rate never "
            "reaches its highest value. Shorten learning.schedule.warmup_epochs."
        )


def _frozen(config: TrainConfig) -> Iterator[Finding]:
    learning = config.learning
    if learning.features == "cached" and learning.cutmix:
        yield bad(
            f"learning.cutmix is {learning.cutmix:g}, and cached features have no "
            "pixels to cut. Set learning.features to streaming, or use "
            "learning.mixup, which mixes features too."
        )
    if learning.features == "cached" and learning.progressive:
        yield bad(
            "learning.progressive needs images, and cached features are computed at "
            "one size. Set learning.features to streaming, or leave progressive out."
        )
    unused = [
        name
        for name, is_set in (
            ("layer_decay", learning.layer_decay != 1),
            ("unfreeze_from", learning.unfreeze_from is not None),
            ("batch_norm", learning.batch_norm == "update"),
        )
        if is_set
    ]
    if unused:
        keys = " and ".join(f"learning.{name}" for name in unused)
        yield warn(f"{keys} moves nothing in a frozen backbone.")
    yield warn(FROZEN_CEILING)
