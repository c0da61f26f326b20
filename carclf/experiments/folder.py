"""A folder of earlier experiments, as it lies on the disk."""

import copy
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from carclf import config as configs
from carclf.config import TrainConfig
from carclf.errors import ConfigError, DatasetError
from carclf.experiments import events, starts
from carclf.experiments.starts import Start

CONFIGS = ("config.yml", "config.yaml")
# Folders inside an experiment, not experiments of their own.
_INNER = {
    "checkpoints",
    "eval",
    "events",
    "log",
    "logs",
    "models",
    "tensorboard",
    "test",
    "train",
    "training",
    "val",
    "valid",
    "validation",
    "weights",
}
_WEIGHTS = {".h5", ".keras"}
_EPOCH = re.compile(
    r"(?:model|epoch|weights|checkpoint|ckpt)[._-]?(\d+)|^(\d+)(?!\d)", re.IGNORECASE
)
_FIELD = re.compile(r"\{(\w+)[^}]*\}")


@dataclass(frozen=True)
class Settings:
    """A config.yml as far as carclf can use it.

    Attributes:
        values: What stands there, in carclf's form; nothing is added.
        fault: Why some of it could not be used; empty if all of it could.
    """

    path: Path
    values: dict[str, Any]
    fault: str = ""


@dataclass(frozen=True)
class Experiment:
    """One experiment.

    Attributes:
        settings: None where there is no config.yml.
        starts: In the order of time.
        weights: Files by the epoch that they hold.
        bundle: The folder of a trained model, where another carclf made one.
        unread: Files that nothing was taken from, relative to the folder.
    """

    name: str
    folder: Path
    settings: Settings | None
    starts: tuple[Start, ...]
    weights: dict[int, Path]
    bundle: Path | None
    unread: tuple[str, ...]

    @property
    def own(self) -> Start | None:
        """The start that the settings belong to: they are those of the last one.

        Of starts with epochs; one that went on for longer than the settings allow
        was of other settings.
        """
        learnt = [one for one in self.starts if one.history]
        allowed = self._planned()
        fitting = [one for one in learnt if one.history[-1].epoch <= allowed]
        return next(reversed(fitting or learnt), None)

    @property
    def others(self) -> list[Start]:
        """The other starts that got as far as an epoch."""
        return [one for one in self.starts if one.history and one is not self.own]

    @property
    def empty(self) -> list[Start]:
        return [one for one in self.starts if not one.history]

    def _planned(self) -> float:
        values = self.settings.values if self.settings else {}
        return float(values.get("fit", {}).get("epochs", float("inf")))


def find(folder: Path) -> list[Path]:
    """Return the folders of experiments in a folder, which may be one itself.

    Raises:
        DatasetError: There is none.
    """
    found = set()
    for path in _files(folder):
        if path.name in CONFIGS:
            found.add(path.parent)
        elif path.match(events.FILES):
            found.add(_owner(path, folder))
    if not found:
        raise DatasetError(
            f"{folder} holds no experiment: neither a config.yml nor a TensorBoard "
            "event file (events.out.tfevents…). Give the folder that the experiments' "
            "own folders lie in."
        )
    return sorted(found)


def read(folder: Path) -> Experiment:
    """Return an experiment with its logs read; a damaged file gives what it can."""
    inner = [one for one in find(folder) if one != folder]
    paths = [
        path
        for path in _files(folder)
        if not any(path.is_relative_to(other) for other in inner)
    ]
    logs = [path for path in paths if path.match(events.FILES)]
    config = next((path for path in paths if path.name in CONFIGS), None)
    settings = _settings(config) if config else None
    weights = _weights(paths, settings)
    bundle = folder / "bundle" if folder / "bundle" / "bundle.json" in paths else None
    packed = [path for path in paths if bundle and path.is_relative_to(bundle)]
    used = {*logs, *weights.values(), *packed, config}
    return Experiment(
        name=folder.name,
        folder=folder,
        settings=settings,
        starts=tuple(starts.find([events.read(path) for path in logs])),
        weights=weights,
        bundle=bundle,
        unread=tuple(
            str(path.relative_to(folder)) for path in paths if path not in used
        ),
    )


