"""What an experiment becomes in the store: a run of each start that got anywhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from carclf.config import TrainConfig
from carclf.experiments import folder as folders
from carclf.experiments import networks
from carclf.experiments.folder import Experiment
from carclf.experiments.starts import Start
from carclf.records import EpochEnded


@dataclass(frozen=True)
class Draft:
    """A run before the store knows it."""

    name: str
    experiment: Experiment
    start: Start | None
    config: dict[str, Any]
    notes: list[str]
    weights: dict[int, Path]

    @property
    def mark(self) -> str:
        """What tells it from every other, wherever its folder lies."""
        if self.start is None:
            return str(self.experiment.folder)
        return f"{self.experiment.name}/{self.start.mark}"

    @property
    def history(self) -> Sequence[EpochEnded]:
        return self.start.history if self.start else ()

    @property
    def best_epoch(self) -> int | None:
        """The best epoch by what its own settings watch."""
        callbacks = TrainConfig.model_validate(self.config).fit.callbacks
        metric = callbacks.model_checkpoint.monitor
        known = [one for one in self.history if metric in one.metrics]
        sign = 1 if metric.endswith("loss") else -1
        best = min(known, key=lambda one: sign * one.metrics[metric], default=None)
        return best.epoch if best else None


def of(experiment: Experiment) -> Iterator[Draft]:
    """Yield the experiment's own run, then one of each other start with epochs."""
    own, settings = experiment.own, experiment.settings
    if own is not None or settings is not None:
        written = settings.values if settings else {}
        told = _told(own)
        config, assumed = _with_origin(_merged(told, written))
        yield Draft(
            name=str(written.get("name") or experiment.name),
            experiment=experiment,
            start=own,
            config=config,
            notes=[
                *_on_settings(experiment),
                *_differences(written, told),
                *assumed,
            ],
            weights=experiment.weights,
        )
    for start in experiment.others:
        began = minute(start)
        note = (
            f"Another start of {experiment.name}, of {began} UTC. Its settings are "
            "those that the network in its log tells; config.yml is of the start that "
            "became the run."
        )
        name = f"{experiment.name} (start of {began})"
        config, assumed = _with_origin(_told(start))
        yield Draft(name, experiment, start, config, [note, *assumed], {})


def _told(start: Start | None) -> dict[str, Any]:
    """Return the settings that a log itself tells of."""
    found: dict[str, Any] = {}
    if start is not None and start.model is not None:
        found = networks.settings_of(start.model)
    if start is not None and start.optimizer is not None:
        found["compile"] = {"optimizer": {start.optimizer: {}}}
    # Whatever is odd about somebody's network is left out, as in a config.yml.
    return folders.usable(found)


def _with_origin(config: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return settings that name the weights begun from, and what was concluded."""
    is_frozen = config.get("learning", {}).get("mode") == "freeze"
    if not is_frozen or "weights" in config.get("model", {}):
        return config, []
    assumed = _merged(config, {"model": {"weights": "imagenet"}})
    return assumed, [
        "The weights it began from were not recorded. Its backbone was frozen, so they "
        "are taken to be ImageNet's."
    ]


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Return two nested settings as one; where both speak, the second is heard."""
    merged = dict(under)
    for key, value in over.items():
        below = under.get(key)
        # Exactly one optimizer may be named.
        if key != "optimizer" and isinstance(below, dict) and isinstance(value, dict):
            merged[key] = _merged(below, value)
        else:
            merged[key] = value
    return merged


def _on_settings(experiment: Experiment) -> list[str]:
    if experiment.settings is None:
        return [
            f"{experiment.name} has no config.yml. Its settings are those that the "
            "network in its log tells; the others were not recorded."
        ]
    fault = experiment.settings.fault
    return [f"{fault}."] if fault else []


def _differences(written: dict[str, Any], told: dict[str, Any]) -> list[str]:
    """Say where the network that ran is not the one that was asked for."""
    asked, ran = dict(_flat(written)), dict(_flat(told))
    return [
        f"config.yml says {name} {asked[name]}, and the network in the log has "
        f"{ran[name]}."
        for name in sorted(asked.keys() & ran.keys())
        if asked[name] != ran[name]
    ]


def _flat(plain: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in plain.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def minute(start: Start) -> str:
    """Return when a start began, for people who look for it in a log."""
    if start.began is None:
        return "an unknown time"
    return datetime.fromisoformat(start.began).strftime("%Y-%m-%d %H:%M")
