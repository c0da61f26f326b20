"""What the record of a run tells of it, in words, and what it does not.

A run that came from elsewhere has the settings that its folder told, and no others.
"""

import re
from typing import Any

import yaml

from carclf.config import TrainConfig, mode_of
from carclf.config.learning import Mode
from carclf.records import Run, Version

NOT_RECORDED = "not recorded"
MODES: dict[Mode | None, str] = {"freeze": "frozen", "finetune": "fine-tuned"}
Value = str | float | None
# Where an imported run lay, which is no fact of what it ran on.
_PLACES = {"start", "experiment", "folder"}
_SPLITS = {"train", "training", "validation", "val", "test"}


def settings(run: Run) -> dict[str, Value]:
    """Return what was recorded of a run's settings, by path, as people read it."""
    # What was meant counts, whether it was written out or left to the weights.
    meant = mode(run)
    return flat(run.config) | ({"learning.mode": meant} if meant else {})


def environment(run: Run) -> dict[str, Value]:
    """Return the versions of code and libraries that a run ran on, and its device."""
    told = {name: one for name, one in run.environment.items() if name not in _PLACES}
    return flat(told) | ({"device": run.device} if run.device else {})


def flat(plain: dict[str, Any], prefix: str = "") -> dict[str, Value]:
    """Return nested data by path: “fit.epochs”; a list is written “224 × 224”."""
    found: dict[str, Value] = {}
    for key, value in plain.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            found |= flat(value, f"{path}.")
        elif isinstance(value, list):
            found[path] = " × ".join(map(str, value))
        elif isinstance(value, bool):
            found[path] = "yes" if value else "no"
        elif value is not None:
            found[path] = value
    return found


def config_of(run: Run) -> TrainConfig:
    """Return a run's settings; what was never recorded has carclf's own default.

    Whoever shows a setting of a run asks the functions below instead.
    """
    return TrainConfig.model_validate(run.config)


def mode(run: Run) -> Mode | None:
    told, began = _at(run, "learning", "mode"), weights(run)
    return mode_of(told, began) if told or began else None


def backbone(run: Run) -> str | None:
    found: str | None = _at(run, "model", "backbone")
    return found


def weights(run: Run) -> str | None:
    """Return what it began from, as `model.weights` has it."""
    found: str | None = _at(run, "model", "weights")
    return found


def network(run: Run) -> str:
    """Return such as “frozen ResNet50”."""
    told = [one for one in (MODES.get(mode(run)), backbone(run)) if one]
    return " ".join(told) or f"network {NOT_RECORDED}"


def images(run: Run, version: Version | None) -> str:
    """Return what a run learnt from: a version, or the directory it names itself."""
    if version is not None:
        return version.name
    directory = _at(run, "data", "directory")
    if directory:
        parts = [part for part in re.split(r"[\\/]+", directory) if part]
        named = [part for part in parts if part.lower() not in _SPLITS]
        return (named or parts or [NOT_RECORDED])[-1]
    return str(_at(run, "data", "version") or f"images {NOT_RECORDED}")


def epochs(run: Run) -> int | None:
    """Return how many epochs were asked for; None where that is not known."""
    found: int | None = _at(run, "fit", "epochs")
    return found


def batch_size(run: Run) -> int | None:
    found: int | None = _at(run, "data", "batch_size")
    return found


def why_no_model(run: Run) -> str:
    """Return what to say where a run has no bundle."""
    if run.status == "imported":
        return (
            f"“{run.name}” was imported, and there is no model of it to predict with: "
            "its folder had no bundle, which alone tells the classes' names. Choose "
            "another run."
        )
    return (
        f"“{run.name}” has no model to predict with yet. Wait for its training to end, "
        "or choose another run."
    )


def as_yaml(run: Run) -> str:
    """Return the settings as a config.yml, with nothing that was not recorded."""
    text = yaml.safe_dump(
        _without_none(run.config), sort_keys=False, allow_unicode=True
    )
    if run.status != "imported":
        return text
    return f"# Imported: what does not stand here was {NOT_RECORDED}.\n{text}"


def _at(run: Run, section: str, key: str) -> Any:
    return (run.config.get(section) or {}).get(key)


def _without_none(plain: Any) -> Any:
    if isinstance(plain, dict):
        return {
            key: _without_none(value)
            for key, value in plain.items()
            if value is not None
        }
    return plain