def loose(folder: Path, experiments: Sequence[Path]) -> list[str]:
    """Return the files that lie in no experiment, relative to the folder."""
    return [
        str(path.relative_to(folder))
        for path in _files(folder)
        if not any(path.is_relative_to(one) for one in experiments)
    ]


def parent_of(weights: str) -> tuple[str, int | None] | None:
    """Return the experiment and the epoch that a path of weights names.

    `…/exp_002/model.12-3.8985.h5` is epoch 12 of exp_002.
    """
    parts = [part for part in re.split(r"[\\/]+", weights) if part]
    if len(parts) < 2 or Path(parts[-1]).suffix not in _WEIGHTS:
        return None
    names = [part for part in parts[:-1] if part.lower() not in _INNER]
    return (names[-1], _epoch(parts[-1], None)) if names else None


def _files(folder: Path) -> Iterator[Path]:
    # Not rglob, which follows links to folders and may go round for ever.
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        yield from (Path(where) / name for name in sorted(names) if name[0] != ".")


def _owner(path: Path, root: Path) -> Path:
    owner = path.parent
    while owner != root and owner.name.lower() in _INNER:
        owner = owner.parent
    return owner


def _settings(path: Path) -> Settings:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        return Settings(path, {}, f"{path.name} cannot be read: {error}")
    if not isinstance(values, dict):
        return Settings(path, {}, f"{path.name} holds no settings")
    try:
        configs.from_plain(values, path.name)
        fault = ""
    except ConfigError as error:
        fault = f"{str(error).rstrip('.')}; the rest was used"
    return Settings(path, usable(values), fault)


def usable(values: dict[str, Any]) -> dict[str, Any]:
    """Return settings without those that carclf does not know or allow.

    Nothing is added: a default of carclf's is no setting of an earlier experiment.
    """
    values = copy.deepcopy(values)
    while True:
        try:
            checked = TrainConfig.model_validate(values)
        except ValidationError as error:
            removed = [_remove(values, one["loc"]) for one in error.errors()]
            if not any(removed):
                return {}
        else:
            return checked.model_dump(mode="json", exclude_unset=True)


def _remove(values: dict[str, Any], place: tuple[int | str, ...]) -> bool:
    """Take the innermost setting on the way to a place away; say if there was one."""
    *way, last = [key for key in place if isinstance(key, str)] or [""]
    inner: Any = values
    for key in way:
        if not isinstance(inner.get(key), dict):
            return inner.pop(key, None) is not None
        inner = inner[key]
    return inner.pop(last, inner) is not inner


def _weights(paths: Sequence[Path], settings: Settings | None) -> dict[int, Path]:
    values = settings.values if settings else {}
    callbacks = values.get("fit", {}).get("callbacks", {})
    template = (callbacks.get("model_checkpoint") or {}).get("filepath")
    found: dict[int, Path] = {}
    for path in paths:
        if path.suffix in _WEIGHTS:
            epoch = _epoch(path.name, template)
            if epoch is not None:
                found.setdefault(epoch, path)
    return dict(sorted(found.items()))


def _epoch(name: str, template: str | None) -> int | None:
    """Return the epoch in a file's name, as its writer's template puts it there."""
    if template:
        last = re.split(r"[\\/]+", template)[-1]
        # Every second part is a field's name.
        parts = _FIELD.split(last)
        pattern = "".join(
            (r"(?P<epoch>\d+)" if part == "epoch" else ".+?")
            if place % 2
            else re.escape(part)
            for place, part in enumerate(parts)
        )
        match = re.fullmatch(pattern, name) if parts[1::2].count("epoch") == 1 else None
        if match:
            return int(match["epoch"])
    match = _EPOCH.search(name)
    return int(match[1] or match[2]) if match else None
