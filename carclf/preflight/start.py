"""What a training starts from: ImageNet, a file, or an epoch of another run."""

import difflib
import json
from collections.abc import Iterator
from pathlib import Path

from carclf import recorded, words
from carclf.background import treatments
from carclf.config import TrainConfig, Treatment
from carclf.errors import CarclfError, ConfigError, StoreError
from carclf.preflight.finding import Finding, bad, ok, warn
from carclf.records import Run, Version
from carclf.settings import Settings
from carclf.store import Database, runs, versions


def resolve(
    db: Database, config: TrainConfig, *, may_wait: bool = False
) -> tuple[TrainConfig, int | None, int | None]:
    """Return the settings with the parent's epoch written out, and the parent.

    Args:
        may_wait: Take a parent that has not ended, too. Which epoch that will be, its
            best (None) or the one that was named, is settled when the worker starts.

    Raises:
        ConfigError: The weights are a file, and it is not there.
        StoreError: The run or its epoch is not there.
    """
    if config.model.parent is None:
        weights = config.model.weights
        if weights not in ("imagenet", "none") and not _file(weights).is_file():
            raise ConfigError(
                f"model.weights is {weights!r}, and there is no such file. Give "
                "imagenet, none, a weights file, or run:NAME@EPOCH."
            )
        return config, None, None
    said, wanted = config.model.parent
    parent = runs.find(db, said)
    epoch: int | None
    if may_wait and parent.status in ("queued", "running"):
        epoch = _coming_epoch(db, parent, wanted)
    else:
        epoch = kept_epoch(db, parent, wanted)
    weights = f"run:{parent.id}" if epoch is None else f"run:{parent.id}@{epoch}"
    model = config.model.model_copy(update={"weights": weights})
    return config.model_copy(update={"model": model}), parent.id, epoch


def _coming_epoch(db: Database, parent: Run, wanted: int | None) -> int | None:
    """Return the epoch wanted of a run that has not ended; None: its best."""
    if wanted is None:
        return None
    planned = parent.config["fit"]["epochs"]
    if wanted > planned:
        raise StoreError(
            f"“{parent.name}” is to train {words.count(planned, 'epoch')}, so there "
            f"will be no epoch {wanted} to start from."
        )
    if runs.last_epoch(db, parent.id) >= wanted:
        return kept_epoch(db, parent, wanted)
    return wanted


def kept_epoch(db: Database, run: Run, wanted: int | None) -> int:
    """Return the epoch of a run that is wanted, its best if None.

    Raises:
        StoreError: Its weights were not kept.
    """
    kept = [one.epoch for one in runs.checkpoints(db, run.id)]
    if not kept and run.status == "imported":
        raise StoreError(
            f"“{run.name}” was imported without weights: there are its curves and its "
            "settings, and nothing to predict with or to start from."
        )
    if not kept:
        raise StoreError(
            f"“{run.name}” has kept no weights, so nothing can start from it."
        )
    epoch = wanted or runs.best_kept(db, run)
    if epoch is None or epoch not in kept:
        raise StoreError(
            f"“{run.name}” has not kept the weights of epoch {epoch}. Kept are: "
            f"{', '.join(map(str, kept))}."
        )
    return epoch


def check(
    db: Database, settings: Settings, config: TrainConfig, version: Version | None
) -> Iterator[Finding]:
    """Tell whether the weights are there, and go with the rest."""
    if config.model.backbone == "tiny" and config.model.weights == "imagenet":
        yield bad(
            "The tiny backbone has no ImageNet weights. Set model.weights to none."
        )
    try:
        _, parent_id, epoch = resolve(db, config, may_wait=True)
    except CarclfError as error:
        yield bad(str(error))
        return
    if parent_id is not None:
        parent = runs.get(db, parent_id)
        yield from _parent(db, settings, config, parent, epoch)
        if version is not None and parent.version_id is not None:
            yield from _versions(parent, versions.get(db, parent.version_id), version)
    yield from _layer(db, settings, config)


def known_layers(db: Database, settings: Settings, backbone: str) -> list[str]:
    """Return a backbone's layers as an earlier run recorded them; empty before one."""
    for run in runs.every(db):
        if recorded.backbone(run) != backbone:
            continue
        network = settings.resolve(run.folder) / "network.json"
        if network.is_file():
            facts = json.loads(network.read_text(encoding="utf-8"))
            return list(facts["backbone_layers"])
    return []


def _file(weights: str) -> Path:
    return Path(weights).expanduser()


def _parent(
    db: Database,
    settings: Settings,
    config: TrainConfig,
    parent: Run,
    epoch: int | None,
) -> Iterator[Finding]:
    kept = {one.epoch: one.path for one in runs.checkpoints(db, parent.id)}
    if epoch not in kept:
        which = "its best epoch" if epoch is None else f"its epoch {epoch}"
        yield ok(f"Waits for “{parent.name}” to end, and starts from {which}.")
    elif not settings.resolve(kept[epoch]).is_file():
        yield bad(
            f"The weights of epoch {epoch} of “{parent.name}” are gone from the disk. "
            "Start from another epoch."
        )
    given, wanted = recorded.backbone(parent), config.model.backbone
    if given is not None and given != wanted:
        yield bad(
            f"The run to start from has the backbone {given}, and model.backbone is "
            f"{wanted}. Set it to {given}, or start from other weights."
        )


def _versions(parent: Run, learnt: Version, version: Version) -> Iterator[Finding]:
    """Compare what the parent learnt from with what is to be learnt from now."""
    before, now = (Treatment(**one.treatment) for one in (learnt, version))
    those = f"those of “{version.name}” are"
    unlike = treatments.unlike(f"“{parent.name}”", before, those, now)
    if unlike:
        yield warn(f"{unlike}: some of what it knows may not hold here.")
    new = sorted(set(version.classes) - set(learnt.classes))
    if new:
        count = words.count(len(new), "class", "classes")
        yield ok(
            f"{count} of {len(version.classes)} are new to “{parent.name}”, and their "
            "part of the head starts afresh."
        )


def _layer(db: Database, settings: Settings, config: TrainConfig) -> Iterator[Finding]:
    wanted = config.learning.unfreeze_from
    if wanted is None or config.mode == "freeze":
        return
    known = known_layers(db, settings, config.model.backbone)
    if known and wanted not in known:
        near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
        hint = f" (the nearest is {near[0]})" if near else ""
        yield bad(
            f"learning.unfreeze_from is {wanted}, which is no layer of "
            f"{config.model.backbone}{hint}."
        )
